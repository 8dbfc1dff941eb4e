package autoregressive

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/mat"
)

// FitBox returns a box around a sample (n x 2) and what the law has beyond it, with edges that
// are round numbers. An edge at which the sample stops as if cut off, as that of a uniform law,
// is the roundest number just outside it, most likely the law's own edge; else there is a
// margin of 1.5 to 3.5 times the range of the outermost thousandth of the sample
// on that side, which holds a Gaussian's tail to about 5.5 standard deviations or more. An axis on
// which the sample does not vary is an error.
func FitBox(x mat.Matrix) (Box, error) {
	n, d := x.Dims()
	if d != 2 {
		panic(fmt.Sprintf("autoregressive: a box of points with %d columns, want 2", d))
	}
	var edges [4]float64
	for axis := range 2 {
		v := mat.Col(nil, axis, x)
		slices.Sort(v)
		if !(v[0] < v[n-1]) || math.IsInf(v[n-1]-v[0], 0) {
			return Box{}, fmt.Errorf("column %d of %d points runs from %v to %v: nothing to learn on that axis", axis+1, n, v[0], v[n-1])
		}
		edges[2*axis+1] = upper(v)
		for i, p := range v {
			v[i] = -p
		}
		slices.Reverse(v)
		edges[2*axis] = 0 - upper(v) // 0, not -0
	}
	return Box{edges[0], edges[1], edges[2], edges[3]}, nil
}

// upper returns the edge above sorted values.
func upper(v []float64) float64 {
	n := len(v)
	top := v[n-1]
	quantile := func(share int) float64 { return v[n-1-n/share] }
	last, before := top-quantile(1000), quantile(1000)-quantile(100)
	switch {
	case last <= 0: // few values, or many that are equal
		margin := (top - v[0]) / 20
		return roundest(top+margin/2, top+margin)
	case last < 0.3*before: // 1/9 where the density is level, 4/3 where it is a Gaussian's tail
		return roundest(math.Nextafter(top, math.Inf(1)), top+last)
	}
	return roundest(top+1.5*last, top+3.5*last)
}

// roundest returns the number of fewest digits, or of the last digit 5 or 2, from lo to hi.
func roundest(lo, hi float64) float64 {
	if lo <= 0 && hi >= 0 {
		return 0
	}
	for exponent := int(math.Ceil(math.Log10(math.Max(math.Abs(lo), math.Abs(hi))))); exponent > -320; exponent-- {
		for _, digit := range []float64{1, 0.5, 0.2} {
			step := digit * math.Pow(10, float64(exponent))
			// Through decimal text, because a multiple of 0.1 is not what it prints as.
			v, err := strconv.ParseFloat(strconv.FormatFloat(math.Ceil(lo/step)*step, 'g', 15, 64), 64)
			if err == nil && v >= lo && v <= hi {
				return v
			}
		}
	}
	return hi
}
