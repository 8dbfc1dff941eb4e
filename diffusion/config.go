package diffusion

import (
	"cmp"
	"fmt"
	"math"
)

// Config describes a model and its training. Its defaults are DefaultConfig's.
type Config struct {
	Steps          int          `yaml:"steps" help:"training steps, at least 1"`
	Batch          int          `yaml:"batch" help:"points in a step, at least 1"`
	LR             float64      `yaml:"lr" help:"peak learning rate of Adam, above 0; falls to 0 along a cosine"`
	Warmup         int          `yaml:"warmup" help:"steps over which the learning rate rises, at least 0"`
	EMA            float64      `yaml:"ema" help:"decay of the average of the weights that samples, in [0, 1); 0 switches it off"`
	Clip           float64      `yaml:"clip" help:"largest norm of the gradient, 0 for no limit"`
	Hidden         int          `yaml:"hidden" help:"width of each hidden layer, at least 1"`
	Layers         int          `yaml:"layers" help:"hidden layers, at least 1"`
	TimeFeatures   int          `yaml:"time-features" help:"sinusoidal features of the noise level, even, at least 2"`
	Features       int          `yaml:"features" help:"random frequencies of the point's Fourier features, 0 for none"`
	FeatureScale   float64      `yaml:"feature-scale" help:"standard deviation of those frequencies, in radians a standard deviation of the data, above 0"`
	Prediction     Prediction   `yaml:"prediction" help:"what the network predicts: velocity, noise or data"`
	Schedule       ScheduleName `yaml:"schedule" help:"noise schedule: cosine or linear"`
	TrainingLevels LevelsName   `yaml:"training-levels" help:"law of the noise levels in training: lognormal, uniform in t, or discrete"`
	NoiseMean      float64      `yaml:"noise-mean" help:"mean of log(sigma/alpha) in training with lognormal levels, in [-6, 5]"`
	NoiseStd       float64      `yaml:"noise-std" help:"standard deviation of log(sigma/alpha) there, in [0.01, 100]"`
	Levels         int          `yaml:"levels" help:"the T of the discrete model: noise levels of training with discrete levels, at least 2"`
	Conditional    bool         `yaml:"conditional" help:"learn from the data's labels too, for samples with a label"`
	LabelDropout   float64      `yaml:"label-dropout" help:"share of the points of a conditional model whose label is hidden in training, in (0, 1)"`
	Sampler        SamplerName  `yaml:"sampler" help:"sampler: ddim, ddpm, heun, dpmsolver2m or dpmsolver3m"`
	NFE            int          `yaml:"nfe" help:"network evaluations of a sample, at least 1; with guidance each takes two passes"`
	Eta            float64      `yaml:"eta" help:"noise of DDIM sampling in [0, 1]: 0 none, 1 as DDPM"`
	Guidance       float64      `yaml:"guidance" help:"of samples with a label, in [0, 100]: 1 is none, 0 ignores the label"`
	Spacing        Spacing      `yaml:"spacing" help:"times of the sampling steps: auto (the sampler's own), time, trailing, quadratic, threehalves, shifted, logsnr or karras"`
}

// DefaultConfig returns the defaults, tuned on 8gaussians for two CPU cores.
func DefaultConfig() Config {
	return Config{
		Steps: 26000, Batch: 512, LR: 2e-3, Warmup: 200, EMA: 0.9995, Clip: 1,
		Hidden: 128, Layers: 3, TimeFeatures: 16, Features: 32, FeatureScale: 3,
		Prediction: Velocity, Schedule: "cosine", TrainingLevels: "lognormal", NoiseMean: -1.5, NoiseStd: 1.6, Levels: 1000,
		Conditional: false, LabelDropout: 0.15,
		Sampler: "dpmsolver2m", NFE: 35, Eta: 0, Guidance: 1, Spacing: Auto,
	}
}

// Validate names the first field that is out of its range.
func (c Config) Validate() error {
	for _, r := range []struct {
		key   string
		value float64
		ok    bool
		want  string
	}{
		{"steps", float64(c.Steps), c.Steps >= 1, "at least 1"},
		{"batch", float64(c.Batch), c.Batch >= 1 && c.Batch <= 1<<20, "1 to 1048576"},
		{"lr", c.LR, c.LR > 0 && !math.IsInf(c.LR, 0), "a number above 0"},
		{"warmup", float64(c.Warmup), c.Warmup >= 0, "at least 0"},
		{"ema", c.EMA, c.EMA >= 0 && c.EMA < 1, "in [0, 1)"},
		{"clip", c.Clip, c.Clip >= 0, "at least 0"},
		{"hidden", float64(c.Hidden), c.Hidden >= 1 && c.Hidden <= 1<<14, "1 to 16384"},
		{"layers", float64(c.Layers), c.Layers >= 1 && c.Layers <= 1000, "1 to 1000"},
		{"time-features", float64(c.TimeFeatures), c.TimeFeatures >= 2 && c.TimeFeatures%2 == 0 && c.TimeFeatures <= 1<<12, "even, 2 to 4096"},
		{"features", float64(c.Features), c.Features >= 0 && c.Features <= 1<<12, "0 to 4096"},
		{"feature-scale", c.FeatureScale, c.FeatureScale > 0 && !math.IsInf(c.FeatureScale, 0), "a number above 0"},
		{"noise-mean", c.NoiseMean, c.NoiseMean >= -6 && c.NoiseMean <= 5, "in [-6, 5]"},
		{"noise-std", c.NoiseStd, c.NoiseStd >= 0.01 && c.NoiseStd <= 100, "in [0.01, 100]"},
		{"levels", float64(c.Levels), c.Levels >= 2 && c.Levels <= 1<<20, "2 to 1048576"},
		{"nfe", float64(c.NFE), c.NFE >= 1, "at least 1"},
		{"label-dropout", c.LabelDropout, c.LabelDropout > 0 && c.LabelDropout < 1, "in (0, 1)"},
		{"guidance", c.Guidance, c.Guidance >= 0 && c.Guidance <= 100, "in [0, 100]"},
		{"eta", c.Eta, c.Eta >= 0 && c.Eta <= 1, "in [0, 1]"},
	} {
		if !r.ok {
			return fmt.Errorf("%s is %v, but must be %s", r.key, r.value, r.want)
		}
	}
	if c.Guidance != 1 && !c.Conditional {
		return fmt.Errorf("guidance is %v, but a model that is not conditional has none: leave it at 1", c.Guidance)
	}
	_, _, _, err := c.sampler()
	return cmp.Or(err,
		new(Prediction).UnmarshalText([]byte(c.Prediction)),
		new(ScheduleName).UnmarshalText([]byte(c.Schedule)),
		new(LevelsName).UnmarshalText([]byte(c.TrainingLevels)),
		new(Spacing).UnmarshalText([]byte(c.Spacing)))
}
