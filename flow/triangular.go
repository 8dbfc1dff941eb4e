package flow

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	G "gorgonia.org/gorgonia"

	"genlab/internal/suggest"
	"genlab/nn"
)

// Structure determines which coordinates the transform of a coordinate depends on.
type Structure string

// The structures. Both have triangular Jacobians, whose determinant is the product of the slopes.
const (
	// Autoregressive conditions the transform of each coordinate on all earlier ones: every
	// coordinate is transformed in every layer [papamakarios2017].
	Autoregressive Structure = "autoregressive"
	// Coupling transforms one half of the coordinates conditioned on the other half, which is
	// left unchanged [dinh2017].
	Coupling Structure = "coupling"
)

// Choices lists the names in the order shown to users.
func (Structure) Choices() []string { return []string{string(Autoregressive), string(Coupling)} }

// UnmarshalText accepts the Choices; its error for any other text lists them.
func (s *Structure) UnmarshalText(text []byte) error { return suggest.Set("structure", s, text) }

// span is the columns [lo, hi).
type span struct{ lo, hi int }

func (s span) width() int { return s.hi - s.lo }

// stages returns, for each stage of a layer, the columns it is conditioned on and those it transforms,
// in an order in which the inverse can be computed. In reversed layers the coordinates count from the
// last, so that no coordinate is always the first.
func (s Structure) stages(d int, reversed bool) [][2]span {
	var list [][2]span
	if s == Coupling {
		h := (d + 1) / 2
		list = append(list, [2]span{{0, h}, {h, d}})
	} else {
		for i := range d {
			list = append(list, [2]span{{0, i}, {i, i + 1}})
		}
	}
	if reversed {
		for i, st := range list {
			for j, sp := range st {
				list[i][j] = span{d - sp.hi, d - sp.lo}
			}
		}
	}
	return list
}

// Triangular is a layer: a bijector with a triangular Jacobian. It transforms coordinates stage by
// stage, each by a scalar function whose parameters a network, the conditioner, computes from earlier
// coordinates and the label.
type Triangular struct {
	d         int
	transform scalarMap
	stages    []*stage
	buffers   sync.Pool // of *buffer: blocks of points are evaluated concurrently
}

// stage transforms the columns out, conditioned on the columns in.
type stage struct {
	in, out  span
	classes  int
	net      nn.MLP
	constant *nn.Param // 1 x θ, instead of the network where there is nothing to condition on
}

func newTriangular(ps *nn.Params, name string, c Config, d, classes int, reversed bool, rng *rand.Rand) *Triangular {
	t := &Triangular{d: d, transform: c.Transform.scalarMap(c), buffers: sync.Pool{New: func() any { return new(buffer) }}}
	for i, s := range c.Structure.stages(d, reversed) {
		st := &stage{in: s[0], out: s[1], classes: classes}
		out := st.out.width() * t.transform.Params()
		name := fmt.Sprintf("%s.stage%d", name, i+1)
		if in := st.in.width() + classes; in == 0 {
			st.constant = ps.New(name+".theta", 1, out)
		} else {
			widths := slices.Concat([]int{in}, slices.Repeat([]int{c.Hidden}, c.Depth), []int{out})
			st.net = nn.NewMLP(ps, name+".layer", widths, c.Activation, nn.Zero, rng)
			initInputLayer(st.net[0], st.in.width(), rng)
		}
		t.stages = append(t.stages, st)
	}
	return t
}

// initInputLayer initialises the first layer of a network with few inputs so that its units bend all
// over the data and not only at zero: unit j computes SiLU(w·(x - u)) with w ~ N(0, 2²) and u uniform
// over the range of standardised data. The first inputs are coordinates, the others labels.
func initInputLayer(first nn.Dense, coordinates int, rng *rand.Rand) {
	const weightSD, dataRange = 2, 2.5
	units := first.W.Cols
	for j := range units {
		for i := range coordinates {
			w := weightSD * rng.NormFloat64()
			u := dataRange * (2*rng.Float64() - 1)
			first.W.Value[i*units+j] = float32(w)
			first.B.Value[j] -= float32(w * u)
		}
	}
}

// inputClip bounds the coordinates that conditioners take as input, in standard deviations: far from
// the data, where nothing is learned, their outputs stay constant.
const inputClip = 4

// parameters is θ of a stage's columns: (their number)·Params() x points, or 1 x that for all points.
func (s *stage) parameters(g *nn.Graph, state, label *G.Node) *G.Node {
	switch {
	case s.constant != nil:
		return g.Param(s.constant)
	case s.in.width() == 0:
		return s.net.ApplyCols(g, label)
	}
	in := nn.ClipRows(state, s.in.lo, s.in.hi, inputClip)
	if label != nil {
		in = nn.ConcatRows(in, label)
	}
	return s.net.ApplyCols(g, in)
}

func (t *Triangular) node(g *nn.Graph, state, label *G.Node) *G.Node {
	var parts []nn.ThetaRows
	for _, s := range t.stages {
		parts = append(parts, nn.ThetaRows{Lo: s.out.lo, Hi: s.out.hi, Theta: s.parameters(g, state, label)})
	}
	return t.transform.ApplyCols(state, parts...)
}
