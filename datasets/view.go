package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// View is how points of other than two coordinates are looked at on the plane.
type View interface {
	// Dim is the number of coordinates of a point.
	Dim() int
	// Project returns where each row of x (n x Dim) lies on the plane: n x 2. It panics on
	// another width.
	Project(x mat.Matrix) *mat.Dense
}

// Manifold is a view that knows the set near which all the distribution's points lie.
type Manifold interface {
	// OffManifold returns the distance of each row of x (n x Dim) from that set.
	OffManifold(x mat.Matrix) []float64
}

// Dim returns the number of coordinates of the distribution's points.
func (d *Dataset) Dim() int {
	if d.View == nil {
		return 2
	}
	return d.View.Dim()
}

// Plane returns the distribution of what Project shows of d's draws: d itself where they lie on
// the plane. Modes, their weights, the share of high quality and the box are its own.
func (d *Dataset) Plane() *Dataset {
	if d.projected == nil {
		return d
	}
	return d.projected
}

// Project returns where points of d (n x Dim) lie on the plane, n x 2.
func (d *Dataset) Project(x *mat.Dense) *mat.Dense {
	if d.View == nil {
		return x
	}
	return d.View.Project(x)
}

// seen is the law of what is seen of a distribution on the plane.
type seen struct{ of *Dataset }

// Sample returns n draws (n x 2).
func (s seen) Sample(n int, rng *rand.Rand) *mat.Dense {
	return s.of.Project(s.of.Sampler.Sample(n, rng))
}

// withProjection gives a distribution, whose view and box are set, the law of what is seen of it, and
// its modes to that: without a density, for that is not known.
func withProjection(d *Dataset) *Dataset {
	d.projected = &Dataset{
		Name: d.Name, Summary: d.Summary, Sampler: seen{d}, Modes: d.Modes, HighQuality: d.HighQuality,
		Entropy: math.NaN(), box: d.box,
	}
	d.Modes = nil
	return d
}

// mustHaveColumns returns the number of rows of x, and panics unless it has the columns wanted.
func mustHaveColumns(view string, x mat.Matrix, want int) int {
	n, d := x.Dims()
	if d != want {
		panic(fmt.Sprintf("datasets: %s of points with %d columns, want %d", view, d, want))
	}
	return n
}
