package matching

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/nn"
	"genlab/standardize"
)

// Model is a network of velocities and the distribution to which they transport Gaussian noise. It is a
// genlab.Sampler, a [Field] and a diffusion.Denoiser. A Model is not safe for concurrent use.
type Model struct {
	*network
	cfg  Config
	path Path

	forward  *nn.Forward
	jacobian *nn.Forward // velocity and divergence; nil until it is used
	columns  nn.Columns
	out      [][]float32
	workers  []diffusion.Denoiser // the model, and copies that share its weights
}

// New returns a model with random weights for points of len(scale.Shift) coordinates, which scale standardises. It
// returns an error if cfg is invalid.
func New(cfg Config, scale standardize.Map, rng *rand.Rand) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("matching: %w", err)
	}
	path, err := paths.Lookup("path", cfg.Path)
	if err != nil {
		return nil, fmt.Errorf("matching: %w", err)
	}
	m := &Model{network: newNetwork(cfg.NetworkConfig, 1, scale, rng), cfg: cfg, path: path}
	return m, m.compile()
}

func (m *Model) compile() (err error) {
	m.columns, m.out, m.jacobian, m.workers = nn.Columns{}, nil, nil, nil
	m.forward, err = nn.NewForward(func(g *nn.Graph) G.Nodes {
		return G.Nodes{m.predict(g, g.Input("x", m.Dim()), g.Input("level", 1))}
	})
	return err
}

// Config returns the configuration of the model.
func (m *Model) Config() Config { return m.cfg }

// WithConfig returns a copy of m, with weights of its own, under another configuration of the same network. It returns an
// error if cfg is invalid.
func (m *Model) WithConfig(cfg Config) (*Model, error) {
	c, err := New(cfg, m.scale, rand.New(rand.NewPCG(0, 0))) // the weights are replaced
	if err != nil {
		return nil, err
	}
	c.params.CopyFrom(&m.params)
	return c, checkpoint.Copy(c.Fixed(), m.Fixed())
}

// Path returns the path between data and noise.
func (m *Model) Path() Path { return m.path }

// Workers implements diffusion.Parallel; the workers share the model's weights.
func (m *Model) Workers(n int) []diffusion.Denoiser {
	if m.workers == nil {
		m.workers = []diffusion.Denoiser{m}
	}
	for len(m.workers) < n {
		w := *m
		if err := w.compile(); err != nil {
			panic(err) // the same graph compiled before
		}
		m.workers = append(m.workers, &w)
	}
	return m.workers[:n]
}

// Velocity implements [Field] in standardised coordinates. The divergence takes a backward pass per coordinate.
func (m *Model) Velocity(dst, x *mat.Dense, t, divergence []float64) {
	n, d := x.Dims()
	if d != m.Dim() {
		panic(fmt.Sprintf("matching: points of %d columns for a model of %d dimensions", d, m.Dim()))
	}
	m.fill(x, t)
	forward := m.forward
	if divergence != nil {
		if m.jacobian == nil {
			var err error
			if m.jacobian, err = nn.NewForward(m.withDivergence); err != nil {
				panic(err) // the network was differentiated for training
			}
		}
		forward = m.jacobian
	}
	outs := [][]float32{m.out[0][:n*d], m.out[1][:n]}
	if divergence == nil {
		outs = outs[:1]
	}
	if err := forward.Run(n, m.columns, outs...); err != nil {
		panic(err) // the shapes are fixed
	}
	for i := range n {
		row := dst.RawRowView(i)
		for j := range row {
			row[j] = float64(outs[0][i*d+j])
		}
		if divergence != nil {
			divergence[i] = float64(outs[1][i])
		}
	}
}

// fill writes points and times to the inputs of the network.
func (m *Model) fill(x *mat.Dense, t []float64) {
	n, d := x.Dims()
	if m.out == nil || cap(m.out[1]) < n {
		m.out = [][]float32{make([]float32, n*d), make([]float32, n)}
		m.columns["x"], m.columns["level"] = make([]float32, n*d), make([]float32, n)
	}
	xs, levels := m.columns["x"][:n*d], m.columns["level"][:n]
	for i := range n {
		u, _ := level(t[i])
		levels[i] = float32(u)
		for j, v := range x.RawRowView(i) {
			xs[i*d+j] = float32(v)
		}
	}
	m.columns["x"], m.columns["level"] = xs, levels
}

// withDivergence builds the velocity and the trace of its Jacobian by the point.
func (m *Model) withDivergence(g *nn.Graph) G.Nodes {
	d := m.Dim()
	x := g.Input("x", d)
	v := m.predict(g, x, g.Input("level", 1))
	return G.Nodes{v, g.JacobianTrace(v, x)}
}

// Denoise implements diffusion.Denoiser in standardised coordinates: v = α'·x_0 + σ'·ε and x = α·x_0 + σ·ε give
// x_0 = (σ'·x - σ·v)/(α·σ' - σ·α').
func (m *Model) Denoise(dst, x *mat.Dense, t float64) {
	n, d := x.Dims()
	times, v := make([]float64, n), mat.NewDense(n, d, nil)
	for i := range times {
		times[i] = t
	}
	m.Velocity(v, x, times, nil)
	alpha, sigma := m.path.At(t)
	da, ds := m.path.Rate(t)
	w := alpha*ds - sigma*da
	for i := range n {
		to, vs := dst.RawRowView(i), v.RawRowView(i)
		for j, x := range x.RawRowView(i) {
			to[j] = (ds*x - sigma*vs[j]) / w
		}
	}
}

// Sampling returns the sampling process of the configuration.
func (m *Model) Sampling() diffusion.Sampling { return m.SamplingWith(m.cfg) }

// SamplingWith returns the sampling process of another configuration, of which the fields Sampler, NFE and Tolerance
// count. It panics if they are not valid.
func (m *Model) SamplingWith(c Config) diffusion.Sampling {
	s, grid, err := c.solver()
	if err != nil {
		panic(fmt.Sprintf("matching: %v", err))
	}
	return diffusion.Sampling{Denoiser: m, Schedule: m.path, Scale: m.scale, Sampler: s, Grid: grid}
}

// Sample implements genlab.Sampler with [Model.Sampling]: n x d, in the data's coordinates. It panics if n < 1.
func (m *Model) Sample(n int, rng *rand.Rand) *mat.Dense { return m.Sampling().Sample(n, rng) }

// ContinuousFlow returns the distribution of the samples in the limit of many steps, with its density.
func (m *Model) ContinuousFlow() ContinuousFlow {
	return ContinuousFlow{Field: m, Scale: m.scale, Tolerance: m.cfg.Tolerance}
}
