package train

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"gonum.org/v1/gonum/mat"

	"genlab"
)

// recorder is a learner that remembers what it saw and fails at a step.
type recorder struct {
	seen   []float64
	failAt int
}

var errFull = errors.New("weight is NaN")

func (r *recorder) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	if len(r.seen)+1 == r.failAt {
		return nil, errFull
	}
	r.seen = append(r.seen, batch.At(0, 0)+rng.Float64())
	return genlab.Losses{{Name: "loss", Value: 1}}, nil
}

type noise struct{}

func (noise) Sample(n int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		x.Set(i, 0, rng.NormFloat64())
	}
	return x
}

// TestResumeContinues: 10 steps at once, and 4 steps, saved streams and 6 steps, see the same.
func TestResumeContinues(t *testing.T) {
	whole, parts := &recorder{}, &recorder{}
	s := NewStreams(7)
	for range Run(context.Background(), whole, noise{}, Options{Batch: 3, Steps: 10}, s) {
	}
	s = NewStreams(7)
	for p := range Run(context.Background(), parts, noise{}, Options{Batch: 3, Steps: 10}, s) {
		if p.Step == 4 {
			break
		}
	}
	saved := s.State()
	s = NewStreams(0)
	if err := s.Restore(saved); err != nil {
		t.Fatal(err)
	}
	last := 0
	for p := range Run(context.Background(), parts, noise{}, Options{Batch: 3, Steps: 10, Done: 4}, s) {
		last = p.Step
	}
	if last != 10 || len(parts.seen) != 10 {
		t.Fatalf("ended at step %d after %d batches", last, len(parts.seen))
	}
	for i, v := range whole.seen {
		if parts.seen[i] != v {
			t.Fatalf("step %d saw %v, uninterrupted %v", i+1, parts.seen[i], v)
		}
	}
}

// TestStreamsEndWhereTheBatchesDo: after the last step the stream of the data is where that many batches leave it, so that a
// longer training continues with the next.
func TestStreamsEndWhereTheBatchesDo(t *testing.T) {
	for steps := range 4 {
		s, want := NewStreams(7), NewStreams(7)
		for range Run(context.Background(), &recorder{}, noise{}, Options{Batch: 3, Steps: steps}, s) {
		}
		for range steps {
			noise{}.Sample(3, want.Data.Rand)
			want.Noise.Float64()
		}
		for name, state := range want.State() {
			if !bytes.Equal(s.State()[name], state) {
				t.Errorf("after %d steps the stream of %s is elsewhere", steps, name)
			}
		}
	}
}

// counted counts the batches that are drawn.
type counted struct {
	noise
	batches *atomic.Int64
}

func (c counted) Sample(n int, rng *rand.Rand) *mat.Dense {
	c.batches.Add(1)
	return c.noise.Sample(n, rng)
}

// TestNoBatchTooMany: drawing ahead ends with the training, and draws nothing where there is none left.
func TestNoBatchTooMany(t *testing.T) {
	for done, want := range map[int]int64{0: 6, 4: 2, 6: 0} {
		synctest.Test(t, func(t *testing.T) {
			s := NewStreams(7)
			c := counted{batches: new(atomic.Int64)}
			for range Run(t.Context(), &recorder{}, c, Options{Batch: 1, Steps: 6, Done: done}, s) {
			}
			synctest.Wait() // for a batch that is being drawn
			if got := c.batches.Load(); got != want {
				t.Errorf("after %d steps %d batches are drawn, want %d", done, got, want)
			}
		})
	}
}

func TestCancelledAfterTheStep(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r := &recorder{}
	s := NewStreams(7)
	var last Progress
	var err error
	for last, err = range Run(ctx, r, noise{}, Options{Batch: 1, Steps: 100}, s) {
		if last.Step == 5 {
			cancel()
		}
	}
	if !errors.Is(err, context.Canceled) || last.Step != 5 || len(r.seen) != 5 {
		t.Errorf("err %v at step %d after %d batches", err, last.Step, len(r.seen))
	}
}

func TestDivergenceNamesTheStep(t *testing.T) {
	s := NewStreams(7)
	var diverged *DivergedError
	var err error
	for _, err = range Run(context.Background(), &recorder{failAt: 3}, noise{}, Options{Batch: 1, Steps: 9}, s) {
	}
	if !errors.As(err, &diverged) || diverged.Step != 3 || !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

func TestStreamsAreIndependent(t *testing.T) {
	a, _ := NewStream(1, "data").MarshalBinary()
	b, _ := NewStream(1, "noise").MarshalBinary()
	c, _ := NewStream(2, "data").MarshalBinary()
	if bytes.Equal(a, b) || bytes.Equal(a, c) {
		t.Error("two streams start alike")
	}
}
