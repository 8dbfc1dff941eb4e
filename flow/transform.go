package flow

import (
	"math"

	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
	"genlab/internal/suggest"
	"genlab/nn"
)

// Transform is the family of increasing scalar functions τ that layers apply to each coordinate.
type Transform string

// The transforms.
const (
	// Spline is the monotone rational-quadratic spline [durkan2019].
	Spline Transform = "spline"
	// Affine is exp(s)·x + t, as in RealNVP [dinh2017].
	Affine Transform = "affine"
)

// Choices lists the names in the order shown to users.
func (Transform) Choices() []string { return []string{string(Spline), string(Affine)} }

// UnmarshalText accepts the Choices; its error for any other text lists them.
func (t *Transform) UnmarshalText(text []byte) error { return suggest.Set("transform", t, text) }

// scalarMap is a family of increasing scalar functions, each given by Params() unconstrained
// parameters; zeros give the identity. nn.Spline is one.
type scalarMap interface {
	Params() int
	// ApplyCols maps coordinates, each by its Params() rows of theta: see [nn.Spline.ApplyCols].
	ApplyCols(state *G.Node, parts ...nn.ThetaRows) *G.Node
	// ForwardCols and InverseCols map points of one coordinate, whose number is a multiple of
	// nn.ColBlock, in place, and multiply slope by the slopes: see [nn.Spline.ForwardCols].
	ForwardCols(theta []float32, x, slope []float64, memory *[]float32)
	InverseCols(theta []float32, y, slope []float64, memory *[]float32)
}

// Minimum width and height of a bin, as fractions of 2·Bound, and minimum slope at a knot: see [nn.Spline].
const (
	minWidth  = 1e-3
	minHeight = 1e-4
	minSlope  = 1e-4
)

func (t Transform) scalarMap(c Config) scalarMap {
	if t == Affine {
		return affine{}
	}
	return nn.Spline{Bins: c.Bins, Bound: c.Bound, MinWidth: minWidth, MinHeight: minHeight, MinSlope: minSlope}
}

// affine is x -> exp(s)·x + t with s = maxLogSlope·tanh(θ₁/maxLogSlope) and t = θ₂.
type affine struct{}

// maxLogSlope bounds |s|: stable training never needs a factor of e³ in one layer.
const maxLogSlope = 3

func (affine) Params() int { return 2 }

func (affine) ApplyCols(state *G.Node, parts ...nn.ThetaRows) *G.Node {
	d, points := state.Shape()[0]-1, state.Shape()[1]
	logDet := nn.RowRange(state, d, d+1)
	rows := map[int]*G.Node{} // of the result
	for _, p := range parts {
		theta := p.Theta
		if theta.Shape()[0] == 1 {
			theta = nn.Widen(nn.Transpose(theta), points)
		}
		for j := p.Lo; j < p.Hi; j++ {
			s, t := 2*(j-p.Lo), 2*(j-p.Lo)+1
			logSlope := nn.Scale(maxLogSlope, nn.Act(nn.Scale(1./maxLogSlope, nn.RowRange(theta, s, s+1)), kernel.Tanh))
			rows[j] = nn.Add(nn.Mul(nn.RowRange(state, j, j+1), nn.Exp(logSlope)), nn.RowRange(theta, t, t+1))
			logDet = nn.Add(logDet, logSlope)
		}
	}
	var all G.Nodes
	for j := range d {
		if rows[j] == nil {
			rows[j] = nn.RowRange(state, j, j+1)
		}
		all = append(all, rows[j])
	}
	return nn.ConcatRows(append(all, logDet)...)
}

// at returns s and t of point i.
func (a affine) at(theta []float32, points, i int) (logSlope, shift float64) {
	first, second := theta[0], theta[1]
	if len(theta) > a.Params() {
		first, second = theta[i], theta[points+i]
	}
	return maxLogSlope * math.Tanh(float64(first)/maxLogSlope), float64(second)
}

func (a affine) ForwardCols(theta []float32, x, slope []float64, _ *[]float32) {
	for i, v := range x {
		s, t := a.at(theta, len(x), i)
		x[i] = math.Exp(s)*v + t
		slope[i] *= math.Exp(s)
	}
}

func (a affine) InverseCols(theta []float32, y, slope []float64, _ *[]float32) {
	for i, v := range y {
		s, t := a.at(theta, len(y), i)
		y[i] = (v - t) * math.Exp(-s)
		slope[i] *= math.Exp(s)
	}
}
