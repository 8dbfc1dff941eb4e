package train

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
)

// Options are the length of a training and the size of its batches.
type Options struct {
	Batch int // rows of a batch
	Steps int // total number of steps
	Done  int // steps already taken, after a resume
}

// Progress is the state of a training after a step.
type Progress struct {
	Step   int // steps taken so far, from 1
	Losses genlab.Losses
}

// DivergedError reports that a step, counted from 1, failed because a value was not finite. The
// parameters are those of the step before.
type DivergedError struct {
	Step int
	Err  error
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("training diverged at step %d: %v", e.Step, e.Err)
}

// Unwrap returns the learner's error, such as an *nn.NotFiniteError.
func (e *DivergedError) Unwrap() error { return e.Err }

// Run takes the remaining steps, each on a new batch of data, and yields after each. If ctx is
// cancelled it finishes the current step and yields the error of ctx; if the learner fails it yields
// a *[DivergedError]; both end the sequence. The caller may stop earlier and start again.
//
// Batches are sampled with streams.Data, one step ahead on another goroutine, so data and l must not
// share mutable state; the learner's own randomness is streams.Noise. At a yield the streams are in
// the state after the batches learned from: saved with the learner, they resume the training bit for
// bit.
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

// ahead returns a function that returns the batches of the remaining steps. The next batch is sampled
// during a step: a batch of images takes as long as one. The stream is left in the state after the
// returned batch.
func ahead(data genlab.Sampler, o Options, stream *Stream) func() *mat.Dense {
	type sampled struct {
		batch *mat.Dense
		after rand.PCG
	}
	next := make(chan sampled, 1) // buffered: an unused batch does not block its goroutine
	sample := func(from rand.PCG) {
		batch := data.Sample(o.Batch, rand.New(&from))
		next <- sampled{batch, from}
	}
	left := o.Steps - o.Done
	if left > 0 {
		go sample(*stream.pcg)
	}
	return func() *mat.Dense {
		d := <-next
		*stream.pcg = d.after
		if left--; left > 0 {
			go sample(d.after)
		}
		return d.batch
	}
}
