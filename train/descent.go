package train

import (
	"fmt"
	"slices"

	"genlab/checkpoint"
	"genlab/nn"
)

// Model is a model that a [Descent] trains.
type Model interface {
	Parameters() *nn.Params     // the trained parameters
	Fixed() []checkpoint.Tensor // tensors that are not trained, but saved in a checkpoint
}

// Descent is the part that all trainers share: a model, the exponential moving average (EMA) of its
// weights, the optimiser and the learning-rate schedule. A trainer embeds one and adds a loss.
type Descent[M Model] struct {
	model, average M
	params         *nn.Params
	ema            *nn.EMA // nil without an EMA
	optimizer      nn.Optimizer
	rate           nn.Rate
	name, state    string // tensor prefixes of the parameters and the optimiser
}

// NewDescent returns a descent on model that has taken no step. average is a model of the same shape
// whose weights become the EMA; they start as those of model. It fails if the settings are invalid.
func NewDescent[M Model](s Settings, model, average M) (*Descent[M], error) {
	average.Parameters().CopyFrom(model.Parameters())
	d, err := newDescent(s, model, "model", s.Optimizer.Prefix())
	if err != nil {
		return nil, err
	}
	d.average, d.ema = average, &nn.EMA{Average: average.Parameters(), Decay: s.EMA}
	return d, nil
}

// NewPlainDescent is [NewDescent] without an EMA, for a second network such as a critic. Its tensors are
// under name and name_OPTIMIZER.
func NewPlainDescent[M Model](s Settings, name string, model M) (*Descent[M], error) {
	return newDescent(s, model, name, name+"_"+s.Optimizer.Prefix())
}

func newDescent[M Model](s Settings, model M, name, state string) (*Descent[M], error) {
	model.Parameters().Precision = s.Precision
	d := &Descent[M]{model: model, params: model.Parameters(), rate: s.rate(), name: name, state: state}
	var err error
	d.optimizer, err = s.optimizer(d.params)
	return d, err
}

// Model returns the model with its current weights.
func (d *Descent[M]) Model() M { return d.model }

// Average returns the model with the EMA weights, which is used for sampling. It is the same object
// after every step, and the zero value after [NewPlainDescent].
func (d *Descent[M]) Average() M { return d.average }

// Update applies the last gradient of step to the weights and updates the EMA.
func (d *Descent[M]) Update(step *nn.Step) {
	step.Update(d.optimizer, d.rate.At(d.optimizer.Steps()), d.ema)
}

// Steps returns the number of steps taken.
func (d *Descent[M]) Steps() int { return d.optimizer.Steps() }

// SetSteps sets the number of steps taken, after a state was copied into [Descent.State].
func (d *Descent[M]) SetSteps(n int) { d.optimizer.SetSteps(n) }

// Moving returns the part of the state that a step changes: the parameters, their EMA and the state of
// the optimiser. The tensors share memory with them.
func (d *Descent[M]) Moving() []checkpoint.Tensor {
	s := d.params.State(d.name)
	if d.ema != nil {
		s = append(s, d.ema.Average.State("ema")...)
	}
	return append(s, d.optimizer.State(d.state)...)
}

// State returns everything that a checkpoint needs to resume: [Descent.Moving] and the fixed tensors of
// the model.
func (d *Descent[M]) State() []checkpoint.Tensor { return slices.Concat(d.Moving(), d.model.Fixed()) }

// Restore restores the state saved after so many steps. It fails if a tensor is missing or has another
// shape.
func (d *Descent[M]) Restore(saved []checkpoint.Tensor, steps int) error {
	if err := checkpoint.Copy(d.State(), saved); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	d.SetSteps(steps)
	return nil
}

// LoadAverage copies the EMA weights and the fixed tensors of a saved state into m. It fails if a tensor
// is missing or has another shape.
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
