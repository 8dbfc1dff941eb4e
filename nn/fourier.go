package nn

import (
	"math/rand/v2"

	G "gorgonia.org/gorgonia"
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
	parts := []*G.Node{v}
	if f.freqs != nil {
		parts = append(parts, SinCos(MatMul(v, g.Param(f.freqs), false, false)))
	}
	return Concat(append(parts, more...)...)
}
