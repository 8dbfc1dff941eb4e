package stage

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/internal/plot"
)

// pack returns the finite rows of x (n x 2) as the protocol packs points; a row that is not finite becomes the corner
// that is lowest in both, which is outside of what is shown.
func pack(x mat.Matrix, reach plot.Box) string { return packed(quantise(x, reach)) }

// quantise returns the coordinates of x (n x 2) as integers relative to a box.
func quantise(x mat.Matrix, reach plot.Box) []uint16 {
	n, _ := x.Dims()
	q := make([]uint16, 0, 2*n)
	scale := func(v, lo, hi float64) uint16 {
		u := math.Round((v - lo) / (hi - lo) * math.MaxUint16)
		if !(u > 0) { // NaN too
			return 0
		}
		return uint16(min(u, math.MaxUint16))
	}
	for i := range n {
		q = append(q, scale(x.At(i, 0), reach.XMin, reach.XMax), scale(x.At(i, 1), reach.YMin, reach.YMax))
	}
	return q
}

func packed(q []uint16) string {
	b := make([]byte, 0, 2*len(q))
	for _, v := range q {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return base64.StdEncoding.EncodeToString(b)
}

// unquantise returns the points of quantise.
func unquantise(q []uint16, reach plot.Box) *mat.Dense {
	x := mat.NewDense(len(q)/2, 2, nil)
	for i := range len(q) / 2 {
		x.Set(i, 0, reach.XMin+(reach.XMax-reach.XMin)*float64(q[2*i])/math.MaxUint16)
		x.Set(i, 1, reach.YMin+(reach.YMax-reach.YMin)*float64(q[2*i+1])/math.MaxUint16)
	}
	return x
}

// outside returns the share of the rows of x that are not in a box.
func outside(x mat.Matrix, b plot.Box) float64 {
	n, _ := x.Dims()
	out := 0
	for i := range n {
		if px, py := x.At(i, 0), x.At(i, 1); !(px >= b.XMin && px <= b.XMax && py >= b.YMin && py <= b.YMax) {
			out++
		}
	}
	return float64(out) / float64(n)
}

// grid is a function on a grid of cells, as bytes.
type grid struct {
	W      int      `json:"w"`
	H      int      `json:"h"`
	Values string   `json:"values"`
	Max    *float64 `json:"max,omitempty"` // of a density, the value of 255
	Low    *float64 `json:"low,omitempty"` // of another function, the value of 0
	High   *float64 `json:"high,omitempty"`
}

// cells returns the centres of side x side cells of a box, row by row from the lowest y.
func cells(b plot.Box, side int) *mat.Dense {
	x := mat.NewDense(side*side, 2, nil)
	for i := range side * side {
		x.SetRow(i, []float64{
			b.XMin + (b.XMax-b.XMin)*(float64(i%side)+.5)/float64(side),
			b.YMin + (b.YMax-b.YMin)*(float64(i/side)+.5)/float64(side),
		})
	}
	return x
}

// densityGrid returns a density over a box, on a square-root scale.
func densityGrid(q genlab.LogProber, b plot.Box, side int) *grid {
	logq := q.LogProb(cells(b, side))
	peak := math.Inf(-1)
	for _, l := range logq {
		if l > peak {
			peak = l
		}
	}
	bytes := make([]byte, len(logq))
	for i, l := range logq {
		if v := 255 * math.Exp((l-peak)/2); v > 0 {
			bytes[i] = byte(math.Round(min(v, 255)))
		}
	}
	highest := math.Exp(peak)
	if math.IsInf(highest, 0) {
		highest = math.MaxFloat64
	}
	return &grid{W: side, H: side, Values: base64.StdEncoding.EncodeToString(bytes), Max: &highest}
}

// valueGrid returns the values of side x side cells on a linear scale.
func valueGrid(v []float64, side int) *grid {
	lo, hi := slices.Min(v), slices.Max(v)
	bytes := make([]byte, len(v))
	for i, u := range v {
		if hi > lo {
			bytes[i] = byte(math.Round(255 * (u - lo) / (hi - lo)))
		}
	}
	return &grid{W: side, H: side, Values: base64.StdEncoding.EncodeToString(bytes), Low: &lo, High: &hi}
}
