package gan

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/nn"
	"genlab/standardize"
)

// Model is a generator, the distribution of what it makes, and the critic that it was trained
// against. It is not for use by several goroutines at once.
type Model struct {
	cfg    Config
	params nn.Params   // of the generator
	waves  *nn.Fourier // of the latent
	net    nn.MLP
	critic *Critic
	scale  standardize.Map
	film   *film

	forward *nn.Forward
	in, out []float32
}

// New returns a model with fresh weights for points standardised by scale.
func New(cfg Config, scale standardize.Map, rng *rand.Rand) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("gan: %w", err)
	}
	d := len(scale.Shift)
	critic, err := NewCritic(cfg, scale, rng)
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
	m.net = nn.NewMLP(&m.params, "layer", widths, m.cfg.Activation, nn.Xavier, rng)
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
