package gan

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Attribute is a scalar property of points in the plane.
type Attribute struct {
	Name  string
	Value func(x, y float64) float64
}

// Radius returns the distance from a centre.
func Radius(centre [2]float64) Attribute {
	return Attribute{"radius", func(x, y float64) float64 { return math.Hypot(x-centre[0], y-centre[1]) }}
}

// Angle returns the cosine of the angle at the centre between a point and a direction (radians from the x
// axis): 1 in that direction, -1 opposite. The angle itself is discontinuous, and no linear probe fits it.
func Angle(centre [2]float64, direction float64) Attribute {
	return Attribute{"cos angle", func(x, y float64) float64 {
		return math.Cos(math.Atan2(y-centre[1], x-centre[0]) - direction)
	}}
}

// Mode returns the attribute that is 1 for points whose nearest mode is k, and 0 for others.
func Mode(nearest func(x, y float64) (mode int, within bool), k int) Attribute {
	return Attribute{fmt.Sprintf("mode %d", k), func(x, y float64) float64 {
		if mode, _ := nearest(x, y); mode == k {
			return 1
		}
		return 0
	}}
}

// Of returns the attribute of each row of x (n x 2, in the data's coordinates), n values. It panics if x
// does not have two columns.
func (a Attribute) Of(x mat.Matrix) []float64 {
	n, d := x.Dims()
	if d != 2 {
		panic(fmt.Sprintf("gan: attribute of points with %d columns, want 2", d))
	}
	values := make([]float64, n)
	for i := range values {
		values[i] = a.Value(x.At(i, 0), x.At(i, 1))
	}
	return values
}

func (a Attribute) String() string { return a.Name }

// Direction is a direction in latent space along which an attribute grows.
type Direction struct {
	Attribute Attribute
	Unit      []float64 // the direction, Latent values of norm 1
	R2        float64   // coefficient of determination of the probe
	SD        float64   // standard deviation of the attribute over the model's samples
}

// Probe returns the direction along which an attribute grows, by a linear probe: least-squares regression
// of the attribute of n samples on their latents. It fails if n is not above Latent + 1, if the attribute
// is the same for all samples, and if the regression is singular or its weights are zero.
func (m *Model) Probe(a Attribute, n int, rng *rand.Rand) (Direction, error) {
	k := m.cfg.Latent
	if n <= k+1 {
		return Direction{}, fmt.Errorf("gan: too few samples for a probe of %d latent dimensions: got %d, want at least %d", k, n, k+2)
	}
	z := m.Latents(n, rng)
	y := a.Of(m.Generate(z))
	_, sd := stat.MeanStdDev(y, nil)
	if !(sd > 0) {
		return Direction{}, fmt.Errorf("gan: no direction for %v: all %d samples have the value %v", a, n, y[0])
	}
	design := mat.NewDense(n, k+1, nil)
	design.Slice(0, n, 1, k+1).(*mat.Dense).Copy(z)
	for i := range n {
		design.Set(i, 0, 1)
	}
	var weights mat.VecDense
	if err := weights.SolveVec(design, mat.NewVecDense(n, y)); err != nil {
		return Direction{}, fmt.Errorf("gan: no direction for %v: %w", a, err)
	}
	var fitted mat.VecDense
	fitted.MulVec(design, &weights)
	unit := append([]float64(nil), weights.RawVector().Data[1:]...)
	length := mat.Norm(mat.NewVecDense(k, unit), 2)
	if !(length > 0) {
		return Direction{}, fmt.Errorf("gan: no direction for %v: it does not depend on the latents", a)
	}
	for i := range unit {
		unit[i] /= length
	}
	return Direction{a, unit, stat.RSquaredFrom(fitted.RawVector().Data, y, nil), sd}, nil
}

// Traverse returns the latents z (n x Latent), each moved by the given distance along the direction.
func (d Direction) Traverse(z mat.Matrix, by float64) *mat.Dense {
	moved := mat.DenseCopyOf(z)
	n, _ := moved.Dims()
	for i := range n {
		row := moved.RawRowView(i)
		for j, u := range d.Unit {
			row[j] += by * u
		}
	}
	return moved
}

// RandomDirections returns n latent directions of norm 1, uniform on the sphere: n x Latent. Traversing
// them is the control experiment for a [Direction]. It panics if n < 1.
func (m *Model) RandomDirections(n int, rng *rand.Rand) *mat.Dense {
	directions := m.Latents(n, rng)
	for i := range n {
		row := directions.RawRowView(i)
		length := mat.Norm(mat.NewVecDense(len(row), row), 2)
		for j := range row {
			row[j] /= length
		}
	}
	return directions
}

// Effect is the mean change of an attribute, in its standard deviations, when latents move by Distance
// along a [Direction] and along random directions, each with its standard error over the samples.
type Effect struct {
	Distance         float64
	Along, AlongSE   float64
	Random, RandomSE float64
}

// Effects returns the effect of moving n latents by each of the distances along d and along random
// directions. It panics if n < 1.
func (m *Model) Effects(d Direction, distances []float64, n int, rng *rand.Rand) []Effect {
	z := m.Latents(n, rng)
	random := m.RandomDirections(n, rng)
	before := d.Attribute.Of(m.Generate(z))
	change := func(moved mat.Matrix) (mean, se float64) {
		after := d.Attribute.Of(m.Generate(moved))
		for i := range after {
			after[i] = (after[i] - before[i]) / d.SD
		}
		mean, sd := stat.MeanStdDev(after, nil)
		return mean, sd / math.Sqrt(float64(n))
	}
	effects := make([]Effect, len(distances))
	for i, by := range distances {
		e := Effect{Distance: by}
		e.Along, e.AlongSE = change(d.Traverse(z, by))
		var moved mat.Dense
		moved.Scale(by, random)
		moved.Add(&moved, z)
		e.Random, e.RandomSE = change(&moved)
		effects[i] = e
	}
	return effects
}
