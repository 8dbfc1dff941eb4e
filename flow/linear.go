package flow

import (
	"math"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/nn"
)

// Linear is the bijector z = x·L·U + b with L unit lower and U upper triangular, diag U = exp(s)
// [kingma2018]. L·U can be any matrix with positive leading minors, such as a rotation by less than a
// quarter turn. The log-determinant is Σ s for every x.
type Linear struct {
	d         int
	triangles *nn.Param // d x d: L below the diagonal, U above it
	s, b      *nn.Param // 1 x d
}

// newLinear returns a rotation of the first two coordinates by angle, |angle| < π/2, in radians.
func newLinear(ps *nn.Params, name string, d int, angle float64) *Linear {
	l := &Linear{d: d, triangles: ps.New(name+".triangles", d, d), s: ps.New(name+".log-diagonal", 1, d), b: ps.New(name+".shift", 1, d)}
	if d > 1 {
		sin, cos := math.Sincos(angle)
		l.triangles.Value[1], l.triangles.Value[d] = float32(sin), float32(-sin/cos)
		l.s.Value[0], l.s.Value[1] = float32(math.Log(cos)), float32(-math.Log(cos))
	}
	return l
}

func (l *Linear) node(g *nn.Graph, state, _ *G.Node) *G.Node {
	return nn.LUCols(state, g.Param(l.triangles), g.Param(l.s), g.Param(l.b))
}

// factors returns L below the diagonal and U on and above it, d x d, and the log-determinant.
func (l *Linear) factors() (lu []float64, logDet float64) {
	lu = make([]float64, l.d*l.d)
	for i, v := range l.triangles.Value {
		lu[i] = float64(v)
	}
	for i, v := range l.s.Value {
		lu[i*l.d+i] = math.Exp(float64(v))
		logDet += float64(v)
	}
	return lu, logDet
}

// Forward implements Bijector.
func (l *Linear) Forward(x *mat.Dense, _ []int, logDet []float64) {
	lu, det := l.factors()
	for i := range logDet {
		row := x.RawRowView(i)
		for j := range row { // x·L: coordinates right of j are still those of x
			for k := j + 1; k < l.d; k++ {
				row[j] += row[k] * lu[k*l.d+j]
			}
		}
		for j := l.d - 1; j >= 0; j-- { // times U: coordinates left of j are still those of x·L
			row[j] *= lu[j*l.d+j]
			for k := range j {
				row[j] += row[k] * lu[k*l.d+j]
			}
		}
		for j := range row {
			row[j] += float64(l.b.Value[j])
		}
		logDet[i] += det
	}
}

// Inverse implements Bijector.
func (l *Linear) Inverse(z *mat.Dense, _ []int, logDet []float64) {
	lu, det := l.factors()
	for i := range logDet {
		row := z.RawRowView(i)
		for j := range row {
			row[j] -= float64(l.b.Value[j])
		}
		for j := range row {
			for k := range j {
				row[j] -= row[k] * lu[k*l.d+j]
			}
			row[j] /= lu[j*l.d+j]
		}
		for j := l.d - 1; j >= 0; j-- {
			for k := j + 1; k < l.d; k++ {
				row[j] -= row[k] * lu[k*l.d+j]
			}
		}
		logDet[i] += det
	}
}
