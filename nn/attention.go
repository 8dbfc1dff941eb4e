package nn

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// attention is multi-head self-attention over sequences of so many positions. It keeps the weights for
// the backward pass.
type attention struct {
	heads, steps    int
	causal          bool // a time step attends to none after it
	wanted          bool // the weights are
	weights, slopes scratch
	cut             []block // of the rows; nil before the first run
}

// CausalAttention returns softmax(Q·Kᵀ/√width + mask)·V for each sequence and head, where a position
// attends to itself and those before it [vaswani2017]. qkv is rows x 3·d with the queries, the keys
// and the values of all heads, d = heads·width; each sequence is steps consecutive rows. The result is
// rows x d. Its gradient cannot be differentiated again.
func CausalAttention(qkv *G.Node, heads, steps int) *G.Node {
	return (&attention{heads: heads, steps: steps, causal: true}).of(qkv)
}

// Attention is [CausalAttention] without the mask: a position attends to its whole sequence.
func Attention(qkv *G.Node, heads, steps int) *G.Node {
	return (&attention{heads: heads, steps: steps}).of(qkv)
}

func (a *attention) of(qkv *G.Node) *G.Node {
	heads, steps := a.heads, a.steps
	return apply(&op{
		name: "attention", arity: 1, diff: []bool{true},
		shape: func(in []tensor.Shape) (int, int, error) {
			if heads < 1 || steps < 1 || in[0][0]%steps != 0 || in[0][1]%(3*heads) != 0 {
				return 0, 0, fmt.Errorf("%v for %d heads over %d steps", in[0], heads, steps)
			}
			return in[0][0], in[0][1] / 3, nil
		},
		f32: func(out matrix[float32], in []matrix[float32]) { attend(a, out, in[0]) },
		f64: func(out matrix[float64], in []matrix[float64]) { attend(a, out, in[0]) },
		grad: func(in G.Nodes, out, g *G.Node) (G.Nodes, error) {
			a.wanted = true
			return G.Nodes{attentionGrad(a, in[0], out, g)}, nil
		},
	}, qkv)
}

// blocks returns the cutting of rows into blocks: whole sequences, as many as fit into the rows that a
// product computes together anyway, so that sequences of a few positions do not take a product each.
// The weights between sequences of a block are masked.
func (a *attention) blocks(rows, width int) []block {
	if a.cut != nil {
		return a.cut
	}
	sequences, most := rows/a.steps, max(1, kernel.SpanBlock/a.steps)
	count := (sequences + most - 1) / most
	shapes := map[int]*kernel.Attention{}
	for b := range count {
		first, end := b*sequences/count, (b+1)*sequences/count
		n := (end - first) * a.steps
		if shapes[n] == nil {
			shapes[n] = &kernel.Attention{Spans: a.spans(n), Keys: n, Width: width}
		}
		a.cut = append(a.cut, block{first * a.steps, shapes[n]})
	}
	return a.cut
}

// spans returns the positions that each of n positions, of whole sequences, attends to.
func (a *attention) spans(n int) []kernel.Span {
	spans := make([]kernel.Span, n)
	for i := range spans {
		from := i / a.steps * a.steps
		to := from + a.steps
		if a.causal {
			to = i + 1
		}
		spans[i] = kernel.Span{From: int32(from), To: int32(to)}
	}
	return spans
}

// block is a part of the rows and the shape of its attention.
type block struct {
	row   int
	shape *kernel.Attention
}

// size returns the number of attention weights of a head.
func (b block) size() int { return len(b.shape.Spans) * b.shape.Stride() }

// head returns the queries, the keys or the values of a head in a block of qkv, or its part of the output.
func head[T kernel.Float](b block, m matrix[T], column int) kernel.Rows[T] {
	return kernel.Rows[T]{Data: m.data[b.row*m.cols+column:], Stride: m.cols}
}

func attend[T kernel.Float](a *attention, out, qkv matrix[T]) {
	d := out.cols
	blocks := a.blocks(out.rows, d/a.heads)
	all := room[T](&a.weights, a.total(blocks))
	for _, b := range blocks {
		for h := 0; h < d; h += d / a.heads {
			kernel.Attend(b.shape, head(b, qkv, h), head(b, qkv, d+h), head(b, qkv, 2*d+h), all[:b.size()], head(b, out, h))
			if a.wanted {
				all = all[b.size():]
			}
		}
	}
}

// total returns the number of attention weights in memory: all of them for the backward pass, or those
// of the largest block for a head.
func (a *attention) total(blocks []block) int {
	n := 0
	for _, b := range blocks {
		if a.wanted {
			n += a.heads * b.size()
		} else {
			n = max(n, b.size())
		}
	}
	return n
}

// attentionGrad returns the gradient of qkv; y is an input so that it is computed before.
func attentionGrad(a *attention, qkv, y, g *G.Node) *G.Node {
	return apply(&op{
		name: "attention.grad", arity: 3, diff: []bool{true, false, true},
		shape: func(in []tensor.Shape) (int, int, error) { return in[0][0], in[0][1], nil },
		f32:   func(out matrix[float32], in []matrix[float32]) { attendBackward(a, out, in) },
		f64:   func(out matrix[float64], in []matrix[float64]) { attendBackward(a, out, in) },
	}, qkv, y, g)
}

func attendBackward[T kernel.Float](a *attention, out matrix[T], in []matrix[T]) {
	qkv, g := in[0], in[2]
	d := g.cols
	blocks := a.blocks(out.rows, d/a.heads)
	all := room[T](&a.weights, a.total(blocks))
	for _, b := range blocks {
		for h := 0; h < d; h += d / a.heads {
			kernel.AttendBackward(b.shape, head(b, qkv, h), head(b, qkv, d+h), head(b, qkv, 2*d+h),
				all[:b.size()], head(b, g, h), room[T](&a.slopes, b.size()),
				head(b, out, h), head(b, out, d+h), head(b, out, 2*d+h))
			all = all[b.size():]
		}
	}
}
