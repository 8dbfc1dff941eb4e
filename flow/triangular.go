package flow

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
	"genlab/internal/suggest"
	"genlab/nn"
)

// Structure says which coordinates a layer's maps depend on.
type Structure string

// The structures there are. Both have triangular Jacobians, whose determinant is the product
// of the slopes.
const (
	// Autoregressive maps each coordinate by what the ones before it are, the first by a map
	// of its own: every coordinate moves in every layer.
	Autoregressive Structure = "autoregressive"
	// Coupling maps one half of the coordinates by what the other half is, and leaves that
	// as it is [dinh2017].
	Coupling Structure = "coupling"
)

// Choices lists the names in the order shown to users.
func (Structure) Choices() []string { return []string{string(Autoregressive), string(Coupling)} }

// UnmarshalText accepts the Choices.
func (s *Structure) UnmarshalText(text []byte) error { return suggest.Set("structure", s, text) }

// span is the columns lo to hi, without hi.
type span struct{ lo, hi int }

func (s span) width() int { return s.hi - s.lo }

// stages returns what is mapped given what, in an order in which the inverse can be computed.
// Every second layer is reversed, so that no coordinate is always the first.
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

// Triangular maps coordinates one group after another, each element by a map of the line whose
// parameters a network makes of earlier coordinates and of the label.
type Triangular struct {
	d      int
	line   line
	stages []*stage
}

// stage maps the columns to, given the columns from.
type stage struct {
	from, to span
	classes  int
	net      nn.MLP
	alone    *nn.Param // instead of the network where nothing is given
	forward  *nn.Forward

	in, theta []float32
}

func newTriangular(ps *nn.Params, name string, c Config, d, classes int, reversed bool, rng *rand.Rand) *Triangular {
	t := &Triangular{d: d, line: c.Transform.line(c)}
	for i, s := range c.Structure.stages(d, reversed) {
		st := &stage{from: s[0], to: s[1], classes: classes}
		out := st.to.width() * t.line.Params()
		name := fmt.Sprintf("%s.stage%d", name, i+1)
		if in := st.from.width() + classes; in == 0 {
			st.alone = ps.New(name+".theta", 1, out)
		} else {
			widths := []int{in}
			for range c.Depth {
				widths = append(widths, c.Hidden)
			}
			st.net = nn.NewMLP(ps, name+".layer", append(widths, out), c.Activation, nn.Zero, rng)
			spread(st.net[0], st.from.width(), rng)
		}
		t.stages = append(t.stages, st)
	}
	return t
}

// spread draws the first layer of a network of few inputs so that the bends of its units lie
// all over the data, not all at zero: unit j computes SiLU(w·(x - u)) with u drawn from the
// range of standardised data. The first inputs are coordinates, the others are labels.
func spread(first nn.Dense, coordinates int, rng *rand.Rand) {
	const steep, reach = 2, 2.5
	units := first.W.Cols
	for j := range units {
		for i := range coordinates {
			w := steep * rng.NormFloat64()
			u := reach * (2*rng.Float64() - 1)
			first.W.Value[i*units+j] = float32(w)
			first.B.Value[j] -= float32(w * u)
		}
	}
}

// horizon bounds what a network is given of a coordinate, v or the nearer of ±horizon: far from
// the data, where nothing is learned, its answers do not run away.
const horizon = 4

// parameters is θ of a stage's elements: rows x (its columns)·Params().
func (s *stage) parameters(g *nn.Graph, x, label *G.Node) *G.Node {
	switch {
	case s.alone != nil:
		return nn.Rows(g.Param(s.alone), g.Rows())
	case s.from.width() == 0:
		return s.net.Apply(g, label)
	}
	in := nn.Cols(x, s.from.lo, s.from.hi)
	above, below := nn.Shift(-horizon, in), nn.Shift(-horizon, nn.Scale(-1, in))
	in = nn.Add(nn.Sub(in, nn.Act(above, kernel.ReLU)), nn.Act(below, kernel.ReLU))
	if label != nil {
		in = nn.Concat(in, label)
	}
	return s.net.Apply(g, in)
}

func (t *Triangular) node(g *nn.Graph, x, label *G.Node) (z, logDet *G.Node) {
	columns := make(G.Nodes, t.d) // those before the first stage's stay
	for j := range columns {
		columns[j] = nn.Cols(x, j, j+1)
	}
	for _, s := range t.stages {
		w := s.to.width()
		y := t.line.Apply(nn.Cols(x, s.to.lo, s.to.hi), s.parameters(g, x, label))
		for j := range w {
			columns[s.to.lo+j] = nn.Cols(y, j, j+1)
		}
		if l := nn.Cols(y, w, w+1); logDet == nil {
			logDet = l
		} else {
			logDet = nn.Add(logDet, l)
		}
	}
	return nn.Concat(columns...), logDet
}

// Forward implements Bijector.
func (t *Triangular) Forward(x *mat.Dense, labels []int, logDet []float64) {
	before := mat.DenseCopyOf(x) // every stage is given coordinates that are not mapped yet
	for _, s := range t.stages {
		s.each(before, x, labels, logDet, t.line.Params(), t.line.Forward)
	}
}

// Inverse implements Bijector.
func (t *Triangular) Inverse(z *mat.Dense, labels []int, logDet []float64) {
	for _, s := range t.stages {
		s.each(z, z, labels, logDet, t.line.Params(), t.line.Inverse)
	}
}

// each maps a stage's columns of x, in place, given its columns of given.
func (s *stage) each(given, x *mat.Dense, labels []int, logDet []float64, params int, f func(theta []float32, v float64) (w, logSlope float64)) {
	n, w := x.RawMatrix().Rows, s.to.width()
	theta, stride := s.evaluate(given, labels), w*params
	if s.alone != nil {
		stride = 0
	}
	rows(n, func(i int) {
		row := x.RawRowView(i)[s.to.lo:s.to.hi]
		for j, v := range row {
			var l float64
			row[j], l = f(theta[i*stride+j*params:i*stride+(j+1)*params], v)
			logDet[i] += l
		}
	})
}

// evaluate returns θ for each row, and for all rows where the stage depends on nothing.
func (s *stage) evaluate(x *mat.Dense, labels []int) []float32 {
	if s.alone != nil {
		return s.alone.Value
	}
	n, k := x.RawMatrix().Rows, s.from.width()
	in, out := k+s.classes, s.net[len(s.net)-1].W.Cols
	if cap(s.in) < n*in {
		s.in, s.theta = make([]float32, n*in), make([]float32, n*out)
	}
	if s.forward == nil {
		var err error
		s.forward, err = nn.NewForward(func(g *nn.Graph) G.Nodes { return G.Nodes{s.net.Apply(g, g.Input("given", in))} })
		if err != nil {
			panic(err) // the layers fit each other by construction
		}
	}
	values, theta := s.in[:n*in], s.theta[:n*out]
	clear(values)
	for i := range n {
		for j, v := range x.RawRowView(i)[s.from.lo:s.from.hi] {
			values[i*in+j] = float32(min(max(v, -horizon), horizon))
		}
		if s.classes > 0 {
			values[i*in+k+labels[i]] = 1
		}
	}
	if err := s.forward.Run(n, nn.Columns{"given": values}, theta); err != nil {
		panic(err) // shapes are fixed: an operation cannot fail
	}
	return theta
}
