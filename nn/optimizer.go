package nn

import (
	"fmt"

	"genlab/checkpoint"
	"genlab/internal/suggest"
)

// Optimizer updates the parameters of one set; see [Step.Update]. Its implementations are [Adam],
// [Muon] and [SGD], each with decoupled weight decay [loshchilov2019].
type Optimizer interface {
	// Steps returns the number of updates made.
	Steps() int
	// SetSteps sets the number of updates made, after State was loaded.
	SetSteps(n int)
	// State returns the state of the optimiser besides the parameters, under prefix. The tensors
	// share its memory.
	State(prefix string) []checkpoint.Tensor

	of() *Params
	update(s *Step, lr float64, ema *EMA)
}

// OptimizerName is the name of an optimiser in a configuration.
type OptimizerName string

// The optimisers.
const (
	UseAdam  OptimizerName = "adam"  // [kingma2015]
	UseAdamW OptimizerName = "adamw" // with decoupled weight decay [loshchilov2019]
	UseMuon  OptimizerName = "muon"  // orthogonalised momentum for matrices, Adam for the rest [jordan2024muon]
	UseSGD   OptimizerName = "sgd"   // stochastic gradient descent with momentum
)

// Choices returns the valid names.
func (OptimizerName) Choices() []string {
	return []string{string(UseAdam), string(UseAdamW), string(UseMuon), string(UseSGD)}
}

// UnmarshalText fails for a text that is not one of the Choices.
func (n *OptimizerName) UnmarshalText(text []byte) error { return suggest.Set("optimizer", n, text) }

// Prefix returns the tensor prefix of the optimiser's state in a checkpoint, the same for adam and
// adamw.
func (n OptimizerName) Prefix() string {
	if n == UseAdamW {
		return string(UseAdam)
	}
	return string(n)
}

// Check returns an error if the optimiser does not support the weight decay.
func (n OptimizerName) Check(weightDecay float64) error {
	if n == UseAdam && weightDecay > 0 {
		return fmt.Errorf("weight-decay is %v, but optimizer adam has none: choose optimizer adamw, or set weight-decay to 0", weightDecay)
	}
	return nil
}

// New returns an optimiser of the parameters that has taken no step. It fails if [OptimizerName.Check]
// does, and for an unknown name.
func (n OptimizerName) New(ps *Params, cfg AdamConfig) (Optimizer, error) {
	if err := n.Check(cfg.WeightDecay); err != nil {
		return nil, err
	}
	switch n {
	case UseAdam, UseAdamW:
		return NewAdam(ps, cfg), nil
	case UseMuon:
		return NewMuon(ps, cfg), nil
	case UseSGD:
		return NewSGD(ps, cfg), nil
	}
	return nil, suggest.Name("optimizer", string(n), n.Choices())
}
