package answer

import (
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"genlab/metrics"
)

// trends returns the change of the metric from the lower to the upper end of each axis that is a number, by linear
// regression on all axes. With several seeds there is a regression for each, and the interval is over the seeds; with
// one seed it is that of least squares. Axes without a trend, and all where the runs are too few, are missing.
func (g *grid) trends() map[string]Trend {
	var rows []*Cell
	for _, c := range g.cells {
		if c.complete() {
			rows = append(rows, c)
		}
	}
	x, columns := g.design(rows)
	if x == nil {
		return nil
	}
	n, p := x.Dims()
	var qr mat.QR
	qr.Factorize(x)
	if n < p+2 || qr.Cond() > 1e8 {
		return nil
	}
	coefficients := make([][]float64, p) // by seed
	var residual float64
	for s := range g.seeds {
		y := mat.NewVecDense(n, nil)
		for i, c := range rows {
			y.SetVec(i, c.values[s])
		}
		var b, fit mat.VecDense
		if err := qr.SolveVecTo(&b, false, y); err != nil {
			return nil
		}
		fit.MulVec(x, &b)
		fit.SubVec(y, &fit)
		residual = mat.Dot(&fit, &fit) / float64(n-p)
		for j := range p {
			coefficients[j] = append(coefficients[j], b.AtVec(j))
		}
	}
	trends := map[string]Trend{}
	for _, c := range columns {
		e := metrics.Mean(coefficients[c.at])
		d := differenceOf(e)
		if len(g.seeds) == 1 {
			d = leastSquares(x, c.at, e.Value, residual)
		}
		trends[c.key] = Trend{c.from, c.to, d}
	}
	return trends
}

// leastSquares returns the interval of a coefficient from the residual variance.
func leastSquares(x *mat.Dense, at int, value, residual float64) Difference {
	n, p := x.Dims()
	var gram, inverse mat.Dense
	gram.Mul(x.T(), x)
	if err := inverse.Inverse(&gram); err != nil {
		return differenceOf(metrics.Estimate{Value: value, SE: math.NaN(), N: 1})
	}
	return differenceOf(metrics.Estimate{Value: value, SE: math.Sqrt(residual * inverse.At(at, at)), N: n - p + 1})
}

// column is a number of the design matrix.
type column struct {
	key, from, to string
	at            int
}

// design returns the matrix of a regression (cells x coefficients): a constant, a column for each number, scaled to 0 to
// 1, and one for each further value of a text. It is nil without numbers, or where an axis does not always apply.
func (g *grid) design(cells []*Cell) (*mat.Dense, []column) {
	if len(cells) == 0 {
		return nil, nil
	}
	columns := [][]float64{constant(len(cells))}
	var numbers []column
	for _, a := range g.axes {
		lo, hi, ok := ends(a, cells)
		if ok {
			numbers = append(numbers, column{a.Key, format(lo), format(hi), len(columns)})
			columns = append(columns, each(cells, func(c *Cell) float64 { u, _ := scaled(a, c.Axes[a.Key], lo, hi); return u }))
			continue
		}
		known := []string{cells[0].Axes[a.Key]}
		for _, c := range cells {
			v, applies := c.Axes[a.Key]
			if !applies {
				return nil, nil
			}
			if !slices.Contains(known, v) {
				known = append(known, v)
				columns = append(columns, each(cells, func(c *Cell) float64 { return indicator(c.Axes[a.Key] == v) }))
			}
		}
	}
	if len(numbers) == 0 || len(cells) < len(columns) {
		return nil, nil
	}
	x := mat.NewDense(len(cells), len(columns), nil)
	for j, c := range columns {
		x.SetCol(j, c)
	}
	return x, numbers
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

func constant(n int) []float64 {
	ones := make([]float64, n)
	for i := range ones {
		ones[i] = 1
	}
	return ones
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
