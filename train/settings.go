package train

import (
	"fmt"

	"genlab/nn"
)

// Settings are what the training of every model has: its length and its optimiser. A model's Config
// embeds them with defaults of its own.
type Settings struct {
	Steps       int              `yaml:"steps" default:"10000" range:"[1, inf)" help:"training steps" group:"optimiser" main:""`
	Batch       int              `yaml:"batch" default:"256" range:"[1, 1048576]" help:"samples in a batch" group:"optimiser" main:""`
	LR          float64          `yaml:"lr" default:"0.002" range:"(0, inf)" help:"peak learning rate of a cosine schedule" group:"optimiser" main:""`
	FinalLR     float64          `yaml:"final-lr" default:"0" range:"[0, inf)" help:"learning rate at the last step, at most lr" group:"optimiser"`
	Warmup      int              `yaml:"warmup" default:"0" range:"[0, inf)" help:"steps over which the learning rate rises linearly" group:"optimiser"`
	EMA         float64          `yaml:"ema" default:"0.999" range:"[0, 1)" help:"decay of the EMA weights, which sample; 0 takes the weights as they are" group:"optimiser"`
	Clip        float64          `yaml:"clip" default:"0" range:"[0, inf)" help:"largest norm of the gradient; 0 for no limit" group:"optimiser"`
	Optimizer   nn.OptimizerName `yaml:"optimizer" default:"adam" help:"optimisation algorithm" group:"optimiser"`
	WeightDecay float64          `yaml:"weight-decay" default:"0" range:"[0, inf)" help:"decoupled weight decay of the matrices; not of adam" group:"optimiser"`
	Beta1       float64          `yaml:"beta1" name:"beta1" default:"0.9" range:"[0, 1)" help:"decay of the mean gradient, or momentum" group:"optimiser"`
	Beta2       float64          `yaml:"beta2" name:"beta2" default:"0.999" range:"[0, 1)" help:"decay of Adam's mean squared gradient" group:"optimiser"`
}

// Validate checks the rules between the settings; their ranges are config.Check's.
func (s Settings) Validate() error {
	if s.FinalLR > s.LR {
		return fmt.Errorf("final-lr is %v, but must be at most lr, which is %v", s.FinalLR, s.LR)
	}
	return s.Optimizer.Check(s.WeightDecay)
}

// Options are those of a whole training.
func (s Settings) Options() Options { return Options{Batch: s.Batch, Steps: s.Steps} }

// rate is the learning-rate schedule.
func (s Settings) rate() nn.Rate {
	return nn.Cosine{Peak: s.LR, Floor: s.FinalLR, Warmup: s.Warmup, Steps: s.Steps}
}

func (s Settings) optimizer(ps *nn.Params) (nn.Optimizer, error) {
	adam := nn.DefaultAdam
	adam.Beta1, adam.Beta2, adam.WeightDecay, adam.Clip = s.Beta1, s.Beta2, s.WeightDecay, s.Clip
	return s.Optimizer.New(ps, adam)
}
