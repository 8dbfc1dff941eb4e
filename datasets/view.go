package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// View projects points with more than two coordinates to the plane, for plots and metrics.
type View interface {
	// Dim returns the number of coordinates of a point.
	Dim() int
	// Project returns the projection of each row of x (n x Dim): n x 2. It panics on another
	// width.
	Project(x mat.Matrix) *mat.Dense
}

// Manifold is implemented by views that know the data manifold.
type Manifold interface {
	// OffManifold returns the distance of each row of x (n x Dim) from the manifold.
	OffManifold(x mat.Matrix) []float64
}

// Dim returns the number of coordinates of a point.
func (d *Dataset) Dim() int {
	if d.View == nil {
		return 2
	}
	return d.View.Dim()
}

// Plane returns the distribution of the projected samples, with its own modes and box: d itself if
// its points lie on the plane.
func (d *Dataset) Plane() *Dataset {
	if d.projected == nil {
		return d
	}
	return d.projected
}

// Project returns the projection of points of d (n x Dim) to the plane, n x 2: x itself if they lie
// on it.
func (d *Dataset) Project(x *mat.Dense) *mat.Dense {
	if d.View == nil {
		return x
	}
	return d.View.Project(x)
}

// projection is the distribution of the projected samples of a data set.
type projection struct{ of *Dataset }

// Sample returns n samples (n x 2).
func (s projection) Sample(n int, rng *rand.Rand) *mat.Dense {
	return s.of.Project(s.of.Sampler.Sample(n, rng))
}

// withProjection adds the distribution of its projected samples to a data set whose view and box are
// set, and moves the modes there. The density of that is not known.
func withProjection(d *Dataset) *Dataset {
	d.projected = &Dataset{
		Name: d.Name, Summary: d.Summary, Sampler: projection{d}, Modes: d.Modes, HighQuality: d.HighQuality,
		Entropy: math.NaN(), box: d.box,
	}
	d.Modes = nil
	return d
}

// mustHaveColumns returns the number of rows of x, and panics if it has another number of columns.
func mustHaveColumns(what string, x mat.Matrix, want int) int {
	n, d := x.Dims()
	if d != want {
		panic(fmt.Sprintf("datasets: %s of points with %d columns, want %d", what, d, want))
	}
	return n
}
