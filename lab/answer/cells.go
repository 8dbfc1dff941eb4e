package answer

import (
	"cmp"
	"math"
	"slices"

	"genlab/metrics"
)

// Cell is a configuration with its metric over the seeds.
type Cell struct {
	Axes   map[string]string `json:"axes"`
	Mean   Number            `json:"mean"`
	Half   Number            `json:"half"` // of the 95 % interval over the seeds; null for one
	Values []Number          `json:"values"`
	// Missing is the number of seeds without a value: of runs that failed, diverged, or are not finished.
	Missing int `json:"missing,omitempty"`
	// Stopped is the number of seeds that halving has stopped.
	Stopped int `json:"stopped,omitempty"`
	// FromBest is the difference from the best configuration, paired by seed; nil for the best and where a seed is missing.
	FromBest *Difference `json:"from_best,omitempty"`
	Best     bool        `json:"best,omitempty"`   // it has the best mean of those without a missing seed
	Untold   bool        `json:"untold,omitempty"` // it cannot be told from the best

	values []float64 // by seed, NaN where missing
}

func (c *Cell) complete() bool { return c.Missing == 0 && c.Stopped == 0 }

// grid is the runs of a dataset by configuration and seed.
type grid struct {
	axes  []Axis
	seeds []uint64
	cells []*Cell
	sign  float64 // 1 where lower is better, -1 where higher is, 0 where neither is
}

// newGrid arranges runs. The configurations are in the order of their values, axis by axis.
func newGrid(axes []Axis, runs []Run, seeds []uint64, metric string, sign float64) *grid {
	g := &grid{axes: axes, seeds: seeds, sign: sign}
	column := map[uint64]int{}
	for i, s := range g.seeds {
		column[s] = i
	}
	at := map[string]*Cell{}
	status := map[*Cell][]string{}
	for _, r := range runs {
		key := combination(r.Axes, axes, "")
		c := at[key]
		if c == nil {
			c = &Cell{Axes: r.Axes, values: make([]float64, len(g.seeds))}
			for i := range c.values {
				c.values[i] = math.NaN()
			}
			at[key] = c
			status[c] = make([]string, len(g.seeds))
			g.cells = append(g.cells, c)
		}
		i := column[r.Seed]
		status[c][i] = r.Status
		if v, ok := r.Metrics[metric]; ok && finite(v) {
			c.values[i] = v
		}
	}
	slices.SortStableFunc(g.cells, func(a, b *Cell) int {
		for _, x := range axes {
			if order := compareValues(a.Axes[x.Key], b.Axes[x.Key]); order != 0 {
				return order
			}
		}
		return 0
	})
	for _, c := range g.cells {
		c.summarise(status[c])
	}
	return g
}

// summarise sets the mean over the seeds that have a value.
func (c *Cell) summarise(status []string) {
	var known []float64
	for i, v := range c.values {
		c.Values = append(c.Values, Number(v))
		switch {
		case !math.IsNaN(v):
			known = append(known, v)
		case status[i] == Stopped:
			c.Stopped++
		default:
			c.Missing++
		}
	}
	c.Mean, c.Half = Number(math.NaN()), Number(math.NaN())
	if len(known) > 0 {
		mean, half := metrics.AcrossSeeds(known)
		c.Mean, c.Half = Number(mean), Number(half)
	}
}

// rank marks the best configuration and those that cannot be told from it, and puts the better first, incomplete
// ones last. Without a direction it does nothing.
func (g *grid) rank() {
	if g.sign == 0 {
		return
	}
	slices.SortStableFunc(g.cells, func(a, b *Cell) int {
		if a.complete() != b.complete() {
			if a.complete() {
				return -1
			}
			return 1
		}
		return cmp.Compare(order(g.sign*float64(a.Mean)), order(g.sign*float64(b.Mean)))
	})
	var complete []*Cell
	for _, c := range g.cells {
		if c.complete() {
			complete = append(complete, c)
		}
	}
	if len(complete) == 0 {
		return
	}
	best := complete[0]
	best.Best, best.Untold = true, true
	var family []*Difference
	for _, c := range complete[1:] {
		d := paired(best.values, c.values)
		c.FromBest = &d
		family = append(family, &d)
	}
	k := len(complete)
	holm(family, k*(k-1)/2)
	for _, c := range complete[1:] {
		c.Untold = !c.FromBest.Significant()
	}
}

// order puts NaN last.
func order(x float64) float64 {
	if math.IsNaN(x) {
		return math.Inf(1)
	}
	return x
}
