package matching

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/internal/suggest"
	"genlab/nn"
)

// objective is the objective of a flow map. Its loss is a function of inputs "x", "level t" and "level r" and of others,
// which fill writes from the points, velocities and times of a trainer.
type objective interface {
	// times samples the ends r ≤ t of the intervals of a batch.
	times(r, t []float64, rng *rand.Rand)
	// loss returns the graph of what is minimised and of the mean squared error.
	loss(m *FlowMap) func(g *nn.Graph) G.Nodes
	fill(t *FlowMapTrainer)
}

// ObjectiveName selects the objective of a [FlowMap].
type ObjectiveName string

// objectives lists the objectives by name. A new one is a line here.
var objectives = suggest.Table[ObjectiveName, func(FlowMapConfig) objective]{
	{Name: "meanflow", Value: func(c FlowMapConfig) objective { return meanFlow{c} }},
	{Name: "shortcut", Value: func(c FlowMapConfig) objective { return shortcut{c} }},
}

// Choices lists the valid names.
func (ObjectiveName) Choices() []string { return objectives.Choices() }

// UnmarshalText sets n to one of the Choices, or returns an error that lists them.
func (n *ObjectiveName) UnmarshalText(text []byte) error { return suggest.Set("objective", n, text) }

// meanFlow is the objective of [geng2025] (eq. 10). Differentiating (t - r)·u = ∫ v along a trajectory by t gives the
// MeanFlow identity,
//
//	u(x, r, t) = v(x, t) - (t - r)·(v·∂u/∂x + ∂u/∂t),
//
// whose right side, a Jacobian-vector product of the network along (v, 0, 1), is the target, without a gradient. A point's
// squared error is weighted by 1/(its value + c)^p, without a gradient.
type meanFlow struct{ cfg FlowMapConfig }

// weightFloor is c.
const weightFloor = 1e-3

// times samples t and r as the larger and the smaller of two times, equal for a share of the points.
func (o meanFlow) times(r, t []float64, rng *rand.Rand) {
	n := float64(len(t))
	for i := range t {
		t[i] = o.cfg.quantile((float64(i) + rng.Float64()) / n)
		if r[i] = t[i]; rng.Float64() >= o.cfg.Instants {
			other := o.cfg.quantile(rng.Float64())
			t[i], r[i] = max(t[i], other), min(t[i], other)
		}
	}
}

func (o meanFlow) loss(m *FlowMap) func(g *nn.Graph) G.Nodes {
	return func(g *nn.Graph) G.Nodes {
		d := m.Dim()
		x, t, r, v := g.Input("x", d), g.Input("level t", 1), g.Input("level r", 1), g.Input("velocity", d)
		u := m.predictTwice(g, x, t, r)
		jvp, err := g.JVP(u, G.Nodes{x, t}, G.Nodes{v, g.Input("rate", 1)})
		if err != nil {
			panic(err) // the network's operations allow it
		}
		target := nn.Detach(nn.Sub(v, nn.MulCol(jvp, g.Input("length", 1))))
		square := nn.RowSum(nn.Square(nn.Sub(u, target)))
		weight := nn.Exp(nn.Scale(-o.cfg.Power, nn.Log(nn.Shift(weightFloor, nn.Detach(square)))))
		return G.Nodes{nn.Mean(nn.Mul(weight, square)), nn.Scale(1/float64(d), nn.Mean(square))}
	}
}

func (o meanFlow) fill(t *FlowMapTrainer) {
	t.fillPoints()
	rates, lengths := t.step.Input("rate"), t.step.Input("length")
	velocity := t.step.Input("velocity")
	d := t.Model().Dim()
	for i := range t.t {
		_, rate := level(t.t[i])
		rates[i], lengths[i] = float32(rate), float32(t.t[i]-t.r[i])
		for j, v := range t.velocity.RawRowView(i) {
			velocity[i*d+j] = float32(v)
		}
	}
}

// fillPoints writes the inputs of the network.
func (t *FlowMapTrainer) fillPoints() {
	d := t.Model().Dim()
	xs, ts, rs := t.step.Input("x"), t.step.Input("level t"), t.step.Input("level r")
	for i := range t.t {
		u, _ := level(t.t[i])
		ts[i] = float32(u)
		u, _ = level(t.r[i])
		rs[i] = float32(u)
		for j, v := range t.x.RawRowView(i) {
			xs[i*d+j] = float32(v)
		}
	}
}

// shortcut is the objective of [frans2025] (eq. 5): at an interval of length 0 the velocity, and over an interval of
// length 2h the mean of two steps of length h with the EMA weights,
//
//	u(x, t - 2h, t) = (u(x, t - h, t) + u(x', t - 2h, t - h))/2,   x' = x - h·u(x, t - h, t),
//
// h a power of 1/2 and t a multiple of 2h. The steps of the shortest h count as steps of length 0.
type shortcut struct{ cfg FlowMapConfig }

func (o shortcut) times(r, t []float64, rng *rand.Rand) {
	n := float64(len(t))
	for i := range t {
		if rng.Float64() < o.cfg.Instants {
			t[i] = o.cfg.quantile((float64(i) + rng.Float64()) / n)
			r[i] = t[i]
			continue
		}
		parts := 1 << rng.IntN(o.cfg.Halvings) // intervals of length 1/parts
		k := 1 + rng.IntN(parts)
		t[i], r[i] = float64(k)/float64(parts), float64(k-1)/float64(parts)
	}
}

func (o shortcut) loss(m *FlowMap) func(g *nn.Graph) G.Nodes {
	return func(g *nn.Graph) G.Nodes {
		d := m.Dim()
		u := m.predict(g, g.Input("x", d), g.Input("level t", 1), g.Input("level r", 1))
		mse := nn.MSE(u, g.Input("target", d))
		return G.Nodes{mse, mse}
	}
}

func (o shortcut) fill(t *FlowMapTrainer) {
	t.fillPoints()
	var rows []int
	for i := range t.t {
		if t.r[i] < t.t[i] {
			rows = append(rows, i)
		}
	}
	d := t.Model().Dim()
	targets := mat.DenseCopyOf(t.velocity)
	if len(rows) > 0 {
		o.halve(t, rows, targets)
	}
	target := t.step.Input("target")
	for i := range t.t {
		for j, v := range targets.RawRowView(i) {
			target[i*d+j] = float32(v)
		}
	}
}

// halve writes the mean of two steps of half the interval to the rows of targets.
func (o shortcut) halve(t *FlowMapTrainer, rows []int, targets *mat.Dense) {
	n, d := len(rows), t.Model().Dim()
	shortest := 1 / float64(int(1)<<o.cfg.Halvings)
	x, first, second := mat.NewDense(n, d, nil), mat.NewDense(n, d, nil), mat.NewDense(n, d, nil)
	from, middle, to := make([]float64, n), make([]float64, n), make([]float64, n)
	ends := [2][]float64{make([]float64, n), make([]float64, n)} // of the two steps, for the network
	for k, i := range rows {
		x.SetRow(k, t.x.RawRowView(i))
		from[k], to[k] = t.t[i], t.r[i]
		middle[k] = (from[k] + to[k]) / 2
		ends[0][k], ends[1][k] = middle[k], to[k]
		if from[k]-middle[k] <= shortest {
			ends[0][k], ends[1][k] = from[k], middle[k]
		}
	}
	average := t.Average()
	average.Average(first, x, ends[0], from)
	for k := range rows {
		row := x.RawRowView(k)
		for j, v := range first.RawRowView(k) {
			row[j] -= (from[k] - middle[k]) * v
		}
	}
	average.Average(second, x, ends[1], middle)
	for k, i := range rows {
		row := targets.RawRowView(i)
		for j, v := range first.RawRowView(k) {
			row[j] = (v + second.At(k, j)) / 2
		}
	}
}
