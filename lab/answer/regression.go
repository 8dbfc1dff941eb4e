package answer

import (
	"maps"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"genlab/metrics"
)

// fit is the least-squares regression of the configurations' means over the seeds on all axes. Its residuals are those
// of configurations, not of seeds: they include what the linear form leaves out, which no number of seeds reduces.
type fit struct {
	at       map[string]map[string]contrast // coefficients of each value of a text
	numbers  map[string]number
	b        *mat.VecDense
	inverse  *mat.Dense // of the Gram matrix
	variance float64    // of a residual
	degrees  int
}

// contrast is the coefficients of a linear combination by column.
type contrast map[int]float64

// number is an axis that is a number, scaled to 0 at from and to 1 at to.
type number struct {
	from, to float64
	at       int // its column
}

// regress fits the complete configurations. An axis that does not apply to all of them has columns of mean 0 over its values,
// which are 0 where it does not apply: what the others' effects compare is then the middle of it. Regress returns nil where
// all axes are texts that apply to all, and where the configurations are too few or determine no fit.
func (g *grid) regress() *fit {
	var cells []*Cell
	for _, c := range g.cells {
		if c.complete() {
			cells = append(cells, c)
		}
	}
	f := &fit{at: map[string]map[string]contrast{}, numbers: map[string]number{}}
	x := f.design(g.axes, cells)
	if x == nil {
		return nil
	}
	n, p := x.Dims()
	y := mat.NewVecDense(n, nil)
	for i, c := range cells {
		y.SetVec(i, float64(c.Mean))
	}
	var qr mat.QR
	qr.Factorize(x)
	f.b, f.inverse = new(mat.VecDense), new(mat.Dense)
	if qr.Cond() > 1e8 || qr.SolveVecTo(f.b, false, y) != nil {
		return nil
	}
	var gram mat.Dense
	gram.Mul(x.T(), x)
	if f.inverse.Inverse(&gram) != nil {
		return nil
	}
	var residual mat.VecDense
	residual.MulVec(x, f.b)
	residual.SubVec(y, &residual)
	f.degrees = n - p
	f.variance = mat.Dot(&residual, &residual) / float64(f.degrees)
	return f
}

// design returns the matrix (cells x coefficients): a constant, a column for each number, and one for each further value of
// a text. It is nil where regress returns nil for want of a design.
func (f *fit) design(axes []Axis, cells []*Cell) *mat.Dense {
	if len(cells) == 0 {
		return nil
	}
	columns := [][]float64{each(cells, func(*Cell) float64 { return 1 })}
	partial := false
	for _, a := range axes {
		having := slices.DeleteFunc(slices.Clone(cells), func(c *Cell) bool { return !c.has(a) })
		everywhere := len(having) == len(cells)
		partial = partial || !everywhere && len(having) > 0
		if lo, hi, ok := ends(a, having); ok {
			middle := 0.0
			if !everywhere {
				middle = 0.5
			}
			f.numbers[a.Key] = number{lo, hi, len(columns)}
			columns = append(columns, each(cells, func(c *Cell) float64 {
				if !c.has(a) {
					return 0
				}
				return scaled(a, c.Axes[a.Key], lo, hi) - middle
			}))
			continue
		}
		var values []string
		for _, c := range having {
			if v := c.Axes[a.Key]; !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		f.at[a.Key] = map[string]contrast{}
		for i, v := range values {
			f.at[a.Key][v] = contrast{}
			if i == 0 {
				continue
			}
			f.at[a.Key][v][len(columns)] = 1
			first := 0.0
			if !everywhere {
				first = -1
				f.at[a.Key][values[0]][len(columns)] = first
			}
			columns = append(columns, each(cells, func(c *Cell) float64 {
				if c.Axes[a.Key] == values[0] {
					return first
				}
				return indicator(c.Axes[a.Key] == v)
			}))
		}
	}
	if len(f.numbers) == 0 && !partial || len(cells) < len(columns)+2 {
		return nil
	}
	x := mat.NewDense(len(cells), len(columns), nil)
	for j, c := range columns {
		x.SetCol(j, c)
	}
	return x
}

// difference returns the difference of a linear combination of coefficients from 0.
func (f *fit) difference(weights contrast) Difference {
	columns := slices.Sorted(maps.Keys(weights)) // the same order of the sums every time
	var value, variance float64
	for _, i := range columns {
		value += weights[i] * f.b.AtVec(i)
		for _, j := range columns {
			variance += weights[i] * weights[j] * f.inverse.At(i, j)
		}
	}
	return differenceOf(metrics.Estimate{Value: value, SE: math.Sqrt(f.variance * variance), N: f.degrees + 1})
}

// trend returns the change of an axis that is a number.
func (f *fit) trend(axis string) (*Trend, bool) {
	c, ok := f.numbers[axis]
	if !ok {
		return nil, false
	}
	return &Trend{format(c.from), format(c.to), f.difference(contrast{c.at: 1})}, true
}

// pair returns the difference between two values of a text, the other axes being equal.
func (f *fit) pair(axis, from, to string) Difference {
	weights := contrast{}
	for column, w := range f.at[axis][to] {
		weights[column] += w
	}
	for column, w := range f.at[axis][from] {
		weights[column] -= w
	}
	return f.difference(weights)
}

// ends returns the smallest and the largest value of an axis; false where it is no number for all cells, or constant.
func ends(a Axis, cells []*Cell) (lo, hi float64, ok bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, c := range cells {
		v, err := strconv.ParseFloat(c.Axes[a.Key], 64)
		if err != nil {
			return 0, 0, false
		}
		lo, hi = min(lo, v), max(hi, v)
	}
	return lo, hi, lo < hi
}

// scaled returns the position of a number between the ends of its axis, 0 to 1.
func scaled(a Axis, value string, lo, hi float64) float64 {
	x, err := strconv.ParseFloat(value, 64)
	if err != nil {
		panic("answer: " + value + " is no number") // see ends
	}
	if a.Log && lo > 0 {
		return math.Log(x/lo) / math.Log(hi/lo)
	}
	return (x - lo) / (hi - lo)
}

func each(cells []*Cell, of func(*Cell) float64) []float64 {
	list := make([]float64, len(cells))
	for i, c := range cells {
		list[i] = of(c)
	}
	return list
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func format(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
