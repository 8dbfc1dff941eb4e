package hybrid

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
)

// learner is a trainer that can be saved.
type learner interface {
	genlab.Learner
	State() []checkpoint.Tensor
}

// phase is a part of a hybrid's training: a learner that takes so many steps when its turn comes.
type phase struct {
	name  string // of its part of the State, and before the names of its losses
	steps int
	// begin makes the learner, out of what the phases before it have learned and the first batch
	// that it is to learn from, nil for one that begins early; resume does so from its part of a
	// saved State, after some steps.
	begin  func(first *mat.Dense, rng *rand.Rand) (learner, error)
	resume func(saved []checkpoint.Tensor, steps int) (learner, error)
	// early says that begin asks nothing of the phases before it: the model is whole from the start.
	early bool
	// batch makes what it learns from out of a batch of the data; nil: the batch itself.
	batch func(batch *mat.Dense, rng *rand.Rand) *mat.Dense

	learner learner // nil until its turn
}

// Sequence is a training in phases, one after the other. It implements genlab.Learner: the losses
// are those of the phase under way, under its name but for the first.
type Sequence struct {
	phases []phase
	taken  int
}

// newSequence returns a training that has taken no step, the first phase and the early ones begun.
func newSequence(phases []phase, rng *rand.Rand) (*Sequence, error) {
	for i := range phases {
		if p := &phases[i]; i == 0 || p.early {
			var err error
			if p.learner, err = p.begin(nil, rng); err != nil {
				return nil, err
			}
		}
	}
	return &Sequence{phases: phases}, nil
}

// resumeSequence returns a training that continues from a saved State after the given number of
// steps.
func resumeSequence(phases []phase, saved []checkpoint.Tensor, steps int) (*Sequence, error) {
	s := &Sequence{phases: phases, taken: steps}
	before := 0
	for i := range phases {
		p := &s.phases[i]
		if own := checkpoint.Out(p.name, saved); len(own) > 0 {
			var err error
			if p.learner, err = p.resume(own, min(max(steps-before, 0), p.steps)); err != nil {
				return nil, err
			}
		}
		before += p.steps
	}
	return s, nil
}

// Learn implements genlab.Learner.
func (s *Sequence) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	i, within := 0, s.taken
	for i < len(s.phases)-1 && within >= s.phases[i].steps {
		within -= s.phases[i].steps
		i++
	}
	p := &s.phases[i]
	if p.batch != nil {
		batch = p.batch(batch, rng)
	}
	if p.learner == nil {
		var err error
		if p.learner, err = p.begin(batch, rng); err != nil {
			return nil, fmt.Errorf("hybrid: %s: %w", p.name, err)
		}
	}
	losses, err := p.learner.Learn(batch, rng)
	if err != nil {
		return nil, err
	}
	s.taken++
	if i > 0 {
		losses = slices.Clone(losses)
		for k := range losses {
			losses[k].Name = p.name + "_" + losses[k].Name
		}
	}
	return losses, nil
}

// State is all that training needs to go on, of the phases that have begun.
func (s *Sequence) State() []checkpoint.Tensor {
	var all []checkpoint.Tensor
	for _, p := range s.phases {
		if p.learner != nil {
			all = append(all, checkpoint.In(p.name, p.learner.State())...)
		}
	}
	return all
}
