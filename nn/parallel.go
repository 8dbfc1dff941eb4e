package nn

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// parallel calls f(i, worker) once for each i in [0, n), on up to GOMAXPROCS goroutines, and
// returns when all are done. Concurrent calls have different workers, numbers below maxWorkers(n).
// Each worker begins with its own part of [0, n), the same in every call with this n, so that the
// memory of an index stays in the cache of one core. A worker that has finished takes from the parts of
// the others, so the result of f must not depend on the worker. A panic in f panics in the caller.
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

// maxParts is the largest number of parts of a job; workers beyond it share one.
const maxParts = 64

var pool workers

// workers are the helper goroutines of the process and their current job.
type workers struct {
	mu      sync.Mutex
	helpers []*helper
	job     job
	rounds  uint32
}

// job is a call of parallel. Workers take indices as they are free: a helper whose core runs another
// process delays only the index it has taken.
type job struct {
	f     func(i, worker int)
	parts [maxParts]part
	done  atomic.Int32 // indices whose call has ended
	panic atomic.Pointer[any]
}

// part is a range of indices up to end.
type part struct {
	ticket atomic.Uint64 // the round, and in the lower half the number of indices left
	end    int
	_      [48]byte // two parts in one cache line would slow each other
}

type helper struct {
	call   atomic.Uint64 // the round of the last job it is meant to join, and in the lower half its parts
	asleep atomic.Bool
	wake   chan struct{}
}

func (t *workers) run(n, workers int, f func(i, worker int)) {
	for len(t.helpers) < workers-1 {
		h := &helper{wake: make(chan struct{}, 1)}
		t.helpers = append(t.helpers, h)
		go h.work(&t.job, len(t.helpers))
	}
	t.rounds++
	j := &t.job
	j.f = f
	j.done.Store(0)
	j.panic.Store(nil)
	parts := min(workers, maxParts)
	for i := range parts {
		p := &j.parts[i]
		lo, hi := i*n/parts, (i+1)*n/parts
		p.end = hi
		p.ticket.Store(pack(t.rounds, hi-lo))
	}
	call := pack(t.rounds, parts)
	for _, h := range t.helpers[:workers-1] {
		h.call.Store(call)
		if h.asleep.CompareAndSwap(true, false) {
			h.wake <- struct{}{}
		}
	}
	j.work(call, 0)
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

// pack puts a round and a count into one word, so that they are read and written together.
func pack(round uint32, count int) uint64 { return uint64(round)<<32 | uint64(count) }

func unpack(word uint64) (round uint32, count int) { return uint32(word >> 32), int(uint32(word)) }

// work calls f for the worker's own part and then for what is left of the others.
func (j *job) work(call uint64, worker int) {
	round, parts := unpack(call)
	for k := range parts {
		j.take(&j.parts[(worker+k)%parts], round, worker)
	}
}

// take runs calls of a part until none is left or another round has begun.
func (j *job) take(p *part, round uint32, worker int) {
	for {
		ticket := p.ticket.Load()
		current, left := unpack(ticket)
		if current != round || left == 0 {
			return
		}
		if p.ticket.CompareAndSwap(ticket, ticket-1) {
			j.call(p.end-left, worker)
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

func (h *helper) work(j *job, worker int) {
	var seen uint64
	for {
		seen = h.await(seen)
		j.work(seen, worker)
	}
}

// await waits for a call other than seen and returns it.
func (h *helper) await(seen uint64) uint64 {
	start := time.Now()
	for n := 0; ; n++ {
		if call := h.call.Load(); call != seen {
			return call
		}
		if n%64 != 63 || time.Since(start) < spin {
			continue
		}
		h.asleep.Store(true)
		if h.call.Load() != seen && h.asleep.CompareAndSwap(true, false) {
			continue // the job came while falling asleep
		}
		<-h.wake
	}
}
