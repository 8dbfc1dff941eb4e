package nn

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// parallel calls f(i, worker) once for each i in [0, n), on up to GOMAXPROCS goroutines, and
// returns when all are done. Concurrent calls have different workers, numbers below maxWorkers(n).
// Which worker gets which i varies, so the result of f must not depend on it. A panic in f panics in
// the caller.
//
// The helper goroutines persist between calls and spin briefly before they sleep: a training step
// takes some hundred microseconds, and waking a goroutine would cost a good part of the gain. A call
// during another one, such as from f, runs on the caller's goroutine alone.
func parallel(n int, f func(i, worker int)) {
	workers := maxWorkers(n)
	if workers < 2 || !pool.mu.TryLock() {
		for i := range n {
			f(i, 0)
		}
		return
	}
	defer pool.mu.Unlock()
	pool.run(n, workers, f)
}

func maxWorkers(n int) int { return min(n, runtime.GOMAXPROCS(0)) }

// spin is how long an idle helper waits for work before it sleeps.
const spin = 50 * time.Microsecond

var pool workers

// workers are the helper goroutines of the process and their current job.
type workers struct {
	mu      sync.Mutex
	helpers []*helper
	job     job
	rounds  uint32
}

// job is a call of parallel. Workers take indices from the ticket as they are free: a helper whose core
// runs another process delays only the index it has taken.
type job struct {
	f      func(i, worker int)
	ticket atomic.Uint64 // the round, and in the lower half the number of indices left
	done   atomic.Int32  // indices whose call has ended
	panic  atomic.Pointer[any]
}

type helper struct {
	round  atomic.Uint32 // of the last job it is meant to join
	asleep atomic.Bool
	wake   chan struct{}
}

func (t *workers) run(n, workers int, f func(i, worker int)) {
	for len(t.helpers) < workers-1 {
		h := &helper{wake: make(chan struct{}, 1)}
		h.round.Store(t.rounds)
		t.helpers = append(t.helpers, h)
		go h.work(&t.job, t.rounds, len(t.helpers))
	}
	t.rounds++
	j := &t.job
	j.f = f
	j.done.Store(0)
	j.panic.Store(nil)
	j.ticket.Store(uint64(t.rounds)<<32 | uint64(n))
	for _, h := range t.helpers[:workers-1] {
		h.round.Store(t.rounds)
		if h.asleep.CompareAndSwap(true, false) {
			h.wake <- struct{}{}
		}
	}
	j.take(t.rounds, 0)
	for spun := 0; int(j.done.Load()) < n; spun++ {
		if spun > 1000 {
			runtime.Gosched()
		}
	}
	j.f = nil
	if p := j.panic.Load(); p != nil {
		panic(*p)
	}
}

// take runs calls of a round until none is left or another round has begun.
func (j *job) take(round uint32, worker int) {
	for {
		v := j.ticket.Load()
		left := uint32(v)
		if uint32(v>>32) != round || left == 0 {
			return
		}
		if j.ticket.CompareAndSwap(v, v-1) {
			j.call(int(left-1), worker)
		}
	}
}

func (j *job) call(i, worker int) {
	defer func() {
		if p := recover(); p != nil {
			first := p // allocated only here
			j.panic.CompareAndSwap(nil, &first)
		}
		j.done.Add(1)
	}()
	j.f(i, worker)
}

func (h *helper) work(j *job, seen uint32, worker int) {
	for {
		seen = h.await(seen)
		j.take(seen, worker)
	}
}

// await waits for a round other than seen and returns it.
func (h *helper) await(seen uint32) uint32 {
	start := time.Now()
	for n := 0; ; n++ {
		if round := h.round.Load(); round != seen {
			return round
		}
		if n%64 != 63 || time.Since(start) < spin {
			continue
		}
		h.asleep.Store(true)
		if h.round.Load() != seen && h.asleep.CompareAndSwap(true, false) {
			continue // the job came while falling asleep
		}
		<-h.wake
	}
}
