package nn

import (
	"fmt"

	"genlab/checkpoint"
	"genlab/internal/suggest"
)

// Optimizer moves the parameters of one set along their gradients: Step.Update takes it. Its
// implementations are Adam, Muon and SGD, each with decoupled weight decay [loshchilov2019].
type Optimizer interface {
	// Steps is the number of updates made; SetSteps says how many a loaded state has seen.
	Steps() int
	SetSteps(n int)
	// State is what the next update depends on beside the parameters, under prefix. The memory is live.
	State(prefix string) []checkpoint.Tensor

	of() *Params
	update(s *Step, lr float64, ema *EMA)
}

// OptimizerName is an optimiser by its name in a configuration.
type OptimizerName string

// The optimisers.
const (
	UseAdam  OptimizerName = "adam"  // [kingma2015]
	UseAdamW OptimizerName = "adamw" // with decoupled weight decay [loshchilov2019]
	UseMuon  OptimizerName = "muon"  // orthogonalised momentum for matrices, Adam for the rest [jordan2024muon]
	UseSGD   OptimizerName = "sgd"   // stochastic gradient descent with momentum
)

// Choices lists the names in the order shown to users.
func (OptimizerName) Choices() []string {
	return []string{string(UseAdam), string(UseAdamW), string(UseMuon), string(UseSGD)}
}

// UnmarshalText accepts the Choices.
func (n *OptimizerName) UnmarshalText(text []byte) error { return suggest.Set("optimizer", n, text) }

// Prefix is the name under which a checkpoint keeps the optimiser's state: adam and adamw have one.
func (n OptimizerName) Prefix() string {
	if n == UseAdamW {
		return string(UseAdam)
	}
	return string(n)
}

// Check says why the optimiser does not take a weight decay.
func (n OptimizerName) Check(weightDecay float64) error {
	if n == UseAdam && weightDecay > 0 {
		return fmt.Errorf("weight-decay is %v, but optimizer adam has none: choose optimizer adamw, or set weight-decay to 0", weightDecay)
	}
	return nil
}

// New returns an optimiser of the parameters that has taken no step. It fails where Check does, and
// for an unknown name.
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
