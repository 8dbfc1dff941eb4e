package nn

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// parallel calls f(i, worker) once for each i in [0, n), on up to GOMAXPROCS goroutines, and
// returns when all are done. No two calls that run at the same time see the same worker, a
// number below maxWorkers(n). Which worker gets which i varies from run to run, so f must
// give the same result whoever runs it. A panic in f panics in the caller.
//
// The helpers stay between calls and spin for a moment before they sleep: a training step
// takes some hundred microseconds, and waking a goroutine costs a good part of what sharing
// the step gains. A call from within f, or while another call is on its way, runs on its own
// goroutine alone.
func parallel(n int, f func(i, worker int)) {
	workers := maxWorkers(n)
	if workers < 2 || !crew.mu.TryLock() {
		for i := range n {
			f(i, 0)
		}
		return
	}
	defer crew.mu.Unlock()
	crew.run(n, workers, f)
}

func maxWorkers(n int) int { return min(n, runtime.GOMAXPROCS(0)) }

// spin is how long an idle helper waits for work before it sleeps.
const spin = 50 * time.Microsecond

var crew team

// team is the process's helpers. Work is published by storing a job, then raising its number.
type team struct {
	mu      sync.Mutex
	helpers []*helper
	job     job
}

type job struct {
	n     int32
	f     func(i, worker int)
	next  atomic.Int32
	left  atomic.Int32 // helpers still at work
	panic atomic.Pointer[any]
}

type helper struct {
	round  atomic.Uint32 // raised to start a job
	asleep atomic.Bool
	wake   chan struct{}
}

func (t *team) run(n, workers int, f func(i, worker int)) {
	for len(t.helpers) < workers-1 {
		h := &helper{wake: make(chan struct{}, 1)}
		t.helpers = append(t.helpers, h)
		go h.work(&t.job, len(t.helpers))
	}
	j := &t.job
	j.n, j.f = int32(n), f
	j.next.Store(0)
	j.left.Store(int32(workers - 1))
	j.panic.Store(nil)
	for _, h := range t.helpers[:workers-1] {
		h.round.Add(1)
		if h.asleep.CompareAndSwap(true, false) {
			h.wake <- struct{}{}
		}
	}
	j.take(0)
	for spun := 0; j.left.Load() > 0; spun++ {
		if spun > 1000 {
			runtime.Gosched() // the helper's core may be taken by another process
		}
	}
	j.f = nil
	if p := j.panic.Load(); p != nil {
		panic(*p)
	}
}

// take runs calls of the job until none is left.
func (j *job) take(worker int) {
	defer func() {
		if p := recover(); p != nil {
			j.panic.CompareAndSwap(nil, &p)
		}
	}()
	for {
		i := j.next.Add(1) - 1
		if i >= j.n {
			return
		}
		j.f(int(i), worker)
	}
}

func (h *helper) work(j *job, worker int) {
	for seen := uint32(0); ; seen++ {
		h.await(seen)
		j.take(worker)
		j.left.Add(-1)
	}
}

// await returns when the helper's round is past seen.
func (h *helper) await(seen uint32) {
	start := time.Now()
	for n := 0; h.round.Load() == seen; n++ {
		if n%64 != 63 || time.Since(start) < spin {
			continue
		}
		h.asleep.Store(true)
		if h.round.Load() != seen && h.asleep.CompareAndSwap(true, false) {
			return // the job came while falling asleep
		}
		<-h.wake
	}
}
