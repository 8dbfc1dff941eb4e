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

// stage is a part of a training: a learner that takes a number of steps.
type stage struct {
	name  string // the prefix of its tensors in a State and, but for the first, of its losses
	steps int
	// begin makes the learner from what earlier stages have learned and its first batch; resume does so
	// from a saved State after a number of its steps.
	begin  func(first *mat.Dense, rng *rand.Rand) (learner, error)
	resume func(saved []checkpoint.Tensor, steps int) (learner, error)
	// early stages begin before the first step, without a batch: they need nothing of earlier stages.
	early bool
	// batch maps a batch of data to one of the learner; nil is the identity.
	batch func(batch *mat.Dense, rng *rand.Rand) *mat.Dense

	learner learner // nil until it has begun
}

// newStage returns a stage that keeps its learner in *into as well.
func newStage[T learner](name string, steps int, into *T, begin func(first *mat.Dense, rng *rand.Rand) (T, error), resume func(saved []checkpoint.Tensor, steps int) (T, error)) stage {
	return stage{
		name: name, steps: steps,
		begin: func(first *mat.Dense, rng *rand.Rand) (_ learner, err error) {
			*into, err = begin(first, rng)
			return *into, err
		},
		resume: func(saved []checkpoint.Tensor, steps int) (_ learner, err error) {
			*into, err = resume(saved, steps)
			return *into, err
		},
	}
}

// resuming returns a resume function of a stage whose configuration is cfg.
func resuming[C, T any](resume func(cfg C, saved []checkpoint.Tensor, steps int) (T, error), cfg C) func([]checkpoint.Tensor, int) (T, error) {
	return func(saved []checkpoint.Tensor, steps int) (T, error) { return resume(cfg, saved, steps) }
}

// then composes the constructor of a trainer with that of its model.
func then[M, T any](newTrainer func(M) (T, error)) func(M, error) (T, error) {
	return func(m M, err error) (t T, _ error) {
		if err != nil {
			return t, err
		}
		return newTrainer(m)
	}
}

// Stages is a training in stages, one after the other. It implements genlab.Learner: its losses are those of
// the current stage, prefixed by the stage's name except in the first.
type Stages struct {
	stages []stage
	taken  int
}

// newStages validates a configuration and returns a training that has taken no step; its first stage and the
// early ones have begun.
func newStages(cfg interface{ Validate() error }, stages []stage, rng *rand.Rand) (*Stages, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	for i := range stages {
		if s := &stages[i]; i == 0 || s.early {
			var err error
			if s.learner, err = s.begin(nil, rng); err != nil {
				return nil, err
			}
		}
	}
	return &Stages{stages: stages}, nil
}

// resumeStages returns a training that continues from a saved State after a number of steps.
func resumeStages(stages []stage, saved []checkpoint.Tensor, steps int) (*Stages, error) {
	before := 0
	for i := range stages {
		s := &stages[i]
		if own := checkpoint.Out(s.name, saved); len(own) > 0 {
			var err error
			if s.learner, err = s.resume(own, min(max(steps-before, 0), s.steps)); err != nil {
				return nil, err
			}
		}
		before += s.steps
	}
	return &Stages{stages, steps}, nil
}

// Learn implements genlab.Learner: it takes one step of the current stage.
func (t *Stages) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	i, within := 0, t.taken
	for i < len(t.stages)-1 && within >= t.stages[i].steps {
		within -= t.stages[i].steps
		i++
	}
	s := &t.stages[i]
	if s.batch != nil {
		batch = s.batch(batch, rng)
	}
	if s.learner == nil {
		var err error
		if s.learner, err = s.begin(batch, rng); err != nil {
			return nil, fmt.Errorf("hybrid: %s: %w", s.name, err)
		}
	}
	losses, err := s.learner.Learn(batch, rng)
	if err != nil {
		return nil, err
	}
	t.taken++
	if i > 0 {
		losses = slices.Clone(losses)
		for k := range losses {
			losses[k].Name = s.name + "_" + losses[k].Name
		}
	}
	return losses, nil
}

// State returns the tensors from which training resumes, of the stages that have begun.
func (t *Stages) State() []checkpoint.Tensor {
	var all []checkpoint.Tensor
	for _, s := range t.stages {
		if s.learner != nil {
			all = append(all, checkpoint.In(s.name, s.learner.State())...)
		}
	}
	return all
}
