package vae

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/nn"
	"genlab/standardize"
)

// Model is a prior, a decoder and an encoder. It is not for use by several goroutines at once.
type Model struct {
	cfg              Config
	prior            Prior
	newPrior         NewPrior // makes another of its kind
	borrowed         Prior    // in the place of its own; nil for none
	params           nn.Params
	encoder, decoder network
	scale            standardize.Map

	encode, decode, weigh *nn.Forward
}

// network is a perceptron beside a linear map.
type network struct {
	net  nn.MLP
	skip *nn.Param // in x mean; nil for none
}

// New returns a model with fresh weights for points standardised by scale.
func New(cfg Config, scale standardize.Map, rng *rand.Rand) (*Model, error) {
	return NewWithPrior(cfg, scale, Standard, rng)
}

// NewWithPrior is New with another prior than the standard normal. One that learns has its
// parameters among the model's, and is trained with it.
func NewWithPrior(cfg Config, scale standardize.Map, prior NewPrior, rng *rand.Rand) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	m := &Model{cfg: cfg, newPrior: prior, scale: scale}
	d := m.dim()
	m.encoder = m.newNetwork("encoder", d, cfg.Latent, cfg.Posterior.columns(cfg.Latent), rng)
	m.decoder = m.newNetwork("decoder", cfg.Latent, d, 2*d, rng)
	first := func(n network, from, to int, scale float64) {
		bias := n.net[len(n.net)-1].B.Value
		for i := from; i < to; i++ {
			bias[i] = float32(inverseSoftplus(scale))
		}
	}
	first(m.encoder, cfg.Latent, 2*cfg.Latent, cfg.InitialScale-smallest)
	if cfg.Start == Identity && cfg.Latent > d { // no data is behind these: they begin at the prior
		first(m.encoder, cfg.Latent+d, 2*cfg.Latent, 1)
	}
	first(m.decoder, d, 2*d, cfg.InitialScale-cfg.Floor)
	var err error
	if m.prior, err = prior(cfg.Latent, rng); err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	if p, ok := m.prior.(learned); ok {
		m.params.Adopt("prior", p.Parameters())
	}
	return m, m.compile()
}

// WithPrior returns the model with another prior in the place of its own: encoder and decoder are
// the same, in the same memory. The prior is not the model's to train.
func (m *Model) WithPrior(p Prior) (*Model, error) {
	other := &Model{cfg: m.cfg, prior: p, borrowed: p, newPrior: m.newPrior, params: m.params, encoder: m.encoder, decoder: m.decoder, scale: m.scale}
	return other, other.compile()
}

// Prior is the law of z.
func (m *Model) Prior() Prior { return m.prior }

// newNetwork makes a network whose first columns are a mean.
func (m *Model) newNetwork(name string, in, mean, out int, rng *rand.Rand) network {
	widths := []int{in}
	for range m.cfg.Layers {
		widths = append(widths, m.cfg.Hidden)
	}
	last := nn.Init(nn.Xavier)
	if m.cfg.Start == Identity {
		last = nn.Zero
	}
	n := network{net: nn.NewMLP(&m.params, name, append(widths, out), m.cfg.Activation, last, rng)}
	if m.cfg.Start == Identity {
		n.skip = m.params.New(name+".skip", in, mean)
		for i := range min(in, mean) {
			n.skip.Value[i*mean+i] = 1
		}
	}
	return n
}

// apply is the mean's columns and the rest: rows x mean and rows x (out - mean).
func (n network) apply(g *nn.Graph, x *G.Node, mean int) (first, rest *G.Node) {
	h := n.net.Apply(g, x)
	first, rest = nn.Cols(h, 0, mean), nn.Cols(h, mean, h.Shape()[1])
	if n.skip != nil {
		first = nn.Add(first, nn.MatMul(x, g.Param(n.skip), false, false))
	}
	return first, rest
}

// posterior is the encoder: rows x d -> rows x columns of the posterior.
func (m *Model) posterior(g *nn.Graph, x *G.Node) *G.Node {
	return nn.Concat(m.encoder.apply(g, x, m.cfg.Latent))
}

// likelihood is the decoder: mean and standard deviation of x given z, rows x d each, both
// standardised.
func (m *Model) likelihood(g *nn.Graph, z *G.Node) (mean, sigma *G.Node) {
	mean, raw := m.decoder.apply(g, z, m.dim())
	return mean, scaleOf(raw, m.cfg.Floor)
}

// terms are log p(x|z) and log p(z) - log q(z|x) at the draw z that the noise makes from the
// posteriors h: rows x 1 each, in nats, x standardised. Their sum is the log weight.
func (m *Model) terms(g *nn.Graph, x, h, noise *G.Node) (reconstruction, ratio *G.Node) {
	z, logq := m.cfg.Posterior.draw(h, noise, m.cfg.Latent)
	mean, sigma := m.likelihood(g, z)
	reconstruction = nn.Sub(logNormal(nn.Div(nn.Sub(x, mean), sigma), m.dim()), nn.RowSum(nn.Log(sigma)))
	return reconstruction, nn.Sub(m.prior.LogProbNode(g, z), logq)
}

// logMeanExp is log of the mean of exp along each row: rows x k -> rows x 1.
func logMeanExp(a *G.Node) *G.Node {
	sum := nn.Sub(nn.Cols(a, 0, 1), nn.Cols(nn.LogSoftmax(a), 0, 1))
	return nn.Shift(-math.Log(float64(a.Shape()[1])), sum)
}

// compile makes the formulas that inference runs.
func (m *Model) compile() (err error) {
	d, latent := m.dim(), m.cfg.Latent
	forward := func(build func(g *nn.Graph) G.Nodes) *nn.Forward {
		f, e := nn.NewForward(build)
		err = cmp.Or(err, e)
		return f
	}
	m.encode = forward(func(g *nn.Graph) G.Nodes { return G.Nodes{m.posterior(g, g.Input("x", d))} })
	m.decode = forward(func(g *nn.Graph) G.Nodes {
		z := g.Input("z", latent)
		mean, sigma := m.likelihood(g, z)
		return G.Nodes{mean, sigma, m.prior.LogProbNode(g, z)}
	})
	m.weigh = forward(func(g *nn.Graph) G.Nodes {
		reconstruction, ratio := m.terms(g, g.Input("x", d), g.Input("posterior", m.cfg.Posterior.columns(latent)), g.Input("noise", latent))
		return G.Nodes{reconstruction, ratio}
	})
	return err
}

func (m *Model) dim() int { return len(m.scale.Shift) }

// Dim is the number of coordinates of the points.
func (m *Model) Dim() int { return m.dim() }

// Config returns what the model was made from.
func (m *Model) Config() Config { return m.cfg }

// Parameters are what training moves: those of encoder, decoder and a prior that learns.
func (m *Model) Parameters() *nn.Params { return &m.params }

// Fixed is what training does not move, but a checkpoint holds: the standardisation.
func (m *Model) Fixed() []checkpoint.Tensor { return m.scale.State("scale") }

// Params is the number of trained parameters.
func (m *Model) Params() int {
	n := m.params.Count()
	if p, ok := m.borrowed.(learned); ok {
		n += p.Parameters().Count()
	}
	return n
}

// EncoderFLOPs and DecoderFLOPs are what a pass takes for one point: the multiplications and additions
// of matrices.
func (m *Model) EncoderFLOPs() int { return m.encoder.flops() }

// DecoderFLOPs is EncoderFLOPs of the decoder.
func (m *Model) DecoderFLOPs() int { return m.decoder.flops() }

func (n network) flops() int {
	flops := n.net.FLOPs()
	if n.skip != nil {
		flops += 2 * n.skip.Rows * n.skip.Cols
	}
	return flops
}

// Sample draws z from the prior and x from the decoder, its noise included: n x d, in the
// data's coordinates, by one pass of the decoder.
func (m *Model) Sample(n int, rng *rand.Rand) *mat.Dense {
	if n < 1 {
		panic(fmt.Sprintf("vae: Sample of n = %d, want n >= 1", n))
	}
	return m.SampleGiven(m.prior.Sample(n, rng), rng)
}

// SampleGiven draws x from the decoder, its noise included, given each row of z (n x latent): n x d,
// in the data's coordinates.
func (m *Model) SampleGiven(z mat.Matrix, rng *rand.Rand) *mat.Dense {
	x, sigma := m.Decode(z)
	s := sigma.RawMatrix().Data
	for i := range x.RawMatrix().Data {
		x.RawMatrix().Data[i] += s[i] * rng.NormFloat64()
	}
	return x
}

// Decode returns the mean and the standard deviation of x given each row of z (n x latent),
// n x d each, in the data's coordinates.
func (m *Model) Decode(z mat.Matrix) (mean, sigma *mat.Dense) {
	n, _ := z.Dims()
	d := m.dim()
	mu, sd := m.decodeRows(narrow("z", z, m.cfg.Latent), make([]float32, n))
	mean, sigma = widen(n, d, mu), widen(n, d, sd)
	m.scale.ToData(mean)
	for i := range n {
		row := sigma.RawRowView(i)
		for j := range row {
			row[j] *= m.scale.Scale[j]
		}
	}
	return mean, sigma
}

// decodeRows runs the decoder on the rows of z, n x latent: mean and standard deviation,
// n x d each, standardised, and log p(z) into prior.
func (m *Model) decodeRows(z, prior []float32) (mean, sigma []float32) {
	n := len(prior)
	mean, sigma = make([]float32, n*m.dim()), make([]float32, n*m.dim())
	must(m.decode.Run(n, nn.Columns{"z": z}, mean, sigma, prior))
	return mean, sigma
}

// Encode returns q(z|x) = N(mean, L·Lᵀ) for each row of x (n x d): the means, n x latent, and
// the lower triangular L, latent x latent in a row: n x latent².
func (m *Model) Encode(x mat.Matrix) (mean, factor *mat.Dense) {
	n, _ := x.Dims()
	k := m.cfg.Latent
	_, h := m.encodeRows(x)
	columns := len(h) / n
	mean, factor = mat.NewDense(n, k, nil), mat.NewDense(n, k*k, nil)
	for i := range n {
		row := h[i*columns : (i+1)*columns]
		for j := range k {
			mean.Set(i, j, float64(row[j]))
		}
		m.cfg.Posterior.factor(factor.RawRowView(i), row, k)
	}
	return mean, factor
}

// encodeRows standardises the rows of x and runs the encoder on them.
func (m *Model) encodeRows(x mat.Matrix) (standard, h []float32) {
	n, d := x.Dims()
	if d != m.dim() {
		panic(fmt.Sprintf("vae: points of %d columns for a model of %d", d, m.dim()))
	}
	z := mat.DenseCopyOf(x)
	m.scale.FromData(z)
	standard = narrow("x", z, d)
	h = make([]float32, n*m.cfg.Posterior.columns(m.cfg.Latent))
	must(m.encode.Run(n, nn.Columns{"x": standard}, h))
	return standard, h
}

// narrow returns the rows of a matrix in float32.
func narrow(name string, x mat.Matrix, cols int) []float32 {
	n, d := x.Dims()
	if d != cols {
		panic(fmt.Sprintf("vae: %s of %d columns for a model of %d", name, d, cols))
	}
	out := make([]float32, 0, n*d)
	for i := range n {
		for j := range d {
			out = append(out, float32(x.At(i, j)))
		}
	}
	return out
}

func widen(n, d int, values []float32) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i, v := range values {
		x.RawMatrix().Data[i] = float64(v)
	}
	return x
}

// must is for formulas whose shapes are fixed at New: an operation cannot fail.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// inverseSoftplus is the x whose softplus is y, above 0.
func inverseSoftplus(y float64) float64 { return y + math.Log(-math.Expm1(-y)) }
