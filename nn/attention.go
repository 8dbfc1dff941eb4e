package nn

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// attention is multi-head self-attention over sequences of so many positions. It keeps the attention
// weights, steps x steps for each sequence and head, for the backward pass.
type attention struct {
	heads, steps int
	causal       bool // a time step attends to none after it
	wanted       bool // the weights are
	weights, d   scratch
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

// head holds the offsets of a head of a sequence: of its queries, keys and values in qkv, and of its
// output.
type head struct{ q, k, v, out int }

// each calls f for each sequence and head in order, with a running number.
func (a *attention) each(rows, d int, f func(i int, h head)) {
	width := d / a.heads
	for s := range rows / a.steps {
		for n := range a.heads {
			q := s*a.steps*3*d + n*width
			f(s*a.heads+n, head{q, q + d, q + 2*d, s*a.steps*d + n*width})
		}
	}
}

// seen returns the number of positions, from the first, that a position attends to.
func (a *attention) seen(step int) int {
	if a.causal {
		return step + 1
	}
	return a.steps
}

func (a *attention) scale(d int) float64 { return 1 / math.Sqrt(float64(d/a.heads)) }

func attend[T kernel.Float](a *attention, out, qkv matrix[T]) {
	t, d := a.steps, out.cols
	width, tt := d/a.heads, t*t
	scale := T(a.scale(d))
	matrices := 1
	if a.wanted {
		matrices = out.rows / t * a.heads
	}
	all := room[T](&a.weights, matrices*tt)
	a.each(out.rows, d, func(i int, h head) {
		if !a.wanted {
			i = 0
		}
		w := all[i*tt : (i+1)*tt]
		kernel.Gemm(false, true, t, t, width, scale, qkv.data[h.q:], 3*d, qkv.data[h.k:], 3*d, 0, w, t)
		for r := range t {
			row := w[r*t : (r+1)*t]
			n := a.seen(r)
			kernel.Softmax(1, n, row, row)
			clear(row[n:])
		}
		kernel.Gemm(false, false, t, width, t, 1, w, t, qkv.data[h.v:], 3*d, 0, out.data[h.out:], d)
	})
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
	t, d := a.steps, g.cols
	width, tt := d/a.heads, t*t
	scale := T(a.scale(d))
	all, ds := room[T](&a.weights, out.rows/t*a.heads*tt), room[T](&a.d, tt)
	a.each(out.rows, d, func(i int, h head) {
		w := all[i*tt : (i+1)*tt]
		dy := g.data[h.out:]
		kernel.Gemm(true, false, t, width, t, 1, w, t, dy, d, 0, out.data[h.v:], 3*d)
		kernel.Gemm(false, true, t, t, width, 1, dy, d, qkv.data[h.v:], 3*d, 0, ds, t)
		for r := range t {
			softmaxBackward(w[r*t:(r+1)*t], ds[r*t:(r+1)*t], a.seen(r))
		}
		kernel.Gemm(false, false, t, width, t, scale, ds, t, qkv.data[h.k:], 3*d, 0, out.data[h.q:], 3*d)
		kernel.Gemm(true, false, t, width, t, scale, ds, t, qkv.data[h.q:], 3*d, 0, out.data[h.k:], 3*d)
	})
}

// softmaxBackward replaces the gradient of the first n weights of a row, in d, by that of their logits;
// the other elements have none.
func softmaxBackward[T kernel.Float](w, d []T, n int) {
	var dot T
	for j, v := range w[:n] {
		dot += T(v * d[j])
	}
	for j, v := range w[:n] {
		d[j] = v * (d[j] - dot)
	}
	clear(d[n:])
}
