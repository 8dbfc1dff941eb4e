package autoregressive

import (
	"fmt"
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"

	"genlab/nn"
)

// Model is a causal transformer: the distribution of the next symbol after any sequence of up to
// Context symbols. Symbols are numbers from 0; the next number is the start symbol, which precedes
// every sequence. A Model must not be used by several goroutines at once.
type Model struct {
	cfg     Config
	symbols int // size of the vocabulary without the start symbol
	classes int // width of the logits: symbols, or symbols+1 with a class for unknown symbols
	context int

	params          nn.Params
	token, position *nn.Param
	blocks          []block
	final           norm
	head            *nn.Param    // nil if tied to the token embedding
	forward, inner  *nn.Forward  // to the logits and to the final hidden states
	precision       nn.Precision // of the products of a Cache
}

// block is a pre-norm transformer block: x += attention(norm x), x += mlp(norm x).
type block struct {
	norm1, norm2    norm
	qkv, projection nn.Dense
	up, down        nn.Dense
}

// norm is a layer normalisation. Its gain is stored minus one, so that both start at zero.
type norm struct{ gain, bias *nn.Param }

// normEps is PyTorch's epsilon of a layer normalisation.
const normEps = 1e-5

// New returns a model with random weights over sequences of up to context symbols after the start
// symbol. Its logits have symbols columns, and one more for unknown symbols if unknown is set. It
// fails if the configuration is invalid.
func New(cfg Config, symbols, context int, unknown bool, rng *rand.Rand) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("autoregressive: %w", err)
	}
	m := &Model{cfg: cfg, symbols: symbols, classes: symbols, context: context}
	if unknown {
		m.classes++
	}
	// The initialisation of [radford2019]: N(0, 0.02²), divided in the layers that add to the
	// residual stream by the root of their number.
	normal := func(sd float64) nn.Init {
		return func(_, _ int, rng *rand.Rand) float32 { return float32(sd * rng.NormFloat64()) }
	}
	table := func(name string, rows int) *nn.Param {
		p := m.params.New(name, rows, cfg.Hidden)
		for i := range p.Value {
			p.Value[i] = float32(0.02 * rng.NormFloat64())
		}
		return p
	}
	d := cfg.Hidden
	m.token, m.position = table("token", symbols+1), table("position", context+1)
	for i := range cfg.Layers {
		name := func(part string) string { return fmt.Sprintf("block%d.%s", i+1, part) }
		dense := func(part string, in, out int, act nn.Activation, sd float64) nn.Dense {
			return nn.NewDense(&m.params, name(part), in, out, act, normal(sd), rng)
		}
		residual := 0.02 / math.Sqrt(float64(2*cfg.Layers))
		m.blocks = append(m.blocks, block{
			norm1:      m.newNorm(name("norm1")),
			qkv:        dense("attention", d, 3*d, nn.Identity, 0.02),
			projection: dense("projection", d, d, nn.Identity, residual),
			norm2:      m.newNorm(name("norm2")),
			up:         dense("widen", d, 4*d, cfg.Activation, 0.02),
			down:       dense("narrow", 4*d, d, nn.Identity, residual),
		})
	}
	m.final = m.newNorm("norm")
	if !cfg.Tied {
		m.head = table("head", m.classes)
	}
	return m, nil
}

func (m *Model) newNorm(name string) norm {
	return norm{m.params.New(name+".gain", 1, m.cfg.Hidden), m.params.New(name+".bias", 1, m.cfg.Hidden)}
}

// WithPrecision returns the model with another precision of the matrix products of its caches, and so of its samples, over
// the same weights: with nn.BFloat16 those of all layers but the last and of attention. Logits and likelihoods are computed in
// float32, whatever the precision.
func (m *Model) WithPrecision(p nn.Precision) *Model {
	w := *m
	w.precision = p
	return &w
}

// Config returns the configuration of the model.
func (m *Model) Config() Config { return m.cfg }

// Parameters returns the trained parameters.
func (m *Model) Parameters() *nn.Params { return &m.params }

// Params returns the number of trained values.
func (m *Model) Params() int { return m.params.Count() }

// steps returns the number of positions: the start symbol and the context.
func (m *Model) steps() int { return m.context + 1 }

// states builds the network up to the final layer normalisation: rows of symbols, a sequence every
// steps() rows -> rows x hidden.
func (m *Model) states(g *nn.Graph, symbols *G.Node) *G.Node {
	positions := make([]float32, g.Rows())
	for i := range positions {
		positions[i] = float32(i % m.steps())
	}
	return m.layers(g, symbols, g.Table("position", g.Rows(), 1, positions), func(qkv *G.Node) *G.Node {
		return nn.CausalAttention(qkv, m.cfg.Heads, m.steps())
	})
}

// layers builds the network up to the final layer normalisation for any rows of symbols and their positions,
// which attend returns the attention of.
func (m *Model) layers(g *nn.Graph, symbols, positions *G.Node, attend func(qkv *G.Node) *G.Node) *G.Node {
	x := nn.Add(nn.Embedding(g.Param(m.token), symbols), nn.Embedding(g.Param(m.position), positions))
	for _, b := range m.blocks {
		mixed := attend(b.qkv.Apply(g, b.norm1.apply(g, x)))
		x = nn.Add(x, b.projection.Apply(g, mixed))
		x = nn.Add(x, b.down.Apply(g, b.up.Apply(g, b.norm2.apply(g, x))))
	}
	return m.final.apply(g, x)
}

// logits builds the whole network: rows of symbols -> rows x classes.
func (m *Model) logits(g *nn.Graph, symbols *G.Node) *G.Node {
	return m.output(g, m.states(g, symbols))
}

// output builds the output layer: final hidden states -> rows x classes.
func (m *Model) output(g *nn.Graph, x *G.Node) *G.Node {
	if m.head != nil {
		return nn.MatMul(x, g.Param(m.head), false, true)
	}
	y := nn.MatMul(x, g.Param(m.token), false, true)
	if m.classes == m.symbols {
		y = nn.Cols(y, 0, m.symbols)
	}
	return y
}

func (n norm) apply(g *nn.Graph, x *G.Node) *G.Node {
	return nn.LayerNorm(x, nn.Shift(1, g.Param(n.gain)), g.Param(n.bias), normEps)
}

// Logits evaluates whole sequences without a cache. symbols holds sequences of context + 1 symbols,
// each with the start symbol first. The result has a row of logits for each symbol, those of the
// next one: len(symbols) x classes.
func (m *Model) Logits(symbols []int) []float32 {
	return m.run(&m.forward, m.logits, symbols, m.classes)
}

// run evaluates a part of the network on whole sequences, a row of so many columns for each symbol.
// The first call compiles it.
func (m *Model) run(f **nn.Forward, part func(*nn.Graph, *G.Node) *G.Node, symbols []int, columns int) []float32 {
	if *f == nil {
		var err error
		if *f, err = nn.NewGroupedForward(m.steps(), func(g *nn.Graph) G.Nodes { return G.Nodes{part(g, g.Input("symbol", 1))} }); err != nil {
			panic(err) // cannot happen: the formula compiles for training
		}
	}
	in, out := make([]float32, len(symbols)), make([]float32, len(symbols)*columns)
	for i, s := range symbols {
		in[i] = float32(s)
	}
	if err := (*f).Run(len(symbols), nn.Columns{"symbol": in}, out); err != nil {
		panic(err) // cannot happen: the shapes are fixed
	}
	return out
}

// logSoftmax writes log softmax(logits) in float64: the exponentials sum to 1 within 1e-15 a class.
func logSoftmax(dst []float64, logits []float32) {
	top := math.Inf(-1)
	for _, v := range logits {
		top = max(top, float64(v))
	}
	var sum float64
	for _, v := range logits {
		sum += math.Exp(float64(v) - top)
	}
	shift := top + math.Log(sum)
	for i, v := range logits {
		dst[i] = float64(v) - shift
	}
}
