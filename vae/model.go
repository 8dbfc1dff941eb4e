package vae

import (
	"cmp"
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/nn"
	"genlab/standardize"
)

// Model is a variational autoencoder: a prior, a decoder and an encoder. It is a [genlab.Sampler] and a
// [genlab.LogBounder], and not safe for concurrent use.
type Model struct {
	cfg              Config
	prior            Prior
	newPrior         NewPrior // makes the model's own prior
	replacement      Prior    // by WithPrior; nil for the model's own
	params           nn.Params
	encoder, decoder network
	scale            standardize.Map

	flow *flowPosterior // nil for a Gaussian posterior

	encode, decode, weights *nn.Forward
	draw                    *nn.Forward // z of encoder outputs and noise; nil for a Gaussian posterior
}

// New returns an untrained model, with a standard normal prior, of the points that scale standardises.
// It fails if cfg is invalid; see [Config.Validate].
func New(cfg Config, scale standardize.Map, rng *rand.Rand) (*Model, error) {
	return NewWithPrior(cfg, scale, StandardNormal, rng)
}

// NewWithPrior is [New] with another prior. A prior with parameters is trained with the model, under
// the names "prior/...". It fails as New does, and if prior fails.
func NewWithPrior(cfg Config, scale standardize.Map, prior NewPrior, rng *rand.Rand) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	m := &Model{cfg: cfg, newPrior: prior, scale: scale}
	d := m.Dim()
	m.encoder = m.newNetwork("encoder", d, cfg.Latent, cfg.Posterior.columns(cfg.Latent), rng)
	m.decoder = m.newNetwork("decoder", cfg.Latent, d, 2*d, rng)
	m.encoder.setScale(cfg.Latent, 2*cfg.Latent, cfg.InitialScale-minScale)
	if cfg.Start == Identity && cfg.Latent > d { // coordinates without data: initially the prior
		m.encoder.setScale(cfg.Latent+d, 2*cfg.Latent, 1)
	}
	m.decoder.setScale(d, 2*d, cfg.InitialScale-cfg.Floor)
	if cfg.Posterior == Flow {
		m.flow = m.newFlowPosterior(rng)
	}
	var err error
	if m.prior, err = prior(cfg.Latent, rng); err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	if p, ok := m.prior.(trainable); ok {
		m.params.Adopt("prior", p.Parameters())
	}
	return m, m.compile()
}

// WithPrior returns the model with its prior replaced by p. Encoder and decoder are shared with m;
// p's parameters are not trained with the model. It fails if p cannot be built into the model's graphs.
func (m *Model) WithPrior(p Prior) (*Model, error) {
	other := &Model{cfg: m.cfg, prior: p, replacement: p, newPrior: m.newPrior, params: m.params, encoder: m.encoder, decoder: m.decoder, flow: m.flow, scale: m.scale}
	return other, other.compile()
}

// Prior returns the distribution of z.
func (m *Model) Prior() Prior { return m.prior }

// posterior applies the encoder: rows x d, standardised -> rows x Posterior.columns.
func (m *Model) posterior(g *nn.Graph, x *G.Node) *G.Node {
	return nn.Concat(m.encoder.apply(g, x, m.cfg.Latent))
}

// likelihood applies the decoder: mean and standard deviation of x given z (rows x latent), rows x d
// each, standardised.
func (m *Model) likelihood(g *nn.Graph, z *G.Node) (mean, sigma *G.Node) {
	mean, raw := m.decoder.apply(g, z, m.Dim())
	return mean, scaleOf(raw, m.cfg.Floor)
}

// terms returns log p(x|z) and log p(z) - log q(z|x) at the reparameterised sample z from the encoder
// outputs h and the noise: rows x 1 each, in nats, for standardised x. Their sum is the log importance
// weight.
func (m *Model) terms(g *nn.Graph, x, h, noise *G.Node) (reconstruction, ratio *G.Node) {
	z, logq := m.reparameterise(g, h, noise)
	mean, sigma := m.likelihood(g, z)
	reconstruction = nn.Sub(logNormal(nn.Div(nn.Sub(x, mean), sigma), m.Dim()), nn.RowSum(nn.Log(sigma)))
	return reconstruction, nn.Sub(m.prior.LogProbNode(g, z), logq)
}

// compile builds the graphs of inference.
func (m *Model) compile() (err error) {
	d, latent := m.Dim(), m.cfg.Latent
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
	m.weights = forward(func(g *nn.Graph) G.Nodes {
		reconstruction, ratio := m.terms(g, g.Input("x", d), g.Input("posterior", m.cfg.Posterior.columns(latent)), g.Input("noise", latent))
		return G.Nodes{reconstruction, ratio}
	})
	if m.flow != nil {
		m.draw = forward(func(g *nn.Graph) G.Nodes {
			z, _ := m.reparameterise(g, g.Input("posterior", m.cfg.Posterior.columns(latent)), g.Input("noise", latent))
			return G.Nodes{z}
		})
	}
	return err
}

// Dim returns the number of coordinates of the points.
func (m *Model) Dim() int { return len(m.scale.Shift) }

// Config returns the configuration that the model was made with.
func (m *Model) Config() Config { return m.cfg }

// Parameters returns the trained parameters of encoder, decoder and prior; see [train.Model].
func (m *Model) Parameters() *nn.Params { return &m.params }

// Fixed returns a copy of the standardisation, which a checkpoint holds and training does not change.
func (m *Model) Fixed() []checkpoint.Tensor { return m.scale.State("scale") }

// Params returns the number of trained parameters.
func (m *Model) Params() int {
	n := m.params.Count()
	if p, ok := m.replacement.(trainable); ok {
		n += p.Parameters().Count()
	}
	return n
}

// EncoderFLOPs returns the floating-point operations of one encoder evaluation per point, those of its
// matrix products.
func (m *Model) EncoderFLOPs() int { return m.encoder.flops() }

// DecoderFLOPs is [Model.EncoderFLOPs] for the decoder.
func (m *Model) DecoderFLOPs() int { return m.decoder.flops() }

// Sample returns n samples, n x d in the data's coordinates: z from the prior, then x from p(x|z), by
// one evaluation of the decoder. It panics if n < 1.
func (m *Model) Sample(n int, rng *rand.Rand) *mat.Dense {
	if n < 1 {
		panic(fmt.Sprintf("vae: Sample of n = %d, want n >= 1", n))
	}
	return m.SampleGiven(m.prior.Sample(n, rng), rng)
}

// SampleGiven returns one sample from p(x|z) for each row of z (n x latent): n x d in the data's
// coordinates. It panics if z does not have as many columns as the model has latent dimensions.
func (m *Model) SampleGiven(z mat.Matrix, rng *rand.Rand) *mat.Dense {
	x, sigma := m.Decode(z)
	s := sigma.RawMatrix().Data
	for i := range x.RawMatrix().Data {
		x.RawMatrix().Data[i] += s[i] * rng.NormFloat64()
	}
	return x
}

// Decode returns the mean and standard deviation of p(x|z) for each row of z (n x latent), n x d each in
// the data's coordinates. It panics if z has another number of columns.
func (m *Model) Decode(z mat.Matrix) (mean, sigma *mat.Dense) {
	n, _ := z.Dims()
	d := m.Dim()
	mu, sd := m.decodeRows(narrow(z, m.cfg.Latent), make([]float32, n))
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

// decodeRows evaluates the decoder at the rows of z (n x latent): mean and standard deviation, n x d
// each, standardised. It writes log p(z) to prior (n values).
func (m *Model) decodeRows(z, prior []float32) (mean, sigma []float32) {
	n := len(prior)
	mean, sigma = make([]float32, n*m.Dim()), make([]float32, n*m.Dim())
	must(m.decode.Run(n, nn.Columns{"z": z}, mean, sigma, prior))
	return mean, sigma
}

// Encode returns q(z|x) = N(mean, L·Lᵀ) for each row of x (n x d, in the data's coordinates): the
// means, n x latent, and in each row of factor (n x latent²) the lower triangular L, row by row. Of a [Flow]
// it returns the moments instead: the Gaussian with the mean and the covariance of 256 samples. It panics if x does not have d columns.
func (m *Model) Encode(x mat.Matrix) (mean, factor *mat.Dense) {
	n, _ := x.Dims()
	k := m.cfg.Latent
	_, h := m.encodeRows(x)
	if m.flow != nil {
		return m.moments(h, n)
	}
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

// encodeRows returns the standardised rows of x and the encoder outputs for them.
func (m *Model) encodeRows(x mat.Matrix) (standard, h []float32) {
	n, d := x.Dims()
	if d != m.Dim() {
		panic(fmt.Sprintf("vae: points with %d columns for a model of %d", d, m.Dim()))
	}
	standard = make([]float32, n*d)
	m.scale.FromDataTo(standard, x)
	h = make([]float32, n*m.cfg.Posterior.columns(m.cfg.Latent))
	must(m.encode.Run(n, nn.Columns{"x": standard}, h))
	return standard, h
}
