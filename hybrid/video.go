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

// VideoConfig describes a diffusion model of videos whose network is a transformer: hidden is its
// width, layers are its blocks, activation is that of its embeddings. Its defaults, DefaultVideo's, are
// for the videos of bounce on two CPU cores. A token is half of the frames of a coordinate: attention
// goes over space and time.
type VideoConfig struct {
	Diffusion   diffusion.Config `yaml:",inline" embed:"" default:"steps=28000 batch=32 lr=0.0015 ema=0.999 hidden=96 layers=4 features=0 noise-std=2 sampler=ddim nfe=50 spacing=shifted"`
	Heads       int              `yaml:"heads" default:"4" range:"[1, 16384]" help:"attention heads of a block, a divisor of hidden" group:"model" main:""`
	Frames      int              `yaml:"frames" default:"16" range:"[1, 1024]" help:"frames of a video" group:"data" main:""`
	Coordinates int              `yaml:"coordinates" default:"4" range:"[1, 1024]" help:"numbers in a frame" group:"data"`
	Patch       int              `yaml:"patch" default:"8" range:"[1, 1024]" help:"frames of one coordinate that make a token, a divisor of frames" group:"model" main:""`
}

// DefaultVideo returns the defaults.
func DefaultVideo() VideoConfig { return config.Default[VideoConfig]() }

// Validate names the first field that is out of its range.
func (c VideoConfig) Validate() error {
	if err := cmp.Or(config.Check(&c), c.Diffusion.Validate()); err != nil {
		return err
	}
	switch {
	case c.Diffusion.Conditional:
		return fmt.Errorf("conditional is true, but films have no labels")
	case c.Diffusion.Hidden%c.Heads != 0:
		return fmt.Errorf("heads is %d, but must be a divisor of hidden, which is %d", c.Heads, c.Diffusion.Hidden)
	case c.Frames%c.Patch != 0:
		return fmt.Errorf("patch is %d, but must be a divisor of frames, which is %d", c.Patch, c.Frames)
	}
	return nil
}

// columns is the number of values of a film, tokens that of what the transformer sees of it.
func (c VideoConfig) columns() int { return c.Frames * c.Coordinates }
func (c VideoConfig) tokens() int  { return c.columns() / c.Patch }

// parts are those of a diffusion model of films.
func (c VideoConfig) parts() diffusion.Parts {
	const filmsOfCore = 16 // a film is as much work as some hundred points
	return diffusion.Parts{ShardRows: filmsOfCore, Network: func(_ diffusion.Config, d, _ int, rng *rand.Rand) (diffusion.Network, error) {
		if d != c.columns() {
			return nil, fmt.Errorf("a film of %d frames of %d coordinates has %d columns, but the data have %d", c.Frames, c.Coordinates, c.columns(), d)
		}
		return newSpacetime(c, rng), nil
	}}
}

// NewVideo returns a trainer that has taken no step, for films standardised by scale.
func NewVideo(cfg VideoConfig, scale standardize.Map, rng *rand.Rand) (*diffusion.Trainer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	m, err := diffusion.NewWith(cfg.Diffusion, cfg.parts(), scale, rng)
	if err != nil {
		return nil, err
	}
	return diffusion.NewTrainer(m)
}

// ResumeVideo returns a trainer that continues from a saved State after the given number of steps.
func ResumeVideo(cfg VideoConfig, saved []checkpoint.Tensor, steps int) (*diffusion.Trainer, error) {
	return diffusion.ResumeWith(cfg.Diffusion, cfg.parts(), saved, steps)
}

// LoadVideo returns the averaged model out of a trainer's saved State.
func LoadVideo(cfg VideoConfig, saved []checkpoint.Tensor) (*diffusion.Model, error) {
	return diffusion.LoadWith(cfg.Diffusion, cfg.parts(), saved)
}
