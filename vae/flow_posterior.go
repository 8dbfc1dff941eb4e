package vae

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/nn"
)

// flowPosterior is a conditional autoregressive flow from noise to q(z|x) [rezende2015] [kingma2016], with monotone
// rational-quadratic splines s [durkan2019]: coordinate i of z is
//
//	z_i = m_i + σ_i·(v_i + b_i),   v_i = s(ε_i; θ_i),   (b_i, θ_i) = net_i(c, v_1 … v_i-1),
//
// where the encoder predicts m, σ and the features c of x. Its density is that of the noise, by the change of variables:
//
//	log q(z|x) = log N(ε; 0, I) - Σ log s'(ε_i; θ_i) - Σ log σ_i.
//
// At first the splines are the identity and b is zero: a diagonal Gaussian.
type flowPosterior struct {
	nets []nn.MLP // of each coordinate
}

const (
	flowFeatures = 32 // columns of c
	flowHidden   = 48 // width of the two hidden layers of each net
)

// posteriorSpline maps noise; outside ±4 it is the identity.
var posteriorSpline = nn.Spline{Bins: 12, Bound: 4, MinWidth: 1e-3, MinHeight: 1e-3, MinSlope: 1e-3}

// newFlowPosterior adds the nets to the model's parameters. The encoder's features start at random: at zero, beside nets
// whose output is zero, they would have no gradient.
func (m *Model) newFlowPosterior(rng *rand.Rand) *flowPosterior {
	last := m.encoder.net[len(m.encoder.net)-1].W
	for i := range last.Rows {
		for j := 2 * m.cfg.Latent; j < last.Cols; j++ {
			last.Value[i*last.Cols+j] = nn.Xavier(last.Rows, flowFeatures, rng)
		}
	}
	f := new(flowPosterior)
	for i := range m.cfg.Latent {
		widths := []int{flowFeatures + i, flowHidden, flowHidden, 1 + posteriorSpline.Params()}
		f.nets = append(f.nets, nn.NewMLP(&m.params, fmt.Sprintf("posterior%d", i+1), widths, m.cfg.Activation, nn.Zero, rng))
	}
	return f
}

// sample returns the reparameterised sample z, rows x latent, and log q(z|x), rows x 1; see [Posterior.sample].
func (f *flowPosterior) sample(g *nn.Graph, h, noise *G.Node) (z, logq *G.Node) {
	latent := len(f.nets)
	sigma := scaleOf(nn.Cols(h, latent, 2*latent), minScale)
	logq = nn.Sub(logNormal(noise, latent), nn.RowSum(nn.Log(sigma)))
	input := nn.Cols(h, 2*latent, 2*latent+flowFeatures)
	var shifted G.Nodes
	for i, net := range f.nets {
		theta := net.Apply(g, input)
		mapped := posteriorSpline.Apply(nn.Cols(noise, i, i+1), nn.Cols(theta, 1, 1+posteriorSpline.Params()))
		v := nn.Cols(mapped, 0, 1)
		logq = nn.Sub(logq, nn.Cols(mapped, 1, 2))
		shifted = append(shifted, nn.Add(v, nn.Cols(theta, 0, 1)))
		input = nn.Concat(input, v)
	}
	return nn.Add(nn.Cols(h, 0, latent), nn.Mul(sigma, nn.Concat(shifted...))), logq
}

// reparameterise returns a sample z ~ q(z|x) made of encoder outputs h and noise, rows x latent, and log q(z|x), rows x 1.
func (m *Model) reparameterise(g *nn.Graph, h, noise *G.Node) (z, logq *G.Node) {
	if m.flow != nil {
		return m.flow.sample(g, h, noise)
	}
	return m.cfg.Posterior.sample(h, noise, m.cfg.Latent)
}

// momentSamples is the number of samples of q(z|x) of which a flow's moments are computed.
const momentSamples = 256

// moments returns mean and Cholesky factor of the covariance of a flow's q(z|x) for encoder outputs of n rows; see
// [Model.Encode].
func (m *Model) moments(h []float32, n int) (mean, factor *mat.Dense) {
	k, columns := m.cfg.Latent, len(h)/n
	rng := rand.New(rand.NewPCG(0, 0)) // the same samples for every row
	noise := make([]float32, momentSamples*k)
	for i := range noise {
		noise[i] = float32(rng.NormFloat64())
	}
	mean, factor = mat.NewDense(n, k, nil), mat.NewDense(n, k*k, nil)
	z := make([]float32, momentSamples*k)
	for i := range n {
		must(m.draw.Run(momentSamples, nn.Columns{"posterior": repeated(h[i*columns:(i+1)*columns], columns, momentSamples), "noise": noise}, z))
		row, l := mean.RawRowView(i), factor.RawRowView(i)
		for j, v := range z {
			row[j%k] += float64(v) / momentSamples
		}
		covariance := mat.NewSymDense(k, nil)
		for s := range momentSamples {
			for a := range k {
				for b := range a + 1 {
					covariance.SetSym(a, b, covariance.At(a, b)+(float64(z[s*k+a])-row[a])*(float64(z[s*k+b])-row[b])/momentSamples)
				}
			}
		}
		choleskyTo(l, covariance)
	}
	return mean, factor
}

// choleskyTo writes the lower triangular factor of a covariance, row by row.
func choleskyTo(l []float64, c *mat.SymDense) {
	k := c.SymmetricDim()
	for a := range k {
		for b := range a + 1 {
			v := c.At(a, b)
			for j := range b {
				v -= l[a*k+j] * l[b*k+j]
			}
			if a == b {
				l[a*k+a] = math.Sqrt(max(v, minScale*minScale))
			} else {
				l[a*k+b] = v / l[b*k+b]
			}
		}
	}
}
