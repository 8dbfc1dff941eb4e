// Package pack encodes points and functions of the plane for a page, as PROTOCOL.md of the folder above says: points as
// pairs of 16-bit integers relative to a box, functions as bytes on a grid of cells.
//
//	text := pack.Points(x, box)
//	g := pack.Density(q, box, 192)
package pack

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/internal/plot"
)

// Points returns the finite rows of x (n x 2) as the protocol packs points; a row that is not finite becomes the corner
// that is lowest in both, which is outside of what is shown.
func Points(x mat.Matrix, reach plot.Box) string { return Encode(Quantise(x, reach)) }

// Quantise returns the coordinates of x (n x 2) as integers relative to a box.
func Quantise(x mat.Matrix, reach plot.Box) []uint16 {
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

// Encode returns quantised points as the protocol has them.
func Encode(q []uint16) string {
	b := make([]byte, 0, 2*len(q))
	for _, v := range q {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return base64.StdEncoding.EncodeToString(b)
}

// Unquantise returns the points (n x 2) of [Quantise].
func Unquantise(q []uint16, reach plot.Box) *mat.Dense {
	x := mat.NewDense(len(q)/2, 2, nil)
	for i := range len(q) / 2 {
		x.Set(i, 0, reach.XMin+(reach.XMax-reach.XMin)*float64(q[2*i])/math.MaxUint16)
		x.Set(i, 1, reach.YMin+(reach.YMax-reach.YMin)*float64(q[2*i+1])/math.MaxUint16)
	}
	return x
}

// Outside returns the share of the rows of x that are not in a box.
func Outside(x mat.Matrix, b plot.Box) float64 {
	n, _ := x.Dims()
	out := 0
	for i := range n {
		if px, py := x.At(i, 0), x.At(i, 1); !(px >= b.XMin && px <= b.XMax && py >= b.YMin && py <= b.YMax) {
			out++
		}
	}
	return float64(out) / float64(n)
}

// Grid is a function on a grid of cells, as bytes.
type Grid struct {
	W      int      `json:"w"`
	H      int      `json:"h"`
	Values string   `json:"values"`
	Max    *float64 `json:"max,omitempty"` // of a density, the value of 255
	Low    *float64 `json:"low,omitempty"` // of another function, the value of 0
	High   *float64 `json:"high,omitempty"`
}

// Cells returns the centres of side x side cells of a box, row by row from the lowest y.
func Cells(b plot.Box, side int) *mat.Dense {
	x := mat.NewDense(side*side, 2, nil)
	for i := range side * side {
		x.SetRow(i, []float64{
			b.XMin + (b.XMax-b.XMin)*(float64(i%side)+.5)/float64(side),
			b.YMin + (b.YMax-b.YMin)*(float64(i/side)+.5)/float64(side),
		})
	}
	return x
}

// Density returns a density over a box, on a square-root scale.
func Density(q genlab.LogProber, b plot.Box, side int) *Grid {
	logq := q.LogProb(Cells(b, side))
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
	return &Grid{W: side, H: side, Values: base64.StdEncoding.EncodeToString(bytes), Max: &highest}
}

// Values returns the values of side x side cells on a linear scale.
func Values(v []float64, side int) *Grid {
	lo, hi := slices.Min(v), slices.Max(v)
	bytes := make([]byte, len(v))
	for i, u := range v {
		if hi > lo {
			bytes[i] = byte(math.Round(255 * (u - lo) / (hi - lo)))
		}
	}
	return &Grid{W: side, H: side, Values: base64.StdEncoding.EncodeToString(bytes), Low: &lo, High: &hi}
}

// Wider returns a box with half its size more on each side.
func Wider(b plot.Box) plot.Box {
	w, h := (b.XMax-b.XMin)/2, (b.YMax-b.YMin)/2
	return plot.Box{XMin: b.XMin - w, XMax: b.XMax + w, YMin: b.YMin - h, YMax: b.YMax + h}
}

// Corners returns the ends of a box in the order of the protocol.
func Corners(b plot.Box) [4]float64 { return [4]float64{b.XMin, b.XMax, b.YMin, b.YMax} }

// Inflated returns a box with a share of its size more on each side.
func Inflated(b plot.Box, share float64) plot.Box {
	w, h := (b.XMax-b.XMin)*share, (b.YMax-b.YMin)*share
	return plot.Box{XMin: b.XMin - w, XMax: b.XMax + w, YMin: b.YMin - h, YMax: b.YMax + h}
}

// CSV returns the CSV file of points (n x 2) with columns x, y and, unless labels is nil, label.
func CSV(x *mat.Dense, labels []int) []byte {
	n, _ := x.Dims()
	text := []byte("x,y\n")
	if labels != nil {
		text = []byte("x,y,label\n")
	}
	for i := range n {
		text = strconv.AppendFloat(text, x.At(i, 0), 'g', -1, 64)
		text = append(text, ',')
		text = strconv.AppendFloat(text, x.At(i, 1), 'g', -1, 64)
		if labels != nil {
			text = append(text, ',')
			text = strconv.AppendInt(text, int64(labels[i]), 10)
		}
		text = append(text, '\n')
	}
	return text
}
