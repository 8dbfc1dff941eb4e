package flow

import (
	"math"

	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
	"genlab/internal/suggest"
	"genlab/nn"
)

// Transform is the family of increasing maps of a line that each coordinate goes through.
type Transform string

// The transforms there are.
const (
	// Spline is rational quadratic in each of several bins [durkan2019].
	Spline Transform = "spline"
	// Affine is exp(s)·x + t, of RealNVP [dinh2017].
	Affine Transform = "affine"
)

// Choices lists the names in the order shown to users.
func (Transform) Choices() []string { return []string{string(Spline), string(Affine)} }

// UnmarshalText accepts the Choices.
func (t *Transform) UnmarshalText(text []byte) error { return suggest.Set("transform", t, text) }

// line is a family of increasing maps of a line, each given by Params() free numbers; zeros
// are the identity. nn.Spline is one.
type line interface {
	Params() int
	// Apply maps x (rows x d), each element by its own Params() columns of theta: rows x (d+1),
	// the images and Σ log slope.
	Apply(x, theta *G.Node) *G.Node
	Forward(theta []float32, x float64) (y, logSlope float64)
	Inverse(theta []float32, y float64) (x, logSlope float64)
}

func (t Transform) line(c Config) line {
	if t == Affine {
		return affineLine{}
	}
	return nn.Spline{Bins: c.Bins, Bound: c.Bound, MinWidth: 1e-3, MinHeight: 1e-4, MinSlope: 1e-4}
}

// affineLine is x -> exp(s)·x + t with s = steepest·tanh(θ₁/steepest) and t = θ₂.
type affineLine struct{}

// steepest bounds |s|: a factor of e³ in one layer is more than a stable training asks for.
const steepest = 3

func (affineLine) Params() int { return 2 }

func (affineLine) Apply(x, theta *G.Node) *G.Node {
	d := x.Shape()[1]
	var s, t G.Nodes
	for j := range d {
		s, t = append(s, nn.Cols(theta, 2*j, 2*j+1)), append(t, nn.Cols(theta, 2*j+1, 2*j+2))
	}
	logSlope := nn.Scale(steepest, nn.Act(nn.Scale(1./steepest, nn.Concat(s...)), kernel.Tanh))
	return nn.Concat(nn.Add(nn.Mul(x, nn.Exp(logSlope)), nn.Concat(t...)), nn.RowSum(logSlope))
}

func (affineLine) logSlope(theta []float32) float64 {
	return steepest * math.Tanh(float64(theta[0])/steepest)
}

func (a affineLine) Forward(theta []float32, x float64) (y, logSlope float64) {
	s := a.logSlope(theta)
	return math.Exp(s)*x + float64(theta[1]), s
}

func (a affineLine) Inverse(theta []float32, y float64) (x, logSlope float64) {
	s := a.logSlope(theta)
	return (y - float64(theta[1])) * math.Exp(-s), s
}
