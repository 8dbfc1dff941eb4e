package hybrid

import (
	"fmt"
	"math/rand/v2"

	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/standardize"
)

// VideoConfig describes a diffusion model of films whose network is a transformer: hidden is its
// width, layers are its blocks. Its defaults are DefaultVideo's.
type VideoConfig struct {
	Diffusion   diffusion.Config `yaml:",inline" embed:""`
	Heads       int              `yaml:"heads" help:"attention heads of a block, a divisor of hidden"`
	Frames      int              `yaml:"frames" help:"frames of a film, at least 1"`
	Coordinates int              `yaml:"coordinates" help:"numbers in a frame, at least 1"`
	Patch       int              `yaml:"patch" help:"frames of one coordinate that make a token, a divisor of frames"`
}

// DefaultVideo returns the defaults, for the films of bounce on two CPU cores. A token is half of the
// frames of a coordinate: attention goes over space and time.
func DefaultVideo() VideoConfig {
	c := VideoConfig{Diffusion: diffusion.DefaultConfig(), Heads: 4, Frames: 16, Coordinates: 4, Patch: 8}
	d := &c.Diffusion
	d.Steps, d.Batch, d.LR, d.Warmup, d.EMA = 28000, 32, 1.5e-3, 200, 0.999
	d.Hidden, d.Layers, d.Features = 96, 4, 0
	d.NoiseMean, d.NoiseStd = -1.5, 2
	d.Sampler, d.NFE, d.Spacing = "ddim", 50, diffusion.Shifted
	return c
}

// Validate names the first field that is out of its range.
func (c VideoConfig) Validate() error {
	if err := c.Diffusion.Validate(); err != nil {
		return err
	}
	if c.Diffusion.Conditional {
		return fmt.Errorf("conditional is true, but films have no labels")
	}
	for _, r := range []struct {
		key   string
		value int
		ok    bool
		want  string
	}{
		{"heads", c.Heads, c.Heads >= 1 && c.Diffusion.Hidden%c.Heads == 0, fmt.Sprintf("a divisor of hidden, which is %d", c.Diffusion.Hidden)},
		{"frames", c.Frames, c.Frames >= 1 && c.Frames <= 1<<10, "1 to 1024"},
		{"coordinates", c.Coordinates, c.Coordinates >= 1 && c.Coordinates <= 1<<10, "1 to 1024"},
		{"patch", c.Patch, c.Patch >= 1 && c.Frames%c.Patch == 0, fmt.Sprintf("a divisor of frames, which is %d", c.Frames)},
	} {
		if !r.ok {
			return fmt.Errorf("%s is %d, but must be %s", r.key, r.value, r.want)
		}
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
