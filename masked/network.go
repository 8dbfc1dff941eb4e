package masked

import (
	"fmt"
	"math"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"

	"genlab/nn"
)

// network is a transformer without a causal mask: logits of each character of a window, given the visible ones. Its
// symbols are the characters of the alphabet, one for all others, and the mask.
type network struct {
	params          nn.Params
	context, heads  int
	classes         int // the characters and the class of unknown ones
	token, position *nn.Param
	blocks          []block
	final           norm
	head            nn.Dense
}

// block is a pre-norm transformer block: x += attention(norm x), x += mlp(norm x).
type block struct {
	norm1, norm2    norm
	qkv, projection nn.Dense
	widen, narrow   nn.Dense
}

// norm is a layer normalisation. Its gain is stored minus one.
type norm struct{ gain, bias *nn.Param }

// normEps keeps the normalisation of a constant row finite.
const normEps = 1e-5

// embedded is the initial standard deviation of the embeddings of symbols and of positions.
const embedded = 0.3

func newNetwork(cfg Config, characters int, rng *rand.Rand) *network {
	n := &network{context: cfg.Context, heads: cfg.Heads, classes: characters + 1}
	// Layers start with variance 1 per input, divided in those that add to the residual stream by their number.
	scaled := func(gain float64) nn.Init {
		return func(in, _ int, rng *rand.Rand) float32 {
			return float32(gain * rng.NormFloat64() / math.Sqrt(float64(in)))
		}
	}
	table := func(name string, rows int) *nn.Param {
		p := n.params.New(name, rows, cfg.Hidden)
		for i := range p.Value {
			p.Value[i] = float32(embedded * rng.NormFloat64())
		}
		return p
	}
	d, residual := cfg.Hidden, 1/math.Sqrt(float64(2*cfg.Layers))
	n.token, n.position = table("token", n.mask()+1), table("position", cfg.Context)
	sinusoids(n.position.Value, d)
	for i := range cfg.Layers {
		name := func(part string) string { return fmt.Sprintf("block%d.%s", i+1, part) }
		dense := func(part string, in, out int, act nn.Activation, gain float64) nn.Dense {
			return nn.NewDense(&n.params, name(part), in, out, act, scaled(gain), rng)
		}
		n.blocks = append(n.blocks, block{
			norm1:      n.newNorm(name("norm1"), d),
			qkv:        dense("attention", d, 3*d, nn.Identity, 1),
			projection: dense("projection", d, d, nn.Identity, residual),
			norm2:      n.newNorm(name("norm2"), d),
			widen:      dense("widen", d, 4*d, cfg.Activation, 1),
			narrow:     dense("narrow", 4*d, d, nn.Identity, residual),
		})
	}
	n.final = n.newNorm("norm", d)
	n.head = nn.NewDense(&n.params, "head", d, n.classes, nn.Identity, nn.Zero, rng)
	return n
}

// sinusoids sets the initial embeddings of positions, rows of width values, to sines and cosines of geometric periods
// [vaswani2017] sec. 3.5 with the root mean square of the others: a linear map shifts a position, so that attention to a neighbour is one
// product for all positions. From random embeddings a training on markov stays at the frequencies of single characters.
func sinusoids(table []float32, width int) {
	for i := range table {
		position, k := float64(i/width), i%width
		angle := position / math.Pow(1000, float64(k/2*2)/float64(width))
		table[i] = float32(embedded * math.Sqrt2 * math.Sin(angle+math.Pi/2*float64(k%2)))
	}
}

func (n *network) newNorm(name string, width int) norm {
	return norm{n.params.New(name+".gain", 1, width), n.params.New(name+".bias", 1, width)}
}

func (n norm) apply(g *nn.Graph, x *G.Node) *G.Node {
	return nn.LayerNorm(x, nn.Shift(1, g.Param(n.gain)), g.Param(n.bias), normEps)
}

// unknown is the symbol of all characters outside the alphabet, and mask that of a masked one.
func (n *network) unknown() int { return n.classes - 1 }
func (n *network) mask() int    { return n.classes }

// logProb builds log p of each class at each position: rows of symbols (rows x 1), a window every context rows ->
// rows x classes.
func (n *network) logProb(g *nn.Graph, symbols *G.Node) *G.Node {
	positions := make([]float32, g.Rows())
	for i := range positions {
		positions[i] = float32(i % n.context)
	}
	x := nn.Add(
		nn.Embedding(g.Param(n.token), symbols),
		nn.Embedding(g.Param(n.position), g.Table("position", g.Rows(), 1, positions)))
	for _, b := range n.blocks {
		mixed := nn.Attention(b.qkv.Apply(g, b.norm1.apply(g, x)), n.heads, n.context)
		x = nn.Add(x, b.projection.Apply(g, mixed))
		x = nn.Add(x, b.narrow.Apply(g, b.widen.Apply(g, b.norm2.apply(g, x))))
	}
	return nn.LogSoftmax(n.head.Apply(g, n.final.apply(g, x)))
}
