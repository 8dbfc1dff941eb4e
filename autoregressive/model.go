package autoregressive

import (
	"fmt"
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"

	"genlab/nn"
)

// Model is a causal transformer: the distribution of the next symbol after any sequence of up
// to Context symbols. Symbols are numbers from 0; one more, the start, stands before every
// sequence. It is not for use by several goroutines at once.
type Model struct {
	cfg     Config
	symbols int // without the start, which is the next number
	classes int // that the logits are of: symbols, or one more for a symbol without a number
	context int

	params          nn.Params
	token, position *nn.Param
	blocks          []block
	final           norm
	head            *nn.Param   // nil where it is the embedding
	forward, inner  *nn.Forward // to the logits, and to the states under them
}

// block is one layer of the transformer: x += attention(norm x), x += mlp(norm x).
type block struct {
	attend, think   norm
	qkv, mixed      nn.Dense
	widen, narrowed nn.Dense
}

// norm is a layer normalization. Its gain is stored less one, so that it begins at zero like
// a bias.
type norm struct{ gain, bias *nn.Param }

// normEps keeps the normalization of a constant row finite; PyTorch's value.
const normEps = 1e-5

// New returns a model with fresh weights over sequences of up to context symbols after the
// start. Its logits have symbols columns, or one more where other symbols can follow.
func New(cfg Config, symbols, context int, others bool, rng *rand.Rand) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("autoregressive: %w", err)
	}
	m := &Model{cfg: cfg, symbols: symbols, classes: symbols, context: context}
	if others {
		m.classes++
	}
	// The initialisation of [radford2019]: N(0, 0.02²), the layers that add to the stream
	// smaller by the root of their number.
	draw := func(sd float64) nn.Init {
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
			return nn.NewDense(&m.params, name(part), in, out, act, draw(sd), rng)
		}
		adds := 0.02 / math.Sqrt(float64(2*cfg.Layers))
		m.blocks = append(m.blocks, block{
			attend: m.newNorm(name("norm1")),
			qkv:    dense("attention", d, 3*d, nn.Identity, 0.02),
			mixed:  dense("projection", d, d, nn.Identity, adds),
			think:  m.newNorm(name("norm2")),
			widen:  dense("widen", d, 4*d, cfg.Activation, 0.02), narrowed: dense("narrow", 4*d, d, nn.Identity, adds),
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

// Config returns what the model was made from.
func (m *Model) Config() Config { return m.cfg }

// Parameters are what training moves.
func (m *Model) Parameters() *nn.Params { return &m.params }

// Params is the number of trained parameters.
func (m *Model) Params() int { return m.params.Count() }

// steps is the number of positions: the start and the context.
func (m *Model) steps() int { return m.context + 1 }

// states is the network below its last layer: rows of symbols, a sequence every steps() rows ->
// rows x hidden, after the last norm.
func (m *Model) states(g *nn.Graph, symbols *G.Node) *G.Node {
	positions := make([]float32, g.Rows())
	for i := range positions {
		positions[i] = float32(i % m.steps())
	}
	x := nn.Add(
		nn.Embedding(g.Param(m.token), symbols),
		nn.Embedding(g.Param(m.position), g.Table("position", g.Rows(), 1, positions)))
	for _, b := range m.blocks {
		mixed := nn.CausalAttention(b.qkv.Apply(g, b.attend.apply(g, x)), m.cfg.Heads, m.steps())
		x = nn.Add(x, b.mixed.Apply(g, mixed))
		x = nn.Add(x, b.narrowed.Apply(g, b.widen.Apply(g, b.think.apply(g, x))))
	}
	return m.final.apply(g, x)
}

// logits is the network: what states makes of symbols -> rows x classes.
func (m *Model) logits(g *nn.Graph, symbols *G.Node) *G.Node {
	x := m.states(g, symbols)
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

// Logits evaluates whole sequences: symbols holds a number of them, steps() symbols each, the
// first of which is the start. The result has a row of logits for each symbol: those of the
// symbol after it.
func (m *Model) Logits(symbols []int) []float32 {
	return m.run(&m.forward, m.logits, symbols, m.classes)
}

// run evaluates a part of the network on whole sequences, which it compiles at the first call:
// a row of so many columns for each symbol.
func (m *Model) run(f **nn.Forward, part func(*nn.Graph, *G.Node) *G.Node, symbols []int, columns int) []float32 {
	if *f == nil {
		var err error
		if *f, err = nn.NewGroupedForward(m.steps(), func(g *nn.Graph) G.Nodes { return G.Nodes{part(g, g.Input("symbol", 1))} }); err != nil {
			panic(err) // the formula compiled for training, or does in a test
		}
	}
	in, out := make([]float32, len(symbols)), make([]float32, len(symbols)*columns)
	for i, s := range symbols {
		in[i] = float32(s)
	}
	if err := (*f).Run(len(symbols), nn.Columns{"symbol": in}, out); err != nil {
		panic(err) // shapes are fixed: an operation cannot fail
	}
	return out
}

// logSoftmax writes log softmax(logits), in float64, whose exponentials sum to 1 within 1e-15
// for each class.
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
