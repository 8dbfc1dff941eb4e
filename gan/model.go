package gan

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/internal/affine"
	"genlab/internal/kernel"
	"genlab/internal/nn"
)

// Config describes a model and its training. Its defaults are DefaultConfig's.
type Config struct {
	Steps          int           `yaml:"steps" help:"steps of the generator, at least 1"`
	Batch          int           `yaml:"batch" help:"points in a step of either network, at least 1"`
	LR             float64       `yaml:"lr" help:"peak learning rate of both Adams, above 0; falls to 0 along a cosine"`
	Beta1          float64       `yaml:"beta1" help:"decay of Adam's mean gradient, in [0, 1)"`
	Beta2          float64       `yaml:"beta2" help:"decay of Adam's mean squared gradient, in [0, 1)"`
	EMA            float64       `yaml:"ema" help:"decay of the average of the generator's weights that samples, in [0, 1); 0 switches it off"`
	Hidden         int           `yaml:"hidden" help:"width of each hidden layer of both networks, at least 1"`
	Layers         int           `yaml:"layers" help:"hidden layers of both networks, at least 1"`
	Latent         int           `yaml:"latent" help:"coordinates of the latent normal, at least 1"`
	Features       int           `yaml:"features" help:"random frequencies of the critic's Fourier features, 0 for none"`
	FeatureScale   float64       `yaml:"feature-scale" help:"standard deviation of those frequencies, in radians a standard deviation of the data, above 0"`
	LatentFeatures int           `yaml:"latent-features" help:"random frequencies of the generator's Fourier features, 0 for none"`
	LatentScale    float64       `yaml:"latent-scale" help:"standard deviation of those frequencies, above 0"`
	Objective      ObjectiveName `yaml:"objective" help:"game: wgan-gp, wgan-lp, minimax or non-saturating"`
	Lambda         float64       `yaml:"lambda" help:"weight of the gradient penalty of wgan-gp and wgan-lp, at least 0; 0 takes the objective's own, 0.1"`
	CriticSteps    int           `yaml:"critic-steps" help:"steps of the critic for each of the generator, at least 1"`
}

// DefaultConfig returns the defaults, tuned on 25gaussians and 8gaussians for two CPU cores.
func DefaultConfig() Config {
	return Config{
		Steps: 20000, Batch: 256, LR: 2e-3, Beta1: 0, Beta2: 0.99, EMA: 0.999,
		Hidden: 128, Layers: 3, Latent: 2, LatentFeatures: 64, LatentScale: 1, Features: 32, FeatureScale: 2,
		Objective: "wgan-lp", CriticSteps: 1,
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
		{"beta1", c.Beta1, c.Beta1 >= 0 && c.Beta1 < 1, "in [0, 1)"},
		{"beta2", c.Beta2, c.Beta2 >= 0 && c.Beta2 < 1, "in [0, 1)"},
		{"ema", c.EMA, c.EMA >= 0 && c.EMA < 1, "in [0, 1)"},
		{"hidden", float64(c.Hidden), c.Hidden >= 1 && c.Hidden <= 1<<14, "1 to 16384"},
		{"layers", float64(c.Layers), c.Layers >= 1 && c.Layers <= 1000, "1 to 1000"},
		{"latent", float64(c.Latent), c.Latent >= 1 && c.Latent <= 1<<12, "1 to 4096"},
		{"features", float64(c.Features), c.Features >= 0 && c.Features <= 1<<12, "0 to 4096"},
		{"feature-scale", c.FeatureScale, c.FeatureScale > 0 && !math.IsInf(c.FeatureScale, 0), "a number above 0"},
		{"lambda", c.Lambda, c.Lambda >= 0 && !math.IsInf(c.Lambda, 0), "a number, at least 0"},
		{"critic-steps", float64(c.CriticSteps), c.CriticSteps >= 1 && c.CriticSteps <= 1000, "1 to 1000"},
	} {
		if !r.ok {
			return fmt.Errorf("%s is %v, but must be %s", r.key, r.value, r.want)
		}
	}
	_, err := c.Objective.with(c.Lambda)
	return err
}

// Model is a generator, the distribution of what it makes, and the critic that it was trained
// against. It is not for use by several goroutines at once.
type Model struct {
	cfg    Config
	params nn.Params   // of the generator
	waves  *nn.Fourier // of the latent
	net    nn.MLP
	critic *Critic
	scale  affine.Map
	film   *film

	forward *nn.Forward
	in, out []float32
}

// New returns a model with fresh weights for points standardised by scale.
func New(cfg Config, scale affine.Map, rng *rand.Rand) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("gan: %w", err)
	}
	d := len(scale.Shift)
	critic, err := newCritic(cfg, scale, rng)
	if err != nil {
		return nil, err
	}
	m := &Model{
		cfg: cfg, scale: scale, critic: critic, film: newFilm(cfg, d, rng),
		waves: nn.NewFourier(cfg.Latent, cfg.LatentFeatures, cfg.LatentScale, rng),
	}
	return m, m.build(rng)
}

// build makes the generator's layers.
func (m *Model) build(rng *rand.Rand) error {
	widths := m.cfg.widths(m.cfg.Latent+2*m.cfg.LatentFeatures, m.dim())
	m.net = nn.NewMLP(&m.params, "layer", widths, kernel.LeakyReLU, nn.Xavier, rng)
	var err error
	m.forward, err = nn.NewForward(func(g *nn.Graph) G.Nodes { return G.Nodes{m.generate(g, g.Input("z", m.cfg.Latent))} })
	return err
}

// twin is a model of which all but the generator's layers are m's own.
func (m *Model) twin() (*Model, error) {
	t := &Model{cfg: m.cfg, scale: m.scale, critic: m.critic, film: m.film, waves: m.waves}
	err := t.build(rand.New(rand.NewPCG(0, 0))) // the draws are replaced
	t.params.CopyFrom(&m.params)
	return t, err
}

// widths are those of a network's layers.
func (c Config) widths(in, out int) []int {
	w := []int{in}
	for range c.Layers {
		w = append(w, c.Hidden)
	}
	return append(w, out)
}

func (m *Model) dim() int { return len(m.scale.Shift) }

// Config returns what the model was made from.
func (m *Model) Config() Config { return m.cfg }

// Params is the number of the generator's trained parameters: the critic's do not sample.
func (m *Model) Params() int { return m.params.Count() }

// generate is the generator: a standardised point for each row of latents.
func (m *Model) generate(g *nn.Graph, z *G.Node) *G.Node { return m.net.Apply(g, m.waves.Beside(g, z)) }

// Latents draws n points of the latent normal, n x Latent.
func (m *Model) Latents(n int, rng *rand.Rand) *mat.Dense {
	if n < 1 {
		panic(fmt.Sprintf("gan: %d latents, want at least 1", n))
	}
	z := mat.NewDense(n, m.cfg.Latent, nil)
	data := z.RawMatrix().Data
	for i := range data {
		data[i] = rng.NormFloat64()
	}
	return z
}

// Generate returns the points that latents z (n x Latent) stand for: n x d, in the data's
// coordinates.
func (m *Model) Generate(z mat.Matrix) *mat.Dense {
	n, k := z.Dims()
	if k != m.cfg.Latent {
		panic(fmt.Sprintf("gan: latents of %d columns for a model of %d", k, m.cfg.Latent))
	}
	x := mat.NewDense(n, m.dim(), nil)
	m.standardised(x, z)
	m.scale.ToData(x)
	return x
}

// standardised writes G(z) in standardised coordinates.
func (m *Model) standardised(x *mat.Dense, z mat.Matrix) {
	n, d := x.Dims()
	if cap(m.in) < n*m.cfg.Latent || cap(m.out) < n*d {
		m.in, m.out = make([]float32, n*m.cfg.Latent), make([]float32, n*d)
	}
	in, out := m.in[:n*m.cfg.Latent], m.out[:n*d]
	narrow(in, z)
	m.run(in, out)
	for i, v := range out {
		x.RawMatrix().Data[i] = float64(v)
	}
}

// run is the generator's pass: a standardised point in out for each latent in in.
func (m *Model) run(in, out []float32) {
	if err := m.forward.Run(len(out)/m.dim(), nn.Columns{"z": in}, out); err != nil {
		panic(err) // shapes are fixed at New: an operation cannot fail
	}
}

// narrow writes the rows of x to dst.
func narrow(dst []float32, x mat.Matrix) {
	n, d := x.Dims()
	for i := range n {
		for j := range d {
			dst[i*d+j] = float32(x.At(i, j))
		}
	}
}

// Sample implements genlab.Sampler by one pass: n x d, in the data's coordinates.
func (m *Model) Sample(n int, rng *rand.Rand) *mat.Dense { return m.Generate(m.Latents(n, rng)) }

// Critic is what the generator was trained against, for looking at.
func (m *Model) Critic() *Critic { return m.critic }
