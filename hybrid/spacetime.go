package hybrid

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/internal/kernel"
	"genlab/nn"
)

// spacetime is a transformer over the tokens of a video; a token is a patch of consecutive frames of one
// coordinate, so that attention is over space and time jointly. The noise level sets the gain and bias of each
// layer norm (adaptive layer norm) [peebles2023].
//
// At low noise the denoised video differs from the noisy one by jitter much smaller than the positions
// themselves, which a network learns slowly. A token therefore takes second differences in time as well, in
// units of the noise: those of noise alone have size 1, and larger ones, such as a bounce, are clipped.
type spacetime struct {
	cfg         VideoConfig
	params      nn.Params
	embedding   diffusion.NoiseEmbedding
	fourier     *nn.Fourier // of the positions of a token
	differences []float32   // matrix of second differences, from coordinate-major columns
	major       []int       // permutation of the columns to coordinate-major order
	minor       []int       // its inverse
	ones        []float32   // the gain of a layer norm before modulation
	zeros       []float32   // and its bias

	embed    nn.MLP
	position *nn.Param // embedding, of each token
	level    nn.Dense
	blocks   []spacetimeBlock
	last     modulation
	out      nn.Dense
}

// normEps keeps the layer norm of a constant row finite.
const normEps = 1e-5

// spacetimeBlock is a transformer block: h += attention(norm1 h), h += mlp(norm2 h).
type spacetimeBlock struct {
	norm1, norm2    modulation
	qkv, projection nn.Dense
	widen, narrow   nn.Dense
}

// modulation predicts the gain, minus one, and the bias of a layer norm from the noise level.
type modulation struct{ gain, bias nn.Dense }

func newSpacetime(c VideoConfig, rng *rand.Rand) *spacetime {
	w, layers := c.Diffusion.Hidden, c.Diffusion.Layers
	s := &spacetime{cfg: c, embedding: diffusion.NewNoiseEmbedding(c.Diffusion.TimeFeatures), differences: c.differences()}
	s.major, s.minor = c.coordinateMajor()
	s.ones, s.zeros = slices.Repeat([]float32{1}, w), make([]float32, w)
	s.fourier = nn.NewFourier(c.Patch, c.Diffusion.Features, c.Diffusion.FeatureScale, rng)
	dense := func(name string, in, out int, act kernel.Activation, init nn.Init) nn.Dense {
		return nn.NewDense(&s.params, name, in, out, act, init, rng)
	}
	modulated := func(name string) modulation {
		return modulation{dense(name+".gain", w, w, kernel.Identity, nn.Zero), dense(name+".bias", w, w, kernel.Identity, nn.Zero)}
	}
	// Layers that write to the residual stream are scaled down by the square root of their number.
	scaled := func(by float64) nn.Init {
		return func(in, _ int, rng *rand.Rand) float32 {
			return float32(by * rng.NormFloat64() / math.Sqrt(float64(in)))
		}
	}
	residual := scaled(1 / math.Sqrt(float64(2*layers)))
	s.embed = nn.NewMLP(&s.params, "embed", []int{c.Patch*(1+len(lags)) + 2*c.Diffusion.Features, w, w}, c.Diffusion.Activation, nn.He, rng)
	s.position = s.params.New("place", c.tokens(), w)
	for i := range s.position.Value {
		s.position.Value[i] = float32(0.5 * rng.NormFloat64())
	}
	s.level = dense("level", c.Diffusion.TimeFeatures, w, c.Diffusion.Activation, nn.He)
	for i := range layers {
		name := func(part string) string { return fmt.Sprintf("block%d.%s", i+1, part) }
		s.blocks = append(s.blocks, spacetimeBlock{
			norm1:      modulated(name("norm1")),
			qkv:        dense(name("attention"), w, 3*w, kernel.Identity, scaled(1)),
			projection: dense(name("projection"), w, w, kernel.Identity, residual),
			norm2:      modulated(name("norm2")),
			widen:      dense(name("widen"), w, 4*w, kernel.GELU, nn.He),
			narrow:     dense(name("narrow"), 4*w, w, kernel.Identity, residual),
		})
	}
	s.last = modulated("norm")
	s.out = dense("out", w, c.Patch, kernel.Identity, nn.Zero)
	return s
}

// coordinateMajor returns the permutation of a video's columns from frame-major to coordinate-major order, in
// which the frames of a token are consecutive, and its inverse.
func (c VideoConfig) coordinateMajor() (order, inverse []int) {
	order, inverse = make([]int, c.columns()), make([]int, c.columns())
	for k := range c.Coordinates {
		for f := range c.Frames {
			at, from := k*c.Frames+f, f*c.Coordinates+k
			order[at], inverse[from] = from, at
		}
	}
	return order, inverse
}

// lags of the second differences, in frames. Adjacent frames alone hardly show noise of low frequency.
var lags = []int{1, 2, 4}

// differences returns the matrix that maps a video in coordinate-major order to x(t-lag) - 2x(t) + x(t+lag) for
// each lag, token by token; it is 0 where a frame is missing.
func (c VideoConfig) differences() []float32 {
	d := c.columns()
	m := make([]float32, d*d*len(lags))
	for k := range c.Coordinates {
		for i, lag := range lags {
			for f := lag; f < c.Frames-lag; f++ {
				at := k*c.Frames + f
				to := (at/c.Patch*len(lags)+i)*c.Patch + f%c.Patch
				for j, weight := range []float32{1, -2, 1} {
					m[(at+(j-1)*lag)*d*len(lags)+to] = weight
				}
			}
		}
	}
	return m
}

// clipAt is the size, in standard deviations of its noise, near which a second difference is clipped.
const clipAt = 3

// accelerations builds the clipped second differences of videos in coordinate-major order (rows x columns) at
// noise levels u (rows x 1): tokens x len(lags)·Patch.
func (s *spacetime) accelerations(g *nn.Graph, videos, u *G.Node) *G.Node {
	// σ = 1/√(1 + exp(-2u)), since α² + σ² = 1; the noise of a second difference is √6·σ.
	perNoise := nn.Scale(1/(clipAt*math.Sqrt(6)), nn.Sqrt(nn.Shift(1, nn.Exp(nn.Scale(-2, u)))))
	d := s.cfg.columns()
	differences := nn.MatMul(videos, g.Table("differences", d, d*len(lags), s.differences), false, false)
	clipped := nn.Scale(clipAt, nn.Act(nn.MulCol(differences, perNoise), kernel.Tanh))
	return nn.Reshape(clipped, s.cfg.Patch*len(lags))
}

// Parameters implements diffusion.Network.
func (s *spacetime) Parameters() *nn.Params { return &s.params }

// Fixed implements diffusion.Network: the Fourier frequencies.
func (s *spacetime) Fixed() []checkpoint.Tensor { return s.fourier.Frequencies.State("features") }

// FLOPs implements diffusion.Network.
func (s *spacetime) FLOPs() int {
	w, tokens, d := s.cfg.Diffusion.Hidden, s.cfg.tokens(), s.cfg.columns()
	token := s.embed.FLOPs() + nn.MLP{s.out}.FLOPs() + 2*s.fourier.Frequencies.Count()
	video := nn.MLP{s.level, s.last.gain, s.last.bias}.FLOPs() + 2*d*d*len(lags)
	for _, b := range s.blocks {
		token += nn.MLP{b.qkv, b.projection, b.widen, b.narrow}.FLOPs() + 4*w*tokens // and attention's two products
		video += nn.MLP{b.norm1.gain, b.norm1.bias, b.norm2.gain, b.norm2.bias}.FLOPs()
	}
	return video + tokens*token
}

// Predict implements diffusion.Network; it has no context.
func (s *spacetime) Predict(g *nn.Graph, x, u, _ *G.Node) *G.Node {
	c, tokens := s.cfg, s.cfg.tokens()
	rows := g.Rows() * tokens
	// The indices of each token: of its video, whose noise level it has, and of its position in the video.
	ofVideo, ofPosition := make([]float32, rows), make([]float32, rows)
	for i := range rows {
		ofVideo[i], ofPosition[i] = float32(i/tokens), float32(i%tokens)
	}
	video, position := g.Table("video", rows, 1, ofVideo), g.Table("position", rows, 1, ofPosition)
	level := s.level.Apply(g, s.embedding.Apply(g, u))
	ones, zeros := g.Table("ones", 1, len(s.ones), s.ones), g.Table("zeros", 1, len(s.zeros), s.zeros)
	norm := func(m modulation, h *G.Node) *G.Node {
		gain, bias := nn.Shift(1, m.gain.Apply(g, level)), m.bias.Apply(g, level)
		return nn.Add(nn.Mul(nn.LayerNorm(h, ones, zeros, normEps), nn.Embedding(gain, video)), nn.Embedding(bias, video))
	}
	videos := nn.Permute(x, s.major)
	h := s.embed.Apply(g, s.fourier.Beside(g, nn.Reshape(videos, c.Patch), s.accelerations(g, videos, u)))
	h = nn.Add(h, nn.Embedding(g.Param(s.position), position))
	for _, b := range s.blocks {
		attended := nn.Attention(b.qkv.Apply(g, norm(b.norm1, h)), c.Heads, tokens)
		h = nn.Add(h, b.projection.Apply(g, attended))
		h = nn.Add(h, b.narrow.Apply(g, b.widen.Apply(g, norm(b.norm2, h))))
	}
	return nn.Permute(nn.Reshape(s.out.Apply(g, norm(s.last, h)), c.columns()), s.minor)
}
