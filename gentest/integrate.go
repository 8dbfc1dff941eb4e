package gentest

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"

	"genlab"
)

// Box is an axis-aligned rectangle of the plane.
type Box struct{ XMin, XMax, YMin, YMax float64 }

func (b Box) String() string {
	return fmt.Sprintf("[%g, %g] × [%g, %g]", b.XMin, b.XMax, b.YMin, b.YMax)
}

// Grid is the number of cells along each side of a box in [Integrate] and in the χ² test of [Agree].
// The quadrature starts with 3 x 3 nodes a cell, which detects features of standard deviation 1/200
// of the box or more.
const Grid = 32

// order is the number of Gauss-Legendre nodes along a side of a cell.
const order = 3

// deepest is the maximum number of bisections of a cell, reached at a discontinuity.
const deepest = 8

// Integrate returns the integral over box of f, which maps the rows of x (n x 2) to n values. It
// subdivides cells adaptively until a cell and its quarters agree to tol/1000. For a smooth f the
// total error is below tol; at a discontinuity refinement stops at cells of 1/8192 of the box. A NaN
// of f makes the result NaN.
func Integrate(f func(x *mat.Dense) []float64, box Box, tol float64) float64 {
	return floats.Sum(cells(f, box, Grid, tol))
}

// Masses returns the probability of each of the [Grid] x Grid cells of box under the density lp, to
// tol in total. Cell (i, j), i along x, is at i*Grid+j.
func Masses(lp genlab.LogProber, box Box, tol float64) []float64 {
	return cells(density(lp), box, Grid, tol)
}

func density(lp genlab.LogProber) func(*mat.Dense) []float64 {
	return func(x *mat.Dense) []float64 {
		p := lp.LogProb(x)
		for i, l := range p {
			p[i] = math.Exp(l)
		}
		return p
	}
}

// cell is a square under refinement.
type cell struct {
	Box
	root     int     // the cell of the grid that contains it
	estimate float64 // by the product rule
}

// cells integrates f over each of n x n cells of box.
func cells(f func(x *mat.Dense) []float64, box Box, n int, tol float64) []float64 {
	dx, dy := (box.XMax-box.XMin)/float64(n), (box.YMax-box.YMin)/float64(n)
	todo := make([]cell, 0, n*n)
	for i := range n {
		for j := range n {
			x, y := box.XMin+float64(i)*dx, box.YMin+float64(j)*dy
			todo = append(todo, cell{Box: Box{x, x + dx, y, y + dy}, root: i*n + j})
		}
	}
	estimate(f, todo)
	sum := make([]float64, n*n)
	for depth := 1; len(todo) > 0; depth++ {
		quarters := make([]cell, 0, 4*len(todo))
		for _, c := range todo {
			xm, ym := (c.XMin+c.XMax)/2, (c.YMin+c.YMax)/2
			for _, b := range [4]Box{
				{c.XMin, xm, c.YMin, ym}, {c.XMin, xm, ym, c.YMax},
				{xm, c.XMax, c.YMin, ym}, {xm, c.XMax, ym, c.YMax},
			} {
				quarters = append(quarters, cell{Box: b, root: c.root})
			}
		}
		estimate(f, quarters)
		var next []cell
		for i, c := range todo {
			q := quarters[4*i : 4*i+4]
			s := q[0].estimate + q[1].estimate + q[2].estimate + q[3].estimate
			if depth == deepest || !(math.Abs(s-c.estimate) > tol/1000) { // false for a NaN too
				sum[c.root] += s
				continue
			}
			next = append(next, q...)
		}
		todo = next
	}
	return sum
}

// estimate applies the product Gauss-Legendre rule to each cell, in one call of f: models are fastest
// on many rows.
func estimate(f func(x *mat.Dense) []float64, cells []cell) {
	var node, weight [order]float64
	quad.Legendre{}.FixedLocations(node[:], weight[:], -1, 1)
	x := mat.NewDense(len(cells)*order*order, 2, nil)
	k := 0
	for _, c := range cells {
		hx, hy := (c.XMax-c.XMin)/2, (c.YMax-c.YMin)/2
		for i := range order {
			for j := range order {
				x.SetRow(k, []float64{c.XMin + hx*(1+node[i]), c.YMin + hy*(1+node[j])})
				k++
			}
		}
	}
	v := f(x)
	k = 0
	for i := range cells {
		c := &cells[i]
		area := (c.XMax - c.XMin) * (c.YMax - c.YMin) / 4
		for i := range order {
			for j := range order {
				c.estimate += weight[i] * weight[j] * area * v[k]
				k++
			}
		}
	}
}
