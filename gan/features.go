package gan

import (
	"math/rand/v2"

	G "gorgonia.org/gorgonia"

	"genlab/internal/nn"
)

// features put beside a vector v its Fourier features, sin(B·v) and cos(B·v), for a matrix B of
// random frequencies that does not train [tancik2020].
type features struct {
	params nn.Params
	freqs  *nn.Param // d x k; nil for no features
}

// newFeatures draws k frequencies for vectors of d coordinates.
func newFeatures(d, k int, scale float64, rng *rand.Rand) *features {
	f := new(features)
	if k > 0 {
		f.freqs = f.params.New("frequencies", d, k)
		for i := range f.freqs.Value {
			f.freqs.Value[i] = float32(scale * rng.NormFloat64())
		}
	}
	return f
}

// apply is rows x d -> rows x (d + 2k).
func (f *features) apply(g *nn.Graph, v *G.Node) *G.Node {
	if f.freqs == nil {
		return v
	}
	return nn.Concat(v, nn.SinCos(nn.MatMul(v, g.Param(f.freqs), false, false)))
}
