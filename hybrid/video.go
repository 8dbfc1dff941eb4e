package hybrid

import (
	"cmp"
	"fmt"
	"math/rand/v2"

	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/internal/config"
	"genlab/standardize"
)

// VideoConfig holds the hyper-parameters of a diffusion model of videos with a transformer over space and time
// as its network: hidden is its width, layers the number of its blocks, activation that of its embeddings.
// The defaults ([DefaultVideo]) are tuned on bounce for two CPU cores.
type VideoConfig struct {
	Diffusion   diffusion.Config `yaml:",inline" embed:"" default:"steps=28000 batch=32 lr=0.0015 warmup=200 ema=0.999 posterior-target=false hidden=96 layers=4 features=0 noise-std=2 sampler=ddim nfe=50 spacing=shifted" main:"steps batch lr hidden layers sampler nfe"`
	Heads       int              `yaml:"heads" default:"4" range:"[1, 16384]" help:"number of attention heads, a divisor of hidden" group:"model" main:""`
	Frames      int              `yaml:"frames" default:"16" range:"[1, 1024]" help:"number of frames of a video" group:"data" main:""`
	Coordinates int              `yaml:"coordinates" default:"4" range:"[1, 1024]" help:"number of coordinates of a frame" group:"data"`
	Patch       int              `yaml:"patch" default:"8" range:"[1, 1024]" help:"frames of one coordinate in a token, a divisor of frames" group:"model" main:""`
}

// DefaultVideo returns the default hyper-parameters.
func DefaultVideo() VideoConfig { return config.Default[VideoConfig]() }

// Validate returns an error that names the first invalid setting.
func (c VideoConfig) Validate() error {
	if err := cmp.Or(config.Check(&c), c.Diffusion.Validate()); err != nil {
		return err
	}
	switch {
	case c.Diffusion.Conditional:
		return fmt.Errorf("conditional is true, but videos have no labels: leave it at false")
	case c.Diffusion.Hidden%c.Heads != 0:
		return fmt.Errorf("heads is %d, but must be a divisor of hidden, which is %d", c.Heads, c.Diffusion.Hidden)
	case c.Frames%c.Patch != 0:
		return fmt.Errorf("patch is %d, but must be a divisor of frames, which is %d", c.Patch, c.Frames)
	}
	return nil
}

// columns returns the number of values of a video, tokens that of its tokens.
func (c VideoConfig) columns() int { return c.Frames * c.Coordinates }
func (c VideoConfig) tokens() int  { return c.columns() / c.Patch }

// components returns those of a diffusion model of videos.
func (c VideoConfig) components() diffusion.Components {
	const shardRows = 16 // a video costs as much as some hundred points
	return diffusion.Components{ShardRows: shardRows, Network: func(_ diffusion.Config, d, _ int, rng *rand.Rand) (diffusion.Network, error) {
		if d != c.columns() {
			return nil, fmt.Errorf("a video of %d frames of %d coordinates has %d columns, but the data have %d: set frames and coordinates to theirs", c.Frames, c.Coordinates, c.columns(), d)
		}
		return newSpacetime(c, rng), nil
	}}
}

// NewVideo returns a trainer that has taken no step, for videos that scale standardises: rows of Frames x
// Coordinates values, frame by frame. It returns an error if cfg is invalid or scale has another size.
func NewVideo(cfg VideoConfig, scale standardize.Map, rng *rand.Rand) (*diffusion.Trainer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	return then(diffusion.NewTrainer)(diffusion.NewWith(cfg.Diffusion, cfg.components(), scale, rng))
}

// ResumeVideo returns a trainer that continues from a saved State after a number of steps. It returns an error
// if the saved tensors do not fit cfg.
func ResumeVideo(cfg VideoConfig, saved []checkpoint.Tensor, steps int) (*diffusion.Trainer, error) {
	return diffusion.ResumeWith(cfg.Diffusion, cfg.components(), saved, steps)
}

// LoadVideo returns the model with the EMA weights of a trainer's saved State. It returns an error if the saved
// tensors do not fit cfg.
func LoadVideo(cfg VideoConfig, saved []checkpoint.Tensor) (*diffusion.Model, error) {
	return diffusion.LoadWith(cfg.Diffusion, cfg.components(), saved)
}
