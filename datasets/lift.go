package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// LiftPrefix begins the name of a data set on the plane that is embedded in LiftDim dimensions.
const LiftPrefix = "lift64:"

// Dimension of the embedding space, and standard deviation of the noise.
const (
	LiftDim   = 64
	LiftSigma = 0.05
)

// Lift embeds a distribution on the plane in a space of many dimensions, x = A·u + sigma·η: u is a
// sample of Base, A has two orthonormal columns, and η is a standard normal on the orthogonal
// complement of their span. Since Aᵀx = u, the density is exact,
//
//	log p(x) = log p(Aᵀx) + log N(x − AAᵀx; 0, sigma²) in dim − 2 dimensions,
//
// and the entropy is the sum of those of Base and of the noise.
type Lift struct {
	Base  *Dataset
	A     *mat.Dense // dim x 2
	Sigma float64
}

// newLift returns the lift of a distribution with the A of a fixed seed, so that results are
// comparable.
func newLift(base *Dataset) *Lift {
	rng := rand.New(rand.NewPCG(LiftDim, 0x6c696674))
	a := mat.NewDense(LiftDim, 2, nil)
	for i := range LiftDim {
		a.SetRow(i, []float64{rng.NormFloat64(), rng.NormFloat64()})
	}
	first, second := a.ColView(0).(*mat.VecDense), a.ColView(1).(*mat.VecDense)
	first.ScaleVec(1/mat.Norm(first, 2), first)
	for range 2 { // Gram-Schmidt, twice for full precision
		second.AddScaledVec(second, -mat.Dot(first, second), first)
	}
	second.ScaleVec(1/mat.Norm(second, 2), second)
	return &Lift{base, a, LiftSigma}
}

// Dim implements [View].
func (l *Lift) Dim() int {
	d, _ := l.A.Dims()
	return d
}

// Project implements [View]: Aᵀx.
func (l *Lift) Project(x mat.Matrix) *mat.Dense {
	mustHaveColumns("Project", x, l.Dim())
	var u mat.Dense
	u.Mul(x, l.A)
	return &u
}

// across returns u = Aᵀx and the component of x orthogonal to the plane, x − AAᵀx.
func (l *Lift) across(x mat.Matrix) (u, rest *mat.Dense) {
	u, rest = l.Project(x), new(mat.Dense)
	rest.Mul(u, l.A.T())
	rest.Sub(x, rest)
	return u, rest
}

// OffManifold implements [Manifold]: the distance from the plane of A. For a sample it is sigma times
// the norm of a standard normal in dim − 2 dimensions.
func (l *Lift) OffManifold(x mat.Matrix) []float64 {
	_, rest := l.across(x)
	n, _ := rest.Dims()
	far := make([]float64, n)
	for i := range far {
		far[i] = mat.Norm(rest.RowView(i), 2)
	}
	return far
}

// Sample returns n samples (n x dim).
func (l *Lift) Sample(n int, rng *rand.Rand) *mat.Dense {
	return l.lift(l.Base.Sampler.Sample(n, rng), rng)
}

// lift embeds points and adds the noise. It runs at every training step; a row at a time it takes a
// third of the time of matrix products.
func (l *Lift) lift(u *mat.Dense, rng *rand.Rand) *mat.Dense {
	n, _ := u.Dims()
	x := mat.NewDense(n, l.Dim(), nil)
	a := l.A.RawMatrix().Data
	for i := range n {
		row, on := x.RawRowView(i), u.RawRowView(i)
		var along [2]float64 // component of the noise on the plane
		for j := range row {
			row[j] = l.Sigma * rng.NormFloat64()
			along[0] += row[j] * a[2*j]
			along[1] += row[j] * a[2*j+1]
		}
		for j := range row {
			row[j] -= along[0]*a[2*j] + along[1]*a[2*j+1]
			row[j] += on[0]*a[2*j] + on[1]*a[2*j+1]
		}
	}
	return x
}

func (l *Lift) String() string {
	return fmt.Sprintf("%s lifted to %d dimensions, sigma %g", l.Base.Name, l.Dim(), l.Sigma)
}

// labelledLift is the lift of a distribution with components.
type labelledLift struct{ *Lift }

// SampleLabelled implements [Labelled].
func (l labelledLift) SampleLabelled(n int, rng *rand.Rand) (x *mat.Dense, labels []int) {
	u, labels := l.Base.Sampler.(Labelled).SampleLabelled(n, rng)
	return l.lift(u, rng), labels
}

// liftedDensity is the density of a lift whose base has one.
type liftedDensity struct{ *Lift }

// LogProb returns log p of each row of x (n x dim), in nats.
func (l liftedDensity) LogProb(x mat.Matrix) []float64 {
	mustHaveColumns("LogProb", x, l.Dim())
	u, _ := l.across(x)
	logp := l.Base.Density.LogProb(u)
	norm := float64(l.Dim()-2) / 2 * math.Log(2*math.Pi*l.Sigma*l.Sigma)
	for i, far := range l.OffManifold(x) {
		logp[i] -= far*far/(2*l.Sigma*l.Sigma) + norm
	}
	return logp
}

// lifted returns the data set "lift64:NAME".
func lifted(name string) (*Dataset, error) {
	base, err := ByName(name)
	if err != nil {
		return nil, fmt.Errorf("dataset %s%s: %w", LiftPrefix, name, err)
	}
	if base.View != nil {
		return nil, fmt.Errorf("dataset %s%s: %s lifts points of the plane, and those of %s have %d coordinates",
			LiftPrefix, name, strings.TrimSuffix(LiftPrefix, ":"), name, base.Dim())
	}
	l := newLift(base)
	d := &Dataset{
		Name:    LiftPrefix + base.Name,
		Summary: fmt.Sprintf("%s on a plane in %d dimensions, plus noise of sigma %g orthogonal to it", base.Name, LiftDim, LiftSigma),
		Sampler: l,
		Entropy: base.Entropy + float64(LiftDim-2)/2*math.Log(2*math.Pi*math.E*LiftSigma*LiftSigma),
		Labels:  base.Labels, HighQuality: math.NaN(),
		View: l, projected: base, box: base.box,
	}
	if base.Density != nil {
		d.Density = liftedDensity{l}
	}
	if _, ok := base.Sampler.(Labelled); ok {
		d.Sampler = labelledLift{l}
	}
	return d, nil
}
