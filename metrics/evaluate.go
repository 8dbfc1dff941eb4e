package metrics

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// ModeInfo is what the table must know of a data set besides samples of it.
type ModeInfo struct {
	Modes       ModeMap   // nil (or of length 0): the rows of modes are left out
	Weights     []float64 // of the modes, summing to 1; nil: equal
	HighQuality float64   // P(within 3 sigma) under the truth
}

// Row is one figure of a table, and what the truth itself scores.
type Row struct {
	Name      string  // snake_case
	Value, SE float64 // SE is NaN where it is not known
	Oracle    float64 // the same figure of a second sample of the truth
	N         int     // samples that it was computed from
	NonFinite int     // of which not finite
	Kind      string  // of a likelihood: "exact" or "bound"; else ""
	Better    string  // "lower", "higher", or "" where nearer to the oracle is better
	Unit      string  // "" for a pure number
}

// Row returns the row of an estimate beside the oracle's value (NaN where there is none); see Row
// for kind and better.
func (e Estimate) Row(name string, oracle float64, kind, better string) Row {
	return Row{Name: name, Value: e.Value, SE: e.SE, Oracle: oracle, N: e.N, NonFinite: e.NonFinite, Kind: kind, Better: better}
}

// metric is a line of the table: figures that come from one computation.
type metric struct {
	coordinates []Row // name, better, unit
	byMode      bool  // needs a ModeMap
	of          func(x, truth mat.Matrix, ds ModeInfo) []Estimate
}

const (
	sliceDirections = 128
	assignmentRows  = 1000
	neighbours      = 5
)

// table has every metric of a sample against the truth. A new one is one line here and one
// file.
var table = []metric{
	{coordinates: []Row{{Name: "energy_distance", Better: "lower", Unit: "data unit"}},
		of: func(x, truth mat.Matrix, _ ModeInfo) []Estimate {
			return []Estimate{EnergyDistance(x, truth)}
		}},
	{coordinates: []Row{{Name: "sliced_w2", Better: "lower", Unit: "data unit"}},
		of: func(x, truth mat.Matrix, _ ModeInfo) []Estimate {
			// The same directions for the sample, the oracle and every model.
			return []Estimate{SlicedW2(x, truth, sliceDirections, rand.New(rand.NewPCG(128, 2)))}
		}},
	{coordinates: []Row{{Name: "w2", Better: "lower", Unit: "data unit"}},
		of: func(x, truth mat.Matrix, _ ModeInfo) []Estimate {
			n := min(assignmentRows, rowCount(x), rowCount(truth))
			return []Estimate{ExactW2(first(x, n), first(truth, n))}
		}},
	{coordinates: []Row{
		{Name: "modes", Better: "higher"}, {Name: "modes_total"}, {Name: "modes_1pct", Better: "higher"},
		{Name: "high_quality"}, {Name: "mode_tv", Better: "lower"}},
		byMode: true,
		of: func(x, _ mat.Matrix, ds ModeInfo) []Estimate {
			r := Modes(x, ds.Modes, ds.Weights, ds.HighQuality)
			total := Estimate{Value: float64(r.Total), N: r.Covered.N}
			return []Estimate{r.Hit, total, r.Covered, r.HighQuality, r.TV}
		}},
	{coordinates: []Row{
		{Name: "precision", Better: "higher"}, {Name: "recall", Better: "higher"},
		{Name: "density"}, {Name: "coverage", Better: "higher"}},
		of: func(x, truth mat.Matrix, _ ModeInfo) []Estimate {
			precision, recall, density, coverage := PrecisionRecall(truth, x, neighbours)
			return []Estimate{precision, recall, density, coverage}
		}},
}

// Evaluate returns the table of samples (n x d) against truthA (m x d), and as its oracle that of
// truthB against truthA; the two are independent samples of the truth, and none of the three
// was trained on. The rows come in the order of the table: energy_distance, sliced_w2 and w2
// (1000 points); modes (first 2500), modes_total, modes_1pct, high_quality and mode_tv where
// the data set has modes; precision, recall, density and coverage (k = 5). Where some samples
// are not finite a last row, nonfinite, counts them.
//
// It panics if the widths differ or a sample has fewer than 6 rows.
func Evaluate(samples, truthA, truthB mat.Matrix, ds ModeInfo) []Row {
	var rows []Row
	for _, m := range table {
		if m.byMode && (ds.Modes == nil || ds.Modes.Len() == 0) {
			continue
		}
		model, oracle := m.of(samples, truthA, ds), m.of(truthB, truthA, ds)
		for i, row := range m.coordinates {
			e := model[i]
			row.Value, row.SE, row.N, row.NonFinite = e.Value, e.SE, e.N, e.NonFinite
			row.Oracle = oracle[i].Value
			rows = append(rows, row)
		}
	}
	if bad := coordinatesOf(samples).nonFinite(); bad > 0 {
		rows = append(rows, Row{
			Name: "nonfinite", Value: float64(bad), N: rowCount(samples), NonFinite: bad,
			Oracle: float64(coordinatesOf(truthB).nonFinite()), Better: "lower", Unit: "samples",
		})
	}
	return rows
}

// Fidelity is the first figures of the table, those that are quick: energy_distance, and
// high_quality and mode_tv where the data set has modes.
func Fidelity(samples, truthA, truthB mat.Matrix, ds ModeInfo) []Row {
	var rows []Row
	for _, m := range table {
		if m.coordinates[0].Name != "energy_distance" && (!m.byMode || ds.Modes == nil || ds.Modes.Len() == 0) {
			continue
		}
		model, oracle := m.of(samples, truthA, ds), m.of(truthB, truthA, ds)
		for i, row := range m.coordinates {
			switch row.Name {
			case "energy_distance", "high_quality", "mode_tv":
				row.Value, row.SE, row.N, row.Oracle = model[i].Value, model[i].SE, model[i].N, oracle[i].Value
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
