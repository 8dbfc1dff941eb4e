package kvcache

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// line is a + b·x with the share of the variance of y that it explains.
type line struct{ a, b, r2 float64 }

// fit is least squares.
func fit(x []int, y []float64) line {
	design := mat.NewDense(len(x), 2, nil)
	var mean float64
	for i, v := range x {
		design.SetRow(i, []float64{1, float64(v)})
		mean += y[i] / float64(len(y))
	}
	var c mat.VecDense
	if err := c.SolveVec(design, mat.NewVecDense(len(y), y)); err != nil {
		panic(err) // two prefixes that differ are always there
	}
	var left, all float64
	for i, v := range x {
		left += math.Pow(y[i]-c.AtVec(0)-c.AtVec(1)*float64(v), 2)
		all += math.Pow(y[i]-mean, 2)
	}
	return line{c.AtVec(0), c.AtVec(1), 1 - left/all}
}
