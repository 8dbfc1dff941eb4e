package diffusion

import (
	"cmp"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/nn"
)

// Network is the network of a model. It is conditioned on the noise level u = log(σ/α), not on the time,
// and so independent of the schedule.
type Network interface {
	// Predict builds the prediction of Config.Prediction (rows x d) for standardised noisy points x
	// (rows x d) at noise levels u (rows x 1) in encoded contexts (rows x width; nil if there are none).
	Predict(g *nn.Graph, x, u, context *G.Node) *G.Node
	// Parameters returns the trained parameters.
	Parameters() *nn.Params
	// FLOPs returns the floating-point operations of the matrix products in a forward pass for one point.
	FLOPs() int
	// Fixed returns the tensors that are not trained but belong in a checkpoint.
	Fixed() []checkpoint.Tensor
}

// NewNetwork constructs a network for points of d coordinates and contexts of a width, 0 for none.
type NewNetwork func(cfg Config, d, width int, rng *rand.Rand) (Network, error)

// Components replaces parts of a model that a [Config] cannot name. The zero value replaces none.
type Components struct {
	Context           Context           // of a conditional model; nil otherwise
	Network           NewNetwork        // nil: a perceptron over random Fourier features
	Schedule          Schedule          // nil: that of Config.Schedule
	NoiseDistribution NoiseDistribution // nil: that of Config.NoiseDistribution
	// ShardRows is the number of training points that a core processes at a time; 0 is nn.ShardRows. A
	// network with expensive points takes fewer.
	ShardRows int
}

// network constructs the model's network.
func (p Components) network(cfg Config, d int, rng *rand.Rand) (Network, error) {
	if p.Network != nil {
		return p.Network(cfg, d, p.ContextWidth(), rng)
	}
	return newPerceptron(cfg, d, p.ContextWidth(), rng), nil
}

// ContextWidth returns the number of values that encode a context for the network, 0 without one.
func (p Components) ContextWidth() int {
	if p.Context == nil {
		return 0
	}
	return p.Context.Width()
}

func (p Components) shardRows() int { return cmp.Or(p.ShardRows, nn.ShardRows) }

// evaluator runs a network on rows that share a noise level and a context.
type evaluator interface {
	// run writes the predictions for x (n x d) to out; a nil context is none.
	run(n int, x []float32, u float64, context, out []float32) error
	// setPrecision sets the precision of matrix products.
	setPrecision(nn.Precision)
}

// sharedEvaluator is a network with an evaluator of its own.
type sharedEvaluator interface{ evaluator() (evaluator, error) }

// evaluatorOf returns the network's own evaluator, or one that repeats level and context on every row.
func evaluatorOf(net Network, d, width int) (evaluator, error) {
	if n, ok := net.(sharedEvaluator); ok {
		return n.evaluator()
	}
	return newRowByRow(net, d, width)
}

// predict builds a network's prediction for the inputs of a graph.
func predict(g *nn.Graph, net Network, d, width int) *G.Node {
	var context *G.Node
	if width > 0 {
		context = g.Input("context", width)
	}
	return net.Predict(g, g.Input("x", d), g.Input("noise level", 1), context)
}

// rowByRow is the evaluator of any network. It also takes one context per row.
type rowByRow struct {
	forward *nn.Forward
	width   int
	columns nn.Columns
}

func newRowByRow(net Network, d, width int) (*rowByRow, error) {
	f, err := nn.NewForward(func(g *nn.Graph) G.Nodes { return G.Nodes{predict(g, net, d, width)} })
	return &rowByRow{forward: f, width: width, columns: nn.Columns{}}, err
}

func (r *rowByRow) setPrecision(p nn.Precision) { r.forward.SetPrecision(p) }

func (r *rowByRow) run(n int, x []float32, u float64, context, out []float32) error {
	r.columns["x"] = x
	fillInputs(r.columns, n, float32(u), context, r.width)
	return r.forward.Run(n, r.columns, out)
}

// fillInputs repeats a noise level on n rows, and a context unless there is one per row.
func fillInputs(columns nn.Columns, n int, u float32, context []float32, width int) {
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

// predictWithTrace builds the prediction and the trace of its Jacobian by the point: one backward pass
// per coordinate.
func predictWithTrace(g *nn.Graph, net Network, d, width int) G.Nodes {
	x, out := g.Input("x", d), predict(g, net, d, width)
	return G.Nodes{out, g.JacobianTrace(out, x)}
}
