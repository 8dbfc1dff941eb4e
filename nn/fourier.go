package nn

import (
	"fmt"
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// Fourier computes random Fourier features sin(B·v) and cos(B·v) of a vector v, for a fixed matrix B of
// random frequencies [tancik2020]. They let a network fit high frequencies, which it learns slowly
// from the coordinates alone.
type Fourier struct {
	Frequencies Params // B, for a checkpoint: an optimiser leaves it alone

	freqs *Param // d x k; nil for no features
}

// NewFourier samples k frequencies from N(0, scale²), in radians a unit, for each of d coordinates. For
// k = 0 there are no features.
func NewFourier(d, k int, scale float64, rng *rand.Rand) *Fourier {
	f := new(Fourier)
	if k > 0 {
		f.freqs = f.Frequencies.New("frequencies", d, k)
		for i := range f.freqs.Value {
			f.freqs.Value[i] = float32(scale * rng.NormFloat64())
		}
	}
	return f
}

// Beside returns v concatenated with its features and more: rows x (d + 2k + the columns of more).
func (f *Fourier) Beside(g *Graph, v *G.Node, more ...*G.Node) *G.Node {
	if f.freqs != nil {
		v = withFeatures(v, g.Param(f.freqs))
	}
	return Concat(append([]*G.Node{v}, more...)...)
}

// withFeatures returns v | sin(v·B) | cos(v·B): rows x d and d x k -> rows x (d + 2k). It can be
// differentiated by v, twice. The product is always in float32: 8 bits of an angle of many turns say
// nothing of its sine.
func withFeatures(v, b *G.Node) *G.Node {
	angles := new(scratch)
	return apply(&op{
		name: "fourier", arity: 2, diff: []bool{true, false},
		shape: func(in []tensor.Shape) (int, int, error) {
			v, b := in[0], in[1]
			if v[1] != b[0] {
				return 0, 0, fmt.Errorf("frequencies %v for points %v", b, v)
			}
			return v[0], v[1] + 2*b[1], nil
		},
		f32: func(out matrix[float32], in []matrix[float32]) { fourier(angles, out, in[0], in[1]) },
		f64: func(out matrix[float64], in []matrix[float64]) { fourier(angles, out, in[0], in[1]) },
		grad: func(in G.Nodes, out, g *G.Node) (G.Nodes, error) {
			d := in[0].Shape()[1]
			waves := matMul(false, true)
			waves.bf16 = nil
			dv := apply(waves, sinCosGrad(out, g, d), in[1])
			return G.Nodes{Add(Cols(g, 0, d), dv), nil}, nil
		},
	}, v, b)
}

func fourier[T kernel.Float](angles *scratch, out, v, b matrix[T]) {
	a := matrix[T]{v.rows, b.cols, room[T](angles, v.rows*b.cols)}
	gemm(false, false, v, b, a)
	for i := range v.rows {
		copy(out.row(i), v.row(i))
	}
	kernel.SinCos(a.rows, a.cols, a.data, out.data[v.cols:], out.cols)
}
