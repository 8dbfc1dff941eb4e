package autoregressive

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// Box is the support of a density of [Points], the rectangle that its grid divides. In a [Config]
// the zero Box stands for one fitted to the data.
type Box struct{ XMin, XMax, YMin, YMax float64 }

func boxOf(v [4]float64) Box { return Box{v[0], v[1], v[2], v[3]} }

func (b Box) edges() [4]float64 { return [4]float64{b.XMin, b.XMax, b.YMin, b.YMax} }

func (b Box) validate() error {
	if b == (Box{}) {
		return nil
	}
	for _, v := range []float64{b.XMin, b.XMax, b.YMin, b.YMax, b.XMax - b.XMin, b.YMax - b.YMin} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("box is %v, but must be finite", b)
		}
	}
	if !(b.XMin < b.XMax && b.YMin < b.YMax) {
		return fmt.Errorf("box is %v, but must have xmin < xmax and ymin < ymax", b)
	}
	return nil
}

// Area returns the area of the box.
func (b Box) Area() float64 { return (b.XMax - b.XMin) * (b.YMax - b.YMin) }

func (b Box) String() string {
	return fmt.Sprintf("[%g, %g] × [%g, %g]", b.XMin, b.XMax, b.YMin, b.YMax)
}

// MarshalText returns xmin,xmax,ymin,ymax, or auto for the zero Box.
func (b Box) MarshalText() ([]byte, error) {
	if b == (Box{}) {
		return []byte("auto"), nil
	}
	var text []byte
	for i, v := range b.edges() {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendFloat(text, v, 'g', -1, 64)
	}
	return text, nil
}

// UnmarshalText accepts what MarshalText returns. It fails for anything else, and for a box that is
// empty or not finite.
func (b *Box) UnmarshalText(text []byte) error {
	if string(text) == "auto" {
		*b = Box{}
		return nil
	}
	parts := strings.Split(string(text), ",")
	var v [4]float64
	for i, part := range parts {
		x, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || len(parts) != len(v) {
			return fmt.Errorf("invalid box %q: expected xmin,xmax,ymin,ymax or auto", text)
		}
		v[i] = x
	}
	box := boxOf(v)
	if box == (Box{}) {
		return fmt.Errorf("invalid box %q: its area is 0", text)
	}
	if err := box.validate(); err != nil {
		return err
	}
	*b = box
	return nil
}

// FitBox returns a box around a sample (n x 2), with round edges, that also leaves room for the
// unseen tail of the distribution. Where the sample ends abruptly, like that of a uniform
// distribution, the edge is the roundest number just outside it, most likely the edge of the
// support. Elsewhere the margin is 1.5 to 3.5 times the range of the outermost thousandth of the
// sample on that side, which covers a Gaussian tail to 5.5 standard deviations or more. It fails
// if the sample does not vary along an axis, and panics if x does not have 2 columns.
func FitBox(x mat.Matrix) (Box, error) {
	n, d := x.Dims()
	if d != 2 {
		panic(fmt.Sprintf("autoregressive: FitBox of points with %d columns, want 2", d))
	}
	var edges [4]float64
	for axis := range 2 {
		v := mat.Col(nil, axis, x)
		slices.Sort(v)
		if !(v[0] < v[n-1]) {
			return Box{}, fmt.Errorf("column %d of %d points runs from %v to %v: the data does not vary along that axis", axis+1, n, v[0], v[n-1])
		}
		if v[n-1]-v[0] > math.MaxFloat64/8 { // with its margins
			return Box{}, fmt.Errorf("column %d of %d points runs from %v to %v: too wide for float64; divide it by a constant", axis+1, n, v[0], v[n-1])
		}
		edges[2*axis+1] = upper(v)
		for i, p := range v {
			v[i] = -p
		}
		slices.Reverse(v)
		edges[2*axis] = 0 - upper(v) // 0, not -0
	}
	return boxOf(edges), nil
}

// upper returns the upper edge for sorted values.
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

// roundest returns the number in [lo, hi] with the fewest digits, of which the last may be 5 or 2.
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
