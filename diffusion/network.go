package diffusion

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
	"genlab/internal/nn"
)

// The network sees a point, Fourier features of it, features of the noise level u =
// log(σ/α), whatever time a schedule gives that level, and of a conditional model the label, 1
// in its place among zeros; no label is zeros alone. The first layer's weights have their rows in
// this order.

// inputs is the number of the network's inputs without the label.
func (c Config) inputs(d int) int { return d + 2*c.Features + c.TimeFeatures }

// frequencies fall by a constant ratio from 3 to 0.1 radians a unit of u, in the manner of
// [vaswani2017]; u has a range of about 11.
func frequencies(n int) []float32 {
	f := make([]float32, n)
	for i := range f {
		f[i] = float32(3 * math.Pow(1.0/30, float64(i)/float64(n)))
	}
	return f
}

// levelFeatures appends sin, then cos, of each frequency times u.
func levelFeatures(dst []float32, freqs []float32, u float64) []float32 {
	for _, wave := range []func(float64) float64{math.Sin, math.Cos} {
		for _, f := range freqs {
			dst = append(dst, float32(wave(float64(f)*u)))
		}
	}
	return dst
}

// contexts is each row's own context: the features of its level, and its label.
func (m *Model) contexts(g *nn.Graph) *G.Node {
	u := g.Input("noise level", 1)
	level := nn.SinCos(nn.MatMul(u, g.Table("frequencies", 1, len(m.freqs), m.freqs), false, false))
	if m.classes == 0 {
		return level
	}
	return nn.Concat(level, g.Input("label", m.classes))
}

// predict is the network: its Prediction for each row of noisy points in their contexts.
func (m *Model) predict(g *nn.Graph) *G.Node {
	return m.net.Apply(g, m.waves.Beside(g, g.Input("x", m.dim()), m.contexts(g)))
}

// split returns the first layer's weights for the point with its features, and for the context.
func (m *Model) split(g *nn.Graph) (point, context *G.Node) {
	w := m.net[0].W
	at := w.Rows - m.cfg.TimeFeatures - m.classes
	return g.ParamRows(w, 0, at), g.ParamRows(w, at, w.Rows)
}

// predictInOneContext is predict where all rows are at one time and have one label: what the
// first layer makes of those is computed once.
func (m *Model) predictInOneContext(g *nn.Graph) G.Nodes {
	first := m.net[0]
	point, context := m.split(g)
	bias := nn.Linear(g.Table("context", 1, len(m.context), m.context), context, g.Param(first.B), kernel.Identity)
	h := nn.Linear(m.waves.Beside(g, g.Input("x", m.dim())), point, bias, first.Act)
	return G.Nodes{m.net[1:].Apply(g, h)}
}

// predictWithTrace is predict, and the trace of its derivative by the point: one backward pass for
// each coordinate.
func (m *Model) predictWithTrace(g *nn.Graph) G.Nodes {
	first := m.net[0]
	d := m.dim()
	x := g.Input("x", d)
	point, context := m.split(g)
	bias := nn.Linear(m.contexts(g), context, g.Param(first.B), kernel.Identity)
	h := nn.Act(nn.Add(bias, nn.MatMul(m.waves.Beside(g, x), point, false, false)), first.Act)
	out := m.net[1:].Apply(g, h)
	var trace *G.Node
	for j := range d {
		unit := make([]float32, g.Rows()*d)
		for i := range g.Rows() {
			unit[i*d+j] = 1
		}
		grads, err := g.Grad(out, g.Table(fmt.Sprintf("coordinate %d", j), g.Rows(), d, unit), x)
		if err != nil {
			panic(err) // the formula is fixed: it has a gradient or it has not
		}
		if own := nn.Cols(grads[0], j, j+1); trace == nil {
			trace = own
		} else {
			trace = nn.Add(trace, own)
		}
	}
	return G.Nodes{out, trace}
}
