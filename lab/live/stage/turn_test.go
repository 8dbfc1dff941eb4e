package stage

import (
	"context"
	"sync"
	"testing"
	"time"
)

// TestTurnsAreFair: with one slot, a panel of long steps and two of short ones train for the same time, and never two at once.
func TestTurnsAreFair(t *testing.T) {
	s := &slots{free: 1}
	ctx, cancel := context.WithTimeout(t.Context(), 800*time.Millisecond)
	defer cancel()
	var mu sync.Mutex
	var wait sync.WaitGroup
	used := make([]time.Duration, 3)
	for i, step := range []time.Duration{60 * time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond} {
		wait.Go(func() {
			var own turn
			defer own.release()
			for own.take(ctx, s) {
				if !mu.TryLock() {
					t.Error("two panels hold one slot")
					return
				}
				began := time.Now()
				time.Sleep(step)
				used[i] += time.Since(began)
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	for _, u := range used {
		if share := u.Seconds() / (used[0] + used[1] + used[2]).Seconds(); share < 0.2 || share > 0.5 {
			t.Errorf("the panels train for %v, want a third each", used)
			break
		}
	}
	if s.free != 1 || len(s.waiting) != 0 {
		t.Errorf("%d slots are free at the end, %d wait", s.free, len(s.waiting))
	}
}
