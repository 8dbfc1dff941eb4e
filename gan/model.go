package gan

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/nn"
	"genlab/standardize"
)

// Model is a generator, with the critic that it is trained against and snapshots of its training. It is
// a [genlab.Sampler], and not safe for concurrent use.
type Model struct {
	cfg       Config
	params    nn.Params   // of the generator
	fourier   *nn.Fourier // features of the latent
	net       nn.MLP
	critic    *Critic
	scale     standardize.Map
	snapshots *snapshots

	forward *nn.Forward
	in, out []float32
}

// New returns an untrained model of the points that scale standardises. It fails if cfg is invalid; see
// [Config.Validate].
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
		cfg: cfg, scale: scale, critic: critic, snapshots: newSnapshots(cfg, d, rng),
		fourier: nn.NewFourier(cfg.Latent, cfg.LatentFeatures, cfg.LatentScale, rng),
	}
	return m, m.buildGenerator(rng)
}

// buildGenerator initialises the generator's layers.
func (m *Model) buildGenerator(rng *rand.Rand) error {
	widths := m.cfg.widths(m.cfg.Latent+2*m.cfg.LatentFeatures, m.dim())
	m.net = nn.NewMLP(&m.params, "layer", widths, m.cfg.Activation, nn.Xavier, rng)
	var err error
	m.forward, err = nn.NewForward(func(g *nn.Graph) G.Nodes { return G.Nodes{m.generate(g, g.Input("z", m.cfg.Latent))} })
	return err
}

// cloneGenerator returns a model with a copy of the generator's layers that shares everything else.
func (m *Model) cloneGenerator() (*Model, error) {
	c := &Model{cfg: m.cfg, scale: m.scale, critic: m.critic, snapshots: m.snapshots, fourier: m.fourier}
	err := c.buildGenerator(rand.New(rand.NewPCG(0, 0))) // its weights are overwritten
	c.params.CopyFrom(&m.params)
	return c, err
}

func (m *Model) dim() int { return len(m.scale.Shift) }

// Config returns the configuration that the model was made with.
func (m *Model) Config() Config { return m.cfg }

// Params returns the number of the generator's trained parameters, without the critic's.
func (m *Model) Params() int { return m.params.Count() }

// generate applies the generator: latents, rows x Latent -> standardised points, rows x d.
func (m *Model) generate(g *nn.Graph, z *G.Node) *G.Node {
	return m.net.Apply(g, m.fourier.Beside(g, z))
}

// Latents returns n samples of the latent distribution N(0, I), n x Latent. It panics if n < 1.
func (m *Model) Latents(n int, rng *rand.Rand) *mat.Dense {
	if n < 1 {
		panic(fmt.Sprintf("gan: Latents of n = %d, want n >= 1", n))
	}
	z := mat.NewDense(n, m.cfg.Latent, nil)
	for i := range z.RawMatrix().Data {
		z.RawMatrix().Data[i] = rng.NormFloat64()
	}
	return z
}

// Generate returns G(z) for each row of z (n x Latent): n x d in the data's coordinates. It panics if z
// does not have Latent columns.
func (m *Model) Generate(z mat.Matrix) *mat.Dense {
	n, _ := z.Dims()
	d := m.dim()
	if cap(m.out) < n*d {
		m.out = make([]float32, n*d)
	}
	in, out := m.latents(z), m.out[:n*d]
	m.run(in, out)
	x := mat.NewDense(n, d, widen(out))
	m.scale.ToData(x)
	return x
}

// latents returns the rows of z in a buffer of the model.
func (m *Model) latents(z mat.Matrix) []float32 {
	n, k := z.Dims()
	if k != m.cfg.Latent {
		panic(fmt.Sprintf("gan: latents with %d columns for a model of %d latent dimensions", k, m.cfg.Latent))
	}
	if cap(m.in) < n*k {
		m.in = make([]float32, n*k)
	}
	in := m.in[:n*k]
	for i := range n {
		for j := range k {
			in[i*k+j] = float32(z.At(i, j))
		}
	}
	return in
}

// run evaluates the generator: a standardised point in out for each latent in in.
func (m *Model) run(in, out []float32) {
	if err := m.forward.Run(len(out)/m.dim(), nn.Columns{"z": in}, out); err != nil {
		panic(err) // the shapes are fixed in New
	}
}

// Sample returns n samples, n x d in the data's coordinates, by one evaluation of the generator. It
// panics if n < 1.
func (m *Model) Sample(n int, rng *rand.Rand) *mat.Dense { return m.Generate(m.Latents(n, rng)) }

// Critic returns the critic that the generator is trained against.
func (m *Model) Critic() *Critic { return m.critic }

// Parameters returns the generator's trained parameters; see [train.Model].
func (m *Model) Parameters() *nn.Params { return &m.params }

// Fixed returns what a checkpoint holds and the optimiser does not change: the frequencies of both
// networks, the snapshots and the standardisation. The memory is live, except for the standardisation.
func (m *Model) Fixed() []checkpoint.Tensor {
	return slices.Concat(m.fourier.Frequencies.State("latent"), m.critic.Fixed(), m.snapshots.state("film"), m.scale.State("scale"))
}
