package metrics

import (
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/parallel"
)

// ModeInfo is what the mode metrics need to know of the true distribution.
type ModeInfo struct {
	Modes       ModeMap   // nil (or of length 0): there are no mode metrics
	Weights     []float64 // of the modes, summing to 1; nil: equal
	HighQuality float64   // P(within 3 sigma) under the true distribution; NaN if it is not known
}

// Row is a metric of a table, and the value that the true distribution scores.
type Row struct {
	Name      string  // snake_case
	Value, SE float64 // SE is NaN if it is not known
	Oracle    float64 // the metric of a second sample of the true distribution
	N         int     // number of samples
	NonFinite int     // number of them that are not finite
	Kind      string  // of a likelihood: "exact" or "bound"; else ""
	Better    string  // "lower", "higher", or "" if nearer to the oracle is better
	Unit      string  // "" for a pure number
}

// Row returns the row of an estimate with the oracle's value (NaN if there is none); see [Row] for
// kind and better.
func (e Estimate) Row(name string, oracle float64, kind, better string) Row {
	return Row{Name: name, Value: e.Value, SE: e.SE, Oracle: oracle, N: e.N, NonFinite: e.NonFinite, Kind: kind, Better: better}
}

// metric is a line of the table: metrics of one computation.
type metric struct {
	rows   []Row // name, better, unit
	byMode bool  // needs a ModeMap
	of     func(x, reference mat.Matrix, info ModeInfo) []Estimate
}

const (
	sliceDirections = 128
	assignmentRows  = 1000
	neighbours      = 5
)

// table lists all metrics of a sample against a reference sample. A new one is a line here and a
// file.
var table = []metric{
	{rows: []Row{{Name: "energy_distance", Better: "lower", Unit: "data unit"}},
		of: func(x, reference mat.Matrix, _ ModeInfo) []Estimate {
			return []Estimate{EnergyDistance(x, reference)}
		}},
	{rows: []Row{{Name: "sliced_w2", Better: "lower", Unit: "data unit"}},
		of: func(x, reference mat.Matrix, _ ModeInfo) []Estimate {
			// The same directions for the sample, the oracle and every model.
			return []Estimate{SlicedW2(x, reference, sliceDirections, rand.New(rand.NewPCG(128, 2)))}
		}},
	{rows: []Row{{Name: "w2", Better: "lower", Unit: "data unit"}},
		of: func(x, reference mat.Matrix, _ ModeInfo) []Estimate {
			n := min(assignmentRows, rowCount(x), rowCount(reference))
			return []Estimate{ExactW2(first(x, n), first(reference, n))}
		}},
	{rows: []Row{
		{Name: "modes", Better: "higher"}, {Name: "modes_total"}, {Name: "modes_1pct", Better: "higher"},
		{Name: "high_quality"}, {Name: "mode_tv", Better: "lower"}},
		byMode: true,
		of: func(x, _ mat.Matrix, info ModeInfo) []Estimate {
			r := Modes(x, info.Modes, info.Weights, info.HighQuality)
			total := Estimate{Value: float64(r.Total), N: r.Covered.N}
			return []Estimate{r.Hit, total, r.Covered, r.HighQuality, r.TV}
		}},
	{rows: []Row{
		{Name: "precision", Better: "higher"}, {Name: "recall", Better: "higher"},
		{Name: "density"}, {Name: "coverage", Better: "higher"}},
		of: func(x, reference mat.Matrix, _ ModeInfo) []Estimate {
			precision, recall, density, coverage := PrecisionRecall(reference, x, neighbours)
			return []Estimate{precision, recall, density, coverage}
		}},
}

// Evaluate returns all metrics of samples (n x d) against the true distribution. trueA (m x d) is the
// reference, trueB the oracle's sample; both are independent samples of the true distribution that
// no model was trained on. The rows are energy_distance, sliced_w2 and w2 (on 1000 points); modes (on
// the first 2500 samples), modes_total, modes_1pct, high_quality and mode_tv if there are modes;
// precision, recall, density and coverage (k = 5; NaN where a sample has fewer than 6 distinct points);
// and nonfinite, the number of samples that are not finite, if there are any.
//
// It panics if the widths differ or a sample has fewer than 2 rows.
func Evaluate(samples, trueA, trueB mat.Matrix, info ModeInfo) []Row {
	rows := evaluate(samples, trueA, trueB, info, nil)
	if bad := coordinatesOf(samples).nonFinite(); bad > 0 {
		rows = append(rows, Row{
			Name: "nonfinite", Value: float64(bad), N: rowCount(samples), NonFinite: bad,
			Oracle: float64(coordinatesOf(trueB).nonFinite()), Better: "lower", Unit: "samples",
		})
	}
	return rows
}

// Fidelity returns the fast metrics of [Evaluate]: energy_distance, and high_quality and mode_tv if
// there are modes.
func Fidelity(samples, trueA, trueB mat.Matrix, info ModeInfo) []Row {
	return evaluate(samples, trueA, trueB, info, []string{"energy_distance", "high_quality", "mode_tv"})
}

// evaluate returns the rows of the table with the given names, nil for all.
func evaluate(samples, trueA, trueB mat.Matrix, info ModeInfo, names []string) []Row {
	wanted := func(r Row) bool { return names == nil || slices.Contains(names, r.Name) }
	var of []metric
	for _, m := range table {
		if noModes := info.Modes == nil || info.Modes.Len() == 0; !(m.byMode && noModes) && slices.ContainsFunc(m.rows, wanted) {
			of = append(of, m)
		}
	}
	pair("Evaluate", samples, trueA, 2)
	pair("Evaluate", trueB, trueA, 2)
	// Some metrics use one processor, so all are computed at once: of the model the even ones, of the oracle the odd.
	// Those of modes take no time; they are not, for the caller to recover where they panic.
	estimates := make([][]Estimate, 2*len(of))
	compute := func(i int) { estimates[i] = of[i/2].of([]mat.Matrix{samples, trueB}[i%2], trueA, info) }
	for i := range estimates {
		if of[i/2].byMode {
			compute(i)
		}
	}
	parallel.Rows(len(estimates), 1, func(i, _ int) {
		if !of[i/2].byMode {
			compute(i)
		}
	})
	var rows []Row
	for k, m := range of {
		for i, row := range m.rows {
			if wanted(row) {
				e := estimates[2*k][i]
				row.Value, row.SE, row.N, row.NonFinite = e.Value, e.SE, e.N, e.NonFinite
				row.Oracle = estimates[2*k+1][i].Value
				rows = append(rows, row)
			}
		}
	}
	return rows
}

// first returns the first n rows of x.
func first(x mat.Matrix, n int) mat.Matrix {
	_, d := x.Dims()
	return mat.DenseCopyOf(x).Slice(0, n, 0, d)
}

func rowCount(x mat.Matrix) int {
	n, _ := x.Dims()
	return n
}
