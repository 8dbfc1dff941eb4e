package train

import (
	"fmt"

	"genlab/nn"
)

// Settings are the hyper-parameters that every training has: its length and its optimiser. The Config
// of a model embeds them, with its own defaults.
type Settings struct {
	Steps       int              `yaml:"steps" default:"10000" range:"[1, inf)" help:"number of training steps" group:"optimiser" main:""`
	Batch       int              `yaml:"batch" default:"256" range:"[1, 1048576]" help:"batch size" group:"optimiser" main:""`
	LR          float64          `yaml:"lr" default:"0.002" range:"(0, inf)" help:"peak learning rate of the cosine schedule" group:"optimiser" main:""`
	FinalLR     float64          `yaml:"final-lr" default:"0" range:"[0, inf)" help:"learning rate at the last step, at most lr" group:"optimiser"`
	Warmup      int              `yaml:"warmup" default:"0" range:"[0, inf)" help:"steps of linear learning-rate warm-up" group:"optimiser"`
	EMA         float64          `yaml:"ema" default:"0.999" range:"[0, 1)" help:"decay of the exponential moving average of the weights, used for sampling; 0 disables it" group:"optimiser"`
	Clip        float64          `yaml:"clip" default:"0" range:"[0, inf)" help:"gradient-norm clipping threshold; 0 disables it" group:"optimiser"`
	Optimizer   nn.OptimizerName `yaml:"optimizer" default:"adam" help:"optimisation algorithm" group:"optimiser"`
	WeightDecay float64          `yaml:"weight-decay" default:"0" range:"[0, inf)" help:"decoupled weight decay of matrices; not with optimizer adam" group:"optimiser"`
	Beta1       float64          `yaml:"beta1" name:"beta1" default:"0.9" range:"[0, 1)" help:"decay of the first moment, or momentum" group:"optimiser"`
	Beta2       float64          `yaml:"beta2" name:"beta2" default:"0.999" range:"[0, 1)" help:"decay of the second moment of Adam" group:"optimiser"`
	Precision   nn.Precision     `yaml:"precision" default:"float32" help:"number format of the factors of matrix products in training; bf16 is faster on a CPU of AMD with AVX512-BF16 or of Intel with AMX" group:"optimiser"`
}

// Validate returns an error if settings contradict each other. Ranges are checked by package config.
func (s Settings) Validate() error {
	if s.FinalLR > s.LR {
		return fmt.Errorf("final-lr is %v, but must be at most lr, which is %v", s.FinalLR, s.LR)
	}
	return s.Optimizer.Check(s.WeightDecay)
}

// Options returns the options of a training from its start.
func (s Settings) Options() Options { return Options{Batch: s.Batch, Steps: s.Steps} }

// rate returns the learning-rate schedule.
func (s Settings) rate() nn.Rate {
	return nn.Cosine{Peak: s.LR, Floor: s.FinalLR, Warmup: s.Warmup, Steps: s.Steps}
}

func (s Settings) optimizer(ps *nn.Params) (nn.Optimizer, error) {
	adam := nn.DefaultAdam
	adam.Beta1, adam.Beta2, adam.WeightDecay, adam.Clip = s.Beta1, s.Beta2, s.WeightDecay, s.Clip
	return s.Optimizer.New(ps, adam)
}
