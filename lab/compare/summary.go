package compare

import (
	"fmt"
	"math"
	"slices"

	"genlab/metrics"
)

// normal95 is the half-width of a 95 % confidence interval in standard errors.
const normal95 = 1.96

// impossible is the number of standard errors below 0 at which a KL divergence gives a warning.
const impossible = 3

// summarise returns a row for each dataset and model of the runs, in their order, and marks the best:
// among the trained and added models the one whose interval is better than, and disjoint from, every other's.
func summarise(p Plan, runs []Run) []Row {
	var rows []Row
	for _, r := range runs {
		i := slices.IndexFunc(rows, func(w Row) bool { return w.Data == r.Data && w.Model == r.Model })
		if i < 0 {
			rows = append(rows, summary(r.Data, r.Model, runs))
		}
	}
	for i, data := range p.Data {
		var trained []*Row
		for k := range rows {
			if rows[k].Data == data && !slices.Contains(References, rows[k].Model) {
				trained = append(trained, &rows[k])
			}
		}
		for _, c := range Columns {
			markBest(c, trained, float64(p.Ceiling[i]))
		}
	}
	return rows
}

func summary(data, model string, runs []Run) Row {
	row := Row{Data: data, Model: model, Metrics: map[string]Interval{}}
	var done []Run
	for _, r := range runs {
		switch {
		case r.Data != data || r.Model != model:
		case r.Status == Failed:
			row.Failed = append(row.Failed, fmt.Sprintf("seed %d: %s", r.Seed, r.Reason))
		default:
			done = append(done, r)
		}
	}
	if row.Done = len(done); row.Done == 0 {
		return row
	}
	row.Kind, row.Sampler = done[0].Kind, done[0].Sampler
	for _, c := range Columns {
		if f, ok := aggregate(done, c.Key); ok {
			row.Metrics[c.Key] = f
		}
	}
	return row
}

// aggregate returns a metric over the runs of one model on one dataset, false where a run lacks it.
func aggregate(runs []Run, key string) (i Interval, ok bool) {
	var values []float64
	var last Metric
	var below, lost, points int
	for _, r := range runs {
		f, has := r.Metrics[key]
		if !has {
			return i, false
		}
		values, last = append(values, float64(f.Value)), f
		lost, points = lost+f.NonFinite, points+f.N
		if (key == "kl" || key == "kl_reverse") && float64(f.Value) < -impossible*float64(f.SE) {
			below++
		}
	}
	if len(values) == 1 {
		i = Interval{Mean: last.Value, Half: normal95 * last.SE}
	} else {
		mean, half := metrics.AcrossSeeds(values)
		i = Interval{Mean: Number(mean), Half: Number(half)}
	}
	switch {
	case below > 0:
		i.Warning = fmt.Sprintf("KL below 0 by more than %d standard errors in %d of %d runs, which is impossible for a density: check the model's log-density (a missing Jacobian determinant?)", impossible, below, len(runs))
	case lost > 0:
		i.Warning = fmt.Sprintf("%d of %d points have no finite log-density", lost, points)
	}
	return i, true
}

// markBest marks the row whose interval is better than all others and overlaps none. Values that are
// impossible or not finite are ignored.
func markBest(c Column, rows []*Row, ceiling float64) {
	if c.Better == "" {
		return
	}
	type cost struct { // lower is better
		row    *Row
		lo, hi float64
	}
	var all []cost
	for _, r := range rows {
		f, ok := r.Metrics[c.Key]
		if !ok || !finite(f.Mean) || f.Warning != "" {
			continue
		}
		if !finite(f.Half) {
			return // a single timing has no interval
		}
		e := cost{r, f.lo(), f.hi()}
		switch c.Better {
		case "higher":
			e.lo, e.hi = -e.hi, -e.lo
		case "ceiling":
			distance := math.Abs(float64(f.Mean) - ceiling)
			e.lo, e.hi = distance-f.half(), distance+f.half()
		}
		all = append(all, e)
	}
	for i, e := range all {
		disjoint := len(all) > 1
		for k, other := range all {
			disjoint = disjoint && (k == i || e.hi < other.lo)
		}
		if disjoint {
			f := e.row.Metrics[c.Key]
			f.Best = true
			e.row.Metrics[c.Key] = f
		}
	}
}
