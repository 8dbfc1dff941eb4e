package trainer

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab/lab/registry"
	"genlab/nn"
)

// Rules of [Training.Warnings].
const (
	tiesShare    = 0.1    // of rows that repeat an earlier one
	tiesRows     = 100000 // that are looked at
	fewValues    = 20     // distinct ones in a column of more than 10 times as many rows
	outlierRange = 4      // the range of a column in ranges of its middle
	outlierShare = 200    // of this many rows one, and at least two, are outside the middle at either end
	outlierRows  = 20     // that this takes at least
	rowsPerParam = 10     // parameters that a row may have
)

// Warnings returns a sentence for each thing that will spoil the result of a training that has not begun:
//   - a warm-up that takes the whole training;
//   - precision bf16 on a CPU where it is not faster;
//   - fewer training rows than a tenth of the parameters;
//   - a column whose range is more than 4 times that of its middle 99 %: a few outliers determine box and scale;
//   - rows of which more than 10 % repeat an earlier one, or a column of at most 20 values in more than 200 rows;
//   - a box that leaves points outside, where the density is 0.
//
// The rules of rows are for data of a file. It fails where the model cannot be made.
func (t *Training) Warnings() ([]string, error) {
	var all []string
	for _, f := range registry.Fields(t.job) {
		if f.Key == "warmup" && f.Value.Int() > 0 && f.Value.Int() >= int64(t.loop.Steps) {
			all = append(all, fmt.Sprintf("warmup is %d steps, and the training has %d: the learning rate only rises; choose a smaller --warmup", f.Value.Int(), t.loop.Steps))
		}
		if p, ok := f.Value.Interface().(nn.Precision); ok {
			if w := registry.NotFaster(p); w != "" {
				all = append(all, w)
			}
		}
	}
	p, ok := t.task.(registry.Points)
	if !ok {
		return all, nil
	}
	m, err := t.Model()
	if err != nil {
		return nil, err
	}
	if b, ok := m.(interface{ FractionOutside(mat.Matrix) float64 }); ok {
		if out := b.FractionOutside(p.Reference(t.job.Seed())); out > 0 {
			all = append(all, fmt.Sprintf("the box leaves %.3g %% of the training points outside, whose density will be 0: choose a larger --box, or leave it out", 100*out))
		}
	}
	x, ok := p.Rows()
	if !ok {
		return all, nil
	}
	if n, _ := x.Dims(); n*rowsPerParam < m.Params() {
		all = append(all, fmt.Sprintf("%d training rows for %d parameters, fewer than one for %d: the model may memorise them; compare nll_train with nll, take fewer --steps or a smaller --hidden, and see whether genlab compare ranks it above a Gaussian", n, m.Params(), rowsPerParam))
	}
	return append(all, spoilt(x)...), nil
}

// spoilt returns the warnings of rows.
func spoilt(x mat.Matrix) (all []string) {
	n, d := x.Dims()
	var ties []string
	for j := range d {
		v := mat.Col(nil, j, x)
		slices.Sort(v)
		if w := outliers(v); w != "" {
			all = append(all, fmt.Sprintf("column %d %s: a few outliers determine the scale and the box, and cost the model its resolution; remove them where they are mistakes", j+1, w))
		}
		if k := len(slices.Compact(v)); n > 10*fewValues && k <= fewValues {
			ties = append(ties, fmt.Sprintf("column %d of %d rows has only %d values", j+1, n, k))
		}
	}
	if share := repeated(x); share > tiesShare {
		ties = append(ties, fmt.Sprintf("%.0f %% of the rows repeat an earlier one", 100*share))
	}
	for _, w := range ties {
		all = append(all, w+": a density can rise without bound on such points, and held-out rows are among the training rows; give the data with all their digits, or add noise of the size of the rounding")
	}
	return all
}

// outliers says, of the sorted values of a column, how far its ends are from its middle, "" where they are near.
func outliers(v []float64) string {
	n := len(v)
	k := max(2, n/outlierShare)
	if n < outlierRows {
		return ""
	}
	middle, whole := v[n-1-k]-v[k], v[n-1]-v[0]
	if !(whole > outlierRange*middle) || middle == 0 {
		return ""
	}
	far := v[0]
	if v[n-1]-v[n-1-k] > v[k]-v[0] {
		far = v[n-1]
	}
	return fmt.Sprintf("reaches %.4g, and its range is %.3g times that of all but %d of its %d values", far, whole/middle, 2*k, n)
}

// repeated returns the share of the first rows that repeat an earlier one.
func repeated(x mat.Matrix) float64 {
	n, d := x.Dims()
	n = min(n, tiesRows)
	seen := map[string]bool{}
	key := make([]byte, 0, 8*d)
	for i := range n {
		key = key[:0]
		for j := range d {
			key = binary.LittleEndian.AppendUint64(key, math.Float64bits(x.At(i, j)))
		}
		seen[string(key)] = true
	}
	return 1 - float64(len(seen))/float64(n)
}
