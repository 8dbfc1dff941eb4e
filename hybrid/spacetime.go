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

// spacetime is a transformer over the tokens of films, each a stretch of one coordinate over some
// frames, its patch of space and time: attention goes over both at once. The noise level sets the
// gain and the bias of each normalisation [peebles2023].
//
// With little noise the answer lies in steps from frame to frame much smaller than the places
// themselves, which a network is slow to see. So a token sees, beside its places, how they change
// their velocity, in units of the noise: what is noise alone is of size 1, and what is not, such as a
// bounce, is cut off.
type spacetime struct {
	cfg     VideoConfig
	params  nn.Params
	levels  diffusion.LevelFeatures
	waves   *nn.Fourier // of a token's places
	changes []float32   // of velocity, a matrix: columns of a film, coordinate by coordinate -> those of its changes
	apart   []int       // the order of a film's columns coordinate by coordinate
	back    []int       // and the way back
	ones    []float32   // the gain of a plain normalisation
	zeros   []float32   // and its bias

	embed  nn.MLP
	place  *nn.Param // of each token
	level  nn.Dense
	blocks []spaceBlock
	last   modulation
	out    nn.Dense
}

// normEps keeps the normalisation of a constant row finite.
const normEps = 1e-5

// spaceBlock is one layer of the transformer: h += attention(norm h), h += mlp(norm h).
type spaceBlock struct {
	attend, think   modulation
	qkv, mixed      nn.Dense
	widen, narrowed nn.Dense
}

// modulation is a normalisation whose gain, less one, and bias are linear in the level's features.
type modulation struct{ gain, bias nn.Dense }

func newSpacetime(c VideoConfig, rng *rand.Rand) *spacetime {
	w, layers := c.Diffusion.Hidden, c.Diffusion.Layers
	s := &spacetime{cfg: c, levels: diffusion.NewLevelFeatures(c.Diffusion.TimeFeatures)}
	s.apart, s.back = c.apart()
	s.changes = c.changes()
	s.ones, s.zeros = slices.Repeat([]float32{1}, w), make([]float32, w)
	s.waves = nn.NewFourier(c.Patch, c.Diffusion.Features, c.Diffusion.FeatureScale, rng)
	dense := func(name string, in, out int, act kernel.Activation, init nn.Init) nn.Dense {
		return nn.NewDense(&s.params, name, in, out, act, init, rng)
	}
	modulated := func(name string) modulation {
		return modulation{dense(name+".gain", w, w, kernel.Identity, nn.Zero), dense(name+".bias", w, w, kernel.Identity, nn.Zero)}
	}
	// Layers that add to the stream are smaller by the root of their number.
	scaled := func(by float64) nn.Init {
		return func(in, _ int, rng *rand.Rand) float32 {
			return float32(by * rng.NormFloat64() / math.Sqrt(float64(in)))
		}
	}
	adds := scaled(1 / math.Sqrt(float64(2*layers)))
	s.embed = nn.NewMLP(&s.params, "embed", []int{c.Patch*(1+len(lags)) + 2*c.Diffusion.Features, w, w}, c.Diffusion.Activation, nn.He, rng)
	s.place = s.params.New("place", c.tokens(), w)
	for i := range s.place.Value {
		s.place.Value[i] = float32(0.5 * rng.NormFloat64())
	}
	s.level = dense("level", c.Diffusion.TimeFeatures, w, c.Diffusion.Activation, nn.He)
	for i := range layers {
		name := func(part string) string { return fmt.Sprintf("block%d.%s", i+1, part) }
		s.blocks = append(s.blocks, spaceBlock{
			attend: modulated(name("norm1")),
			qkv:    dense(name("attention"), w, 3*w, kernel.Identity, scaled(1)),
			mixed:  dense(name("projection"), w, w, kernel.Identity, adds),
			think:  modulated(name("norm2")),
			widen:  dense(name("widen"), w, 4*w, kernel.GELU, nn.He), narrowed: dense(name("narrow"), 4*w, w, kernel.Identity, adds),
		})
	}
	s.last = modulated("norm")
	s.out = dense("out", w, c.Patch, kernel.Identity, nn.Zero)
	return s
}

// apart is the order of a film's columns coordinate by coordinate, so that a stretch of one is a
// stretch of columns, and the way back.
func (c VideoConfig) apart() (order, back []int) {
	order, back = make([]int, c.columns()), make([]int, c.columns())
	for k := range c.Coordinates {
		for f := range c.Frames {
			at, from := k*c.Frames+f, f*c.Coordinates+k
			order[at], back[from] = from, at
		}
	}
	return order, back
}

// lags are the frames before and after one that its velocities are taken from. From neighbours alone
// noise that varies slowly hardly shows.
var lags = []int{1, 2, 4}

// changes is the matrix that takes a film, coordinate by coordinate, to x(t-lag) - 2x(t) + x(t+lag)
// for each lag, token by token; where the film does not reach, to 0.
func (c VideoConfig) changes() []float32 {
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

// cutOff is the size of a change, in standard deviations of the noise in it, near which it is cut off.
const cutOff = 3

// motion is the changes of velocity of films, coordinate by coordinate (films x columns) at noise
// levels u (films x 1): tokens x len(lags)·Patch.
func (s *spacetime) motion(g *nn.Graph, apart, u *G.Node) *G.Node {
	// One over the noise: x is of variance 1, so sigma = 1/√(1 + exp(-2u)); a change sums to √6 of it.
	perNoise := nn.Scale(1/(cutOff*math.Sqrt(6)), nn.Sqrt(nn.Shift(1, nn.Exp(nn.Scale(-2, u)))))
	d := s.cfg.columns()
	changes := nn.MatMul(apart, g.Table("changes", d, d*len(lags), s.changes), false, false)
	cut := nn.Scale(cutOff, nn.Act(nn.MulCol(changes, perNoise), kernel.Tanh))
	return nn.Reshape(cut, s.cfg.Patch*len(lags))
}

// Parameters implements diffusion.Network.
func (s *spacetime) Parameters() *nn.Params { return &s.params }

// Fixed implements diffusion.Network: the frequencies of the places' features.
func (s *spacetime) Fixed() []checkpoint.Tensor { return s.waves.Frequencies.State("features") }

// FLOPs implements diffusion.Network.
func (s *spacetime) FLOPs() int {
	w, tokens, d := s.cfg.Diffusion.Hidden, s.cfg.tokens(), s.cfg.columns()
	token := s.embed.FLOPs() + nn.MLP{s.out}.FLOPs() + 2*s.waves.Frequencies.Count()
	film := nn.MLP{s.level, s.last.gain, s.last.bias}.FLOPs() + 2*d*d*len(lags)
	for _, b := range s.blocks {
		token += nn.MLP{b.qkv, b.mixed, b.widen, b.narrowed}.FLOPs() + 4*w*tokens // and attention's two products
		film += nn.MLP{b.attend.gain, b.attend.bias, b.think.gain, b.think.bias}.FLOPs()
	}
	return film + tokens*token
}

// Predict implements diffusion.Network; it has no context.
func (s *spacetime) Predict(g *nn.Graph, x, u, _ *G.Node) *G.Node {
	c, tokens := s.cfg, s.cfg.tokens()
	rows := g.Rows() * tokens
	// Of each token its film, whose level it has, and its place in the film.
	ofFilm, ofPlace := make([]float32, rows), make([]float32, rows)
	for i := range rows {
		ofFilm[i], ofPlace[i] = float32(i/tokens), float32(i%tokens)
	}
	film, place := g.Table("film", rows, 1, ofFilm), g.Table("place", rows, 1, ofPlace)
	level := s.level.Apply(g, s.levels.Apply(g, u))
	ones, zeros := g.Table("ones", 1, len(s.ones), s.ones), g.Table("zeros", 1, len(s.zeros), s.zeros)
	norm := func(m modulation, h *G.Node) *G.Node {
		gain, bias := nn.Shift(1, m.gain.Apply(g, level)), m.bias.Apply(g, level)
		return nn.Add(nn.Mul(nn.LayerNorm(h, ones, zeros, normEps), nn.Embedding(gain, film)), nn.Embedding(bias, film))
	}
	apart := nn.Permute(x, s.apart)
	h := s.embed.Apply(g, s.waves.Beside(g, nn.Reshape(apart, c.Patch), s.motion(g, apart, u)))
	h = nn.Add(h, nn.Embedding(g.Param(s.place), place))
	for _, b := range s.blocks {
		mixed := nn.Attention(b.qkv.Apply(g, norm(b.attend, h)), c.Heads, tokens)
		h = nn.Add(h, b.mixed.Apply(g, mixed))
		h = nn.Add(h, b.narrowed.Apply(g, b.widen.Apply(g, norm(b.think, h))))
	}
	return nn.Permute(nn.Reshape(s.out.Apply(g, norm(s.last, h)), c.columns()), s.back)
}
