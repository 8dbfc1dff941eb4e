package gan

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"genlab/checkpoint"
	"genlab/nn"
)

// spectral normalises the weights of a layer by their largest singular value σ = vᵀ·W·u [miyato2018], where the singular
// vectors u and v follow W by power iteration, a step after each step of the critic. The gradient flows through σ, with u
// and v constant.
type spectral struct {
	w    *nn.Param
	u, v []float32 // of as many values as W has columns and rows
}

// newSpectral returns the normalisation of each layer.
func newSpectral(net nn.MLP) []spectral {
	norms := make([]spectral, len(net))
	for i, layer := range net {
		s := spectral{layer.W, make([]float32, layer.W.Cols), make([]float32, layer.W.Rows)}
		for j := range s.u {
			s.u[j] = float32(math.Cos(float64(j))) // any vector that is not orthogonal to the singular one
		}
		for range 30 {
			s.iterate()
		}
		norms[i] = s
	}
	return norms
}

// iterate takes a step of the power iteration: v = W·u/|W·u|, u = Wᵀ·v/|Wᵀ·v|.
func (s spectral) iterate() {
	for i := range s.v {
		s.v[i] = 0
		for j, u := range s.u {
			s.v[i] += s.w.Value[i*s.w.Cols+j] * u
		}
	}
	unit(s.v)
	clear(s.u)
	for i, v := range s.v {
		for j := range s.u {
			s.u[j] += s.w.Value[i*s.w.Cols+j] * v
		}
	}
	unit(s.u)
}

// unit scales v to length one; a zero vector stays.
func unit(v []float32) {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= scale
	}
}

// normalise builds W/σ for the weights w of layer i.
func (s spectral) normalise(g *nn.Graph, w *G.Node, i int) *G.Node {
	v := g.Table(fmt.Sprintf("spectral%d.v", i+1), 1, len(s.v), s.v)
	u := g.Table(fmt.Sprintf("spectral%d.u", i+1), len(s.u), 1, s.u)
	sigma := nn.MatMul(nn.MatMul(v, w, false, false), u, false, false)
	return nn.Div(w, nn.Fill(sigma, s.w.Rows, s.w.Cols))
}

func (s spectral) state(prefix string) []checkpoint.Tensor {
	return []checkpoint.Tensor{
		{Name: prefix + "/u", Shape: []int{len(s.u)}, Data: s.u},
		{Name: prefix + "/v", Shape: []int{len(s.v)}, Data: s.v},
	}
}
