package diffusion

import (
	"cmp"
	"fmt"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/nn"
)

// Network is what a model predicts with, as a formula. It sees the noise level u = log(σ/α),
// whatever time a schedule gives that level.
type Network interface {
	// Predict is the Prediction for each row of standardised noisy points x (rows x d) at the
	// levels u (rows x 1), in contexts (rows x width), nil where the model has none: rows x d.
	Predict(g *nn.Graph, x, u, context *G.Node) *G.Node
	// Parameters are what training moves. No graph has been built over them yet.
	Parameters() *nn.Params
	// FLOPs is what a pass takes for one point: the multiplications and additions of matrices.
	FLOPs() int
	// Fixed is what training does not move, but a checkpoint holds.
	Fixed() []checkpoint.Tensor
}

// NewNetwork makes a network for points of d coordinates and contexts of a width, 0 for none.
type NewNetwork func(cfg Config, d, width int, rng *rand.Rand) (Network, error)

// Parts are what a model may have in the place of its own.
type Parts struct {
	Context Context    // of a conditional model, nil of another
	Network NewNetwork // nil: a perceptron over random features of the point
	// Schedule is a noise schedule that passes CheckSchedule; nil: the one that Config.Schedule names.
	Schedule Schedule
	// ShardRows is the number of points that a core learns from at a time, nn.ShardRows where it is
	// 0: fewer for a network to which a point is much work.
	ShardRows int
}

// schedule returns the model's noise schedule.
func (p Parts) schedule(cfg Config) Schedule {
	if p.Schedule != nil {
		return p.Schedule
	}
	return cfg.Schedule.schedule()
}

// network makes the model's network.
func (p Parts) network(cfg Config, d int, rng *rand.Rand) (Network, error) {
	if p.Network != nil {
		return p.Network(cfg, d, p.Width(), rng)
	}
	return newPerceptron(cfg, d, p.Width(), rng), nil
}

// Width is the number of values that the network sees of a context, 0 without.
func (p Parts) Width() int {
	if p.Context == nil {
		return 0
	}
	return p.Context.Width()
}

func (p Parts) shardRows() int { return cmp.Or(p.ShardRows, nn.ShardRows) }

// evaluator runs a network on rows that are all at one level and in one context.
type evaluator interface {
	// run writes the predictions for n rows x (n x d) to out; no context is nil.
	run(n int, x []float32, u float64, context, out []float32) error
}

// inOneContext is a network that has an evaluator of its own.
type inOneContext interface{ evaluator() (evaluator, error) }

// evaluatorOf returns the network's own evaluator, or one that says level and context row by row.
func evaluatorOf(net Network, d, width int) (evaluator, error) {
	if n, ok := net.(inOneContext); ok {
		return n.evaluator()
	}
	return newRowByRow(net, d, width)
}

// predict is a network's Prediction for each row of the graph's inputs.
func predict(g *nn.Graph, net Network, d, width int) *G.Node {
	var context *G.Node
	if width > 0 {
		context = g.Input("context", width)
	}
	return net.Predict(g, g.Input("x", d), g.Input("noise level", 1), context)
}

// rowByRow is an evaluator of any network. It also takes a context for each row.
type rowByRow struct {
	forward *nn.Forward
	width   int
	columns nn.Columns
}

func newRowByRow(net Network, d, width int) (*rowByRow, error) {
	f, err := nn.NewForward(func(g *nn.Graph) G.Nodes { return G.Nodes{predict(g, net, d, width)} })
	return &rowByRow{forward: f, width: width, columns: nn.Columns{}}, err
}

func (r *rowByRow) run(n int, x []float32, u float64, context, out []float32) error {
	r.columns["x"] = x
	fill(r.columns, n, float32(u), context, r.width)
	return r.forward.Run(n, r.columns, out)
}

// fill says one level in all of n rows, and one context, or each row's own.
func fill(columns nn.Columns, n int, u float32, context []float32, width int) {
	levels := columns["noise level"]
	if len(levels) != n {
		levels = make([]float32, n)
		columns["noise level"] = levels
	}
	for i := range levels {
		levels[i] = u
	}
	if width == 0 {
		return
	}
	all := columns["context"]
	if len(all) != n*width {
		all = make([]float32, n*width)
		columns["context"] = all
	}
	clear(all)
	for at := 0; len(context) > 0 && at < len(all); at += len(context) {
		copy(all[at:], context)
	}
}

// predictWithTrace is predict, and the trace of its derivative by the point: one backward pass for
// each coordinate.
func predictWithTrace(g *nn.Graph, net Network, d, width int) G.Nodes {
	x, out := g.Input("x", d), predict(g, net, d, width)
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
