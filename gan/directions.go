package gan

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Attribute is a number that a point of the plane has.
type Attribute interface {
	// Of returns the attribute of each row of x (n x 2, in the data's coordinates).
	Of(x mat.Matrix) []float64
	String() string
}

// Radius is the distance from a centre.
type Radius struct{ Centre [2]float64 }

// Of implements Attribute.
func (r Radius) Of(x mat.Matrix) []float64 {
	return each(x, func(a, b float64) float64 { return math.Hypot(a-r.Centre[0], b-r.Centre[1]) })
}

func (r Radius) String() string { return "radius" }

// Angle is the cosine of the angle, seen from a centre, between a point and the direction
// Towards (radians): 1 there, -1 opposite. The angle itself jumps, so that no linear probe fits.
type Angle struct {
	Centre  [2]float64
	Towards float64
}

// Of implements Attribute.
func (a Angle) Of(x mat.Matrix) []float64 {
	return each(x, func(u, v float64) float64 { return math.Cos(math.Atan2(v-a.Centre[1], u-a.Centre[0]) - a.Towards) })
}

func (a Angle) String() string { return "cos angle" }

// Mode is 1 where the mode that a point belongs to is K, and 0 elsewhere.
type Mode struct {
	Nearest func(x, y float64) (mode int, within bool)
	K       int
}

// Of implements Attribute.
func (m Mode) Of(x mat.Matrix) []float64 {
	return each(x, func(a, b float64) float64 {
		if k, _ := m.Nearest(a, b); k == m.K {
			return 1
		}
		return 0
	})
}

func (m Mode) String() string { return fmt.Sprintf("mode %d", m.K) }

func each(x mat.Matrix, f func(a, b float64) float64) []float64 {
	n, d := x.Dims()
	if d != 2 {
		panic(fmt.Sprintf("gan: an attribute of points of %d columns, want 2", d))
	}
	values := make([]float64, n)
	for i := range values {
		values[i] = f(x.At(i, 0), x.At(i, 1))
	}
	return values
}

// Direction is a way through latent space along which an attribute grows.
type Direction struct {
	Attribute Attribute
	Unit      []float64 // of length 1, one for each latent coordinate
	R2        float64   // share of the attribute's variance that the probe explains
	Spread    float64   // the attribute's standard deviation over the model's samples
}

// Probe finds the direction of an attribute by a linear probe, which is least squares of the
// attribute of n samples on their latents. It fails where the attribute does not vary, and where
// n is not above the latent coordinates plus one.
func (m *Model) Probe(a Attribute, n int, rng *rand.Rand) (Direction, error) {
	k := m.cfg.Latent
	if n <= k+1 {
		return Direction{}, fmt.Errorf("gan: a probe of %d latent coordinates from %d samples", k, n)
	}
	z := m.Latents(n, rng)
	y := a.Of(m.Generate(z))
	_, spread := stat.MeanStdDev(y, nil)
	if !(spread > 0) {
		return Direction{}, fmt.Errorf("gan: the %v of all %d samples is %v", a, n, y[0])
	}
	design := mat.NewDense(n, k+1, nil)
	design.Slice(0, n, 1, k+1).(*mat.Dense).Copy(z)
	for i := range n {
		design.Set(i, 0, 1)
	}
	var weights mat.VecDense
	if err := weights.SolveVec(design, mat.NewVecDense(n, y)); err != nil {
		return Direction{}, fmt.Errorf("gan: the probe of %v: %w", a, err)
	}
	var fitted mat.VecDense
	fitted.MulVec(design, &weights)
	unit := append([]float64(nil), weights.RawVector().Data[1:]...)
	length := mat.Norm(mat.NewVecDense(k, unit), 2)
	if !(length > 0) {
		return Direction{}, fmt.Errorf("gan: no latent coordinate tells of the %v", a)
	}
	for i := range unit {
		unit[i] /= length
	}
	return Direction{a, unit, stat.RSquaredFrom(fitted.RawVector().Data, y, nil), spread}, nil
}

// Along returns latents like z, each moved by the same length in the direction.
func (d Direction) Along(z mat.Matrix, by float64) *mat.Dense {
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

// RandomWays returns a direction of length 1 for each of n latents, uniform on the sphere: n x
// Latent. Moving along them is the control of a Direction: what any movement does.
func (m *Model) RandomWays(n int, rng *rand.Rand) *mat.Dense {
	ways := m.Latents(n, rng)
	for i := range n {
		row := ways.RawRowView(i)
		length := mat.Norm(mat.NewVecDense(len(row), row), 2)
		for j := range row {
			row[j] /= length
		}
	}
	return ways
}

// Effect is what a movement of a given length does to an attribute, in the attribute's standard
// deviations: the mean change along the Direction and along random ways, each with its standard
// error over the samples.
type Effect struct {
	By               float64
	Along, AlongSE   float64
	Random, RandomSE float64
}

// Effects moves n latents along the direction, and along random ways, by each of the lengths.
func (m *Model) Effects(d Direction, lengths []float64, n int, rng *rand.Rand) []Effect {
	z := m.Latents(n, rng)
	ways := m.RandomWays(n, rng)
	before := d.Attribute.Of(m.Generate(z))
	change := func(moved mat.Matrix) (mean, se float64) {
		after := d.Attribute.Of(m.Generate(moved))
		for i := range after {
			after[i] = (after[i] - before[i]) / d.Spread
		}
		mean, sd := stat.MeanStdDev(after, nil)
		return mean, sd / math.Sqrt(float64(n))
	}
	effects := make([]Effect, len(lengths))
	for i, by := range lengths {
		e := Effect{By: by}
		e.Along, e.AlongSE = change(d.Along(z, by))
		var moved mat.Dense
		moved.Scale(by, ways)
		moved.Add(&moved, z)
		e.Random, e.RandomSE = change(&moved)
		effects[i] = e
	}
	return effects
}
