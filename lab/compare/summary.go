package compare

import (
	"fmt"
	"math"
	"slices"

	"genlab/metrics"
)

// Row is the summary of a model on a data set over the seeds.
type Row struct {
	Data    string              `json:"data"`
	Model   string              `json:"model"`
	Kind    Kind                `json:"kind"`
	Sampler string              `json:"sampler,omitempty"`
	Done    int                 `json:"done"` // runs that the figures are from
	Failed  []string            `json:"failed,omitempty"`
	Figures map[string]Interval `json:"figures"`
}

// Interval is a figure with the half width of its 95 % interval: over the seeds by Student's t
// where there are two or more; of one run ±1.96 standard errors of its evaluation, which say
// nothing of other seeds. Half is NaN where neither is known.
type Interval struct {
	Mean    Number `json:"mean"`
	Half    Number `json:"half"`
	Best    bool   `json:"best,omitempty"`
	Warning string `json:"warning,omitempty"`
}

func (i Interval) lo() float64 { return float64(i.Mean) - i.half() }
func (i Interval) hi() float64 { return float64(i.Mean) + i.half() }

func (i Interval) half() float64 {
	if finite(i.Half) {
		return float64(i.Half)
	}
	return 0
}

// Normal is the half width of a 95 % interval in standard errors.
const Normal = 1.96

// impossible is how many standard errors below 0 a KL divergence must be for a warning.
const impossible = 3

// Summarise computes the rows from the runs, and the claims from the rows.
func (r *Result) Summarise() {
	r.Rows = summarise(r.Plan, r.Runs)
	r.Claims = claims(r)
}

// summarise returns a row for each data set and model of the runs, in their order, with the
// best marked: among the trained models the one whose interval parts from every other's on the
// better side. Where no interval does, nothing is marked.
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
			if rows[k].Data == data && slices.Contains(p.Models, rows[k].Model) {
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
	row := Row{Data: data, Model: model, Figures: map[string]Interval{}}
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
		if f, ok := over(done, c.Key); ok {
			row.Figures[c.Key] = f
		}
	}
	return row
}

// over is a figure over the runs of one model on one data set.
func over(runs []Run, key string) (i Interval, ok bool) {
	var values []float64
	var last Figure
	var below, lost, points int
	for _, r := range runs {
		f, has := r.Figures[key]
		if !has {
			return i, false
		}
		values, last = append(values, float64(f.Value)), f
		lost, points = lost+f.NonFinite, points+f.N
		if key == "kl" && float64(f.Value) < -impossible*float64(f.SE) {
			below++
		}
	}
	if len(values) == 1 {
		i = Interval{Mean: last.Value, Half: Normal * last.SE}
	} else {
		mean, half := metrics.AcrossSeeds(values)
		i = Interval{Mean: Number(mean), Half: Number(half)}
	}
	switch {
	case below > 0:
		i.Warning = fmt.Sprintf("KL below 0 by more than %d standard errors in %d of %d runs: no density can do this, its log p is wrong (a missing Jacobian?)", impossible, below, len(runs))
	case lost > 0:
		i.Warning = fmt.Sprintf("%d of %d points have no finite log density", lost, points)
	}
	return i, true
}

// markBest marks the row whose interval lies wholly on the better side of all others. What is
// impossible or not finite takes no part.
func markBest(c Column, rows []*Row, ceiling float64) {
	if c.Better == "" {
		return
	}
	type entry struct {
		row    *Row
		lo, hi float64 // of the cost: less is better
	}
	var all []entry
	for _, r := range rows {
		f, ok := r.Figures[c.Key]
		if !ok || !finite(f.Mean) || f.Warning != "" {
			continue
		}
		if !finite(f.Half) {
			return // one measurement of a clock has no interval
		}
		e := entry{r, f.lo(), f.hi()}
		switch c.Better {
		case "higher":
			e.lo, e.hi = -e.hi, -e.lo
		case "ceiling":
			away := math.Abs(float64(f.Mean) - ceiling)
			e.lo, e.hi = away-f.half(), away+f.half()
		}
		all = append(all, e)
	}
	for i, e := range all {
		apart := len(all) > 1
		for k, other := range all {
			apart = apart && (k == i || e.hi < other.lo)
		}
		if apart {
			f := e.row.Figures[c.Key]
			f.Best = true
			e.row.Figures[c.Key] = f
		}
	}
}
