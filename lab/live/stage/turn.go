package stage

import (
	"context"
	"time"
)

// quantum is how long a panel trains before others that wait have their turn.
const quantum = 25 * time.Millisecond

// slots are the right to train: as many as there are processors.
type slots chan struct{}

// turn is the time that a panel holds a slot.
type turn struct {
	of    slots // nil while it holds none
	since time.Time
	step  time.Time // when the step began
}

// take waits for a slot, first come, first served. It is false where ctx ends first.
func (t *turn) take(ctx context.Context, of slots) bool {
	if t.of != nil && time.Since(t.since) < quantum {
		return true
	}
	if t.of != nil && breathe != nil {
		breathe()
	}
	t.release()
	select {
	case of <- struct{}{}:
		t.of, t.since = of, time.Now()
		return true
	case <-ctx.Done():
		return false
	}
}

// release gives the slot back.
func (t *turn) release() {
	if t.of != nil {
		<-t.of
		t.of = nil
	}
}

// breathe lets the thread do other work than Go's, where there is only one; see [Breathe].
var breathe func()

// Breathe sets a function that is called at the end of each turn. In a browser it returns to the event loop of the
// thread, which otherwise would not run while a model trains. Call it before the first stage.
func Breathe(f func()) { breathe = f }
