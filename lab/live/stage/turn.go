package stage

import (
	"context"
	"slices"
	"sync"
	"time"
)

// quantum is how long a panel trains before others that wait may have their turn.
const quantum = 25 * time.Millisecond

// slots are the right to train, as many as there are processors. Of those that wait, the one that has trained the least
// is next, so that models with long steps and with short ones have the same time.
type slots struct {
	mu      sync.Mutex
	free    int
	waiting []*turn
	floor   time.Duration // time that the last one had used whose turn came
}

// turn is the time that a panel holds a slot.
type turn struct {
	of    *slots // nil while it holds none
	since time.Time
	used  time.Duration // in all turns so far
	ready chan struct{}
	step  time.Time // when the step began
}

// take waits for a slot. It is false where ctx ends first.
func (t *turn) take(ctx context.Context, of *slots) bool {
	if ctx.Err() != nil {
		return false
	}
	if t.of != nil && (time.Since(t.since) < quantum || t.keep()) {
		return true
	}
	t.release()
	of.mu.Lock()
	t.used = max(t.used, of.floor) // a panel that was paused does not catch up
	if of.free > 0 {
		of.free--
		of.mu.Unlock()
	} else {
		t.ready = make(chan struct{})
		of.waiting = append(of.waiting, t)
		of.mu.Unlock()
		select {
		case <-t.ready:
		case <-ctx.Done():
			of.mu.Lock()
			i := slices.Index(of.waiting, t)
			if i >= 0 {
				of.waiting = slices.Delete(of.waiting, i, i+1)
			}
			of.mu.Unlock()
			if i < 0 { // its turn had come
				of.next()
			}
			return false
		}
	}
	t.of, t.since = of, time.Now()
	return true
}

// keep begins another turn where nobody who waits has trained less.
func (t *turn) keep() bool {
	if breathe != nil {
		breathe()
	}
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	used := t.used + time.Since(t.since)
	if slices.ContainsFunc(t.of.waiting, func(o *turn) bool { return o.used < used }) {
		return false
	}
	t.used, t.since = used, time.Now()
	return true
}

// release gives the slot back.
func (t *turn) release() {
	if t.of != nil {
		t.used += time.Since(t.since)
		t.of.next()
		t.of = nil
	}
}

// next gives a slot to the one that waits and has trained the least.
func (s *slots) next() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		s.free++
		return
	}
	best := 0
	for i, t := range s.waiting {
		if t.used < s.waiting[best].used {
			best = i
		}
	}
	t := s.waiting[best]
	s.waiting = slices.Delete(s.waiting, best, best+1)
	s.floor = t.used
	close(t.ready)
}

// breathe lets the thread do other work than Go's, where there is only one; see [Breathe].
var breathe func()

// Breathe sets a function that is called at the end of each turn. In a browser it returns to the event loop of the
// thread, which otherwise would not run while a model trains. Call it before the first stage.
func Breathe(f func()) { breathe = f }
