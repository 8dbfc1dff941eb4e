package train

import (
	"fmt"
	"slices"

	"genlab/checkpoint"
	"genlab/nn"
)

// Model is what a Descent trains.
type Model interface {
	Parameters() *nn.Params     // what training moves
	Fixed() []checkpoint.Tensor // what it does not, but a checkpoint holds
}

// Descent is gradient descent on a model: the model, its exponential moving average (EMA), the
// optimiser and the learning-rate schedule. A Trainer embeds one and adds a loss.
type Descent[M Model] struct {
	model, average M
	params         *nn.Params
	ema            *nn.EMA // nil where there is no average
	optimizer      nn.Optimizer
	rate           nn.Rate
	name, state    string // prefixes of parameters and optimiser in a checkpoint
}

// NewDescent returns a descent on model that has taken no step; average is a model of the same kind,
// whose weights become the EMA, at first model's own. Its errors are those of the settings.
func NewDescent[M Model](s Settings, model, average M) (*Descent[M], error) {
	average.Parameters().CopyFrom(model.Parameters())
	d, err := newDescent(s, model, "model", s.Optimizer.Prefix())
	if err != nil {
		return nil, err
	}
	d.average, d.ema = average, &nn.EMA{Average: average.Parameters(), Decay: s.EMA}
	return d, nil
}

// NewPlainDescent is NewDescent without an average. Its State is under name, and name_adam or what the
// optimiser is, for a second network beside another one.
func NewPlainDescent[M Model](s Settings, name string, model M) (*Descent[M], error) {
	return newDescent(s, model, name, name+"_"+s.Optimizer.Prefix())
}

func newDescent[M Model](s Settings, model M, name, state string) (*Descent[M], error) {
	d := &Descent[M]{model: model, params: model.Parameters(), rate: s.rate(), name: name, state: state}
	var err error
	d.optimizer, err = s.optimizer(d.params)
	return d, err
}

// Model is the model as it is.
func (d *Descent[M]) Model() M { return d.model }

// Average is the model that samples: its weights are the EMA. It is the same object after every step,
// and the zero value of a NewPlainDescent.
func (d *Descent[M]) Average() M { return d.average }

// Update moves the model along the step's last gradient, and the average with it.
func (d *Descent[M]) Update(step *nn.Step) {
	step.Update(d.optimizer, d.rate.At(d.optimizer.Steps()), d.ema)
}

// Steps is the number of steps taken.
func (d *Descent[M]) Steps() int { return d.optimizer.Steps() }

// SetSteps says how many steps a state that was copied into State has seen.
func (d *Descent[M]) SetSteps(n int) { d.optimizer.SetSteps(n) }

// Moving is the part of State that a step changes: parameters, their average, the optimiser's moments.
// The memory is live.
func (d *Descent[M]) Moving() []checkpoint.Tensor {
	s := d.params.State(d.name)
	if d.ema != nil {
		s = append(s, d.ema.Average.State("ema")...)
	}
	return append(s, d.optimizer.State(d.state)...)
}

// State is all that training needs to go on: what a step moves, and what of the model is fixed.
func (d *Descent[M]) State() []checkpoint.Tensor { return slices.Concat(d.Moving(), d.model.Fixed()) }

// Restore makes the descent what State was after so many steps.
func (d *Descent[M]) Restore(saved []checkpoint.Tensor, steps int) error {
	if err := checkpoint.Copy(d.State(), saved); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	d.SetSteps(steps)
	return nil
}

// LoadAverage gives a new model the EMA weights and the fixed part of a saved State.
func LoadAverage(m Model, saved []checkpoint.Tensor) error {
	err := checkpoint.Copy(m.Parameters().State("ema"), checkpoint.Under("ema", saved))
	if err == nil {
		fixed := m.Fixed()
		err = checkpoint.Copy(fixed, checkpoint.Like(fixed, saved))
	}
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}
