package plot

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Box is the rectangle of the plane that a picture shows.
type Box struct{ XMin, XMax, YMin, YMax float64 }

// Around returns a square box that contains all but the outermost 0.5 % of the finite rows of x (n x 2)
// on each side, with a margin of a tenth. It panics if x does not have 2 columns.
func Around(x mat.Matrix) Box {
	n := rows(x)
	var ends [2][2]float64
	for j := range ends {
		var values []float64
		for i := range n {
			if v := x.At(i, j); finite(v) {
				values = append(values, v)
			}
		}
		if len(values) == 0 {
			values = []float64{-1, 1}
		}
		slices.Sort(values)
		cut := len(values) / 200
		ends[j] = [2]float64{values[cut], values[len(values)-1-cut]}
	}
	half := max(ends[0][1]-ends[0][0], ends[1][1]-ends[1][0]) / 2 * 1.2
	if half == 0 {
		half = 1
	}
	a, b := (ends[0][0]+ends[0][1])/2, (ends[1][0]+ends[1][1])/2
	return Box{a - half, a + half, b - half, b + half}
}

func (b Box) width() float64  { return b.XMax - b.XMin }
func (b Box) height() float64 { return b.YMax - b.YMin }

func (b Box) holds(x, y float64) bool {
	return x >= b.XMin && x <= b.XMax && y >= b.YMin && y <= b.YMax
}

// check panics unless the box is finite and not empty.
func (b Box) check() {
	if !(b.width() > 0 && b.height() > 0) || !finite(b.width()) || !finite(b.height()) {
		panic(fmt.Sprintf("plot: box [%v, %v] x [%v, %v] is empty", b.XMin, b.XMax, b.YMin, b.YMax))
	}
}

// rows returns the number of points of x. It panics if x does not have 2 columns.
func rows(x mat.Matrix) int {
	n, d := x.Dims()
	if d != 2 {
		panic(fmt.Sprintf("plot: points of %d columns, want 2", d))
	}
	return n
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
