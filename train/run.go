package train

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
)

// Options say how long to train.
type Options struct {
	Batch int // rows of a batch
	Steps int // of the whole training
	Done  int // steps already taken, after a resume
}

// Progress is the state after a step.
type Progress struct {
	Step   int // steps taken so far, from 1
	Losses genlab.Losses
}

// DivergedError says at which step, counted from 1, training became impossible. The
// learner's parameters are those of the step before.
type DivergedError struct {
	Step int
	Err  error
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("training diverged at step %d: %v", e.Step, e.Err)
}

// Unwrap returns what the learner said.
func (e *DivergedError) Unwrap() error { return e.Err }

// Run takes the steps that are left, each on a fresh batch of data, and yields after each.
// When ctx is cancelled it finishes the step it is at and yields ctx's error, when the learner
// fails a *DivergedError; either is the last thing it yields. Batches are drawn from
// streams.Data, one ahead of the step on another goroutine, so that data and l may share nothing that
// changes; the learner's own randomness comes from streams.Noise. At a yield streams are in the state
// after the batches that have been learned from: saved with the learner, they resume the training.
func Run(ctx context.Context, l genlab.Learner, data genlab.Sampler, o Options, streams *Streams) iter.Seq2[Progress, error] {
	return func(yield func(Progress, error) bool) {
		p := Progress{Step: o.Done}
		next := ahead(data, o, streams.Data)
		for p.Step < o.Steps {
			if err := ctx.Err(); err != nil {
				yield(p, err)
				return
			}
			losses, err := l.Learn(next(), streams.Noise.Rand)
			if err != nil {
				yield(p, &DivergedError{p.Step + 1, err})
				return
			}
			p = Progress{p.Step + 1, losses}
			if !yield(p, nil) {
				return
			}
		}
	}
}

// ahead returns a function that returns the batches of the steps that are left, each drawn while the
// one before is learned from: a batch of pictures takes as long as a step. It leaves the stream after
// the batch that it returns.
func ahead(data genlab.Sampler, o Options, stream *Stream) func() *mat.Dense {
	type drawn struct {
		batch *mat.Dense
		after rand.PCG
	}
	next := make(chan drawn, 1) // a batch that nobody asks for any more holds up nothing
	draw := func(from rand.PCG) {
		batch := data.Sample(o.Batch, rand.New(&from))
		next <- drawn{batch, from}
	}
	left := o.Steps - o.Done
	if left > 0 {
		go draw(*stream.pcg)
	}
	return func() *mat.Dense {
		d := <-next
		*stream.pcg = d.after
		if left--; left > 0 {
			go draw(d.after)
		}
		return d.batch
	}
}
