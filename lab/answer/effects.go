package answer

import (
	"fmt"
	"math"
	"slices"

	"genlab/metrics"
)

// Effect is the main effect of an axis.
type Effect struct {
	Axis   Axis    `json:"axis"`
	Levels []Level `json:"levels,omitempty"` // the values, in order
	Pairs  []Pair  `json:"pairs,omitempty"`
	// Trend is the change from the lower to the upper end of a number that a search has sampled.
	Trend *Trend `json:"trend,omitempty"`
	// Blocks is the number of combinations of the other axes that the means are over, All that of those planned.
	Blocks int `json:"blocks,omitempty"`
	All    int `json:"all,omitempty"`
	// Averaged lists the settings that only some values of the axis have: each value is the mean over those of its own.
	Averaged []string `json:"averaged,omitempty"`
	// Unmatched: there is no combination of the others with which every value has run. The means are over different
	// ones and have no interval; the differences are those of a regression on all axes.
	Unmatched bool `json:"unmatched,omitempty"`
}

// Level is the mean of a value of an axis over the combinations of the others.
type Level struct {
	Value string `json:"value"`
	Mean  Number `json:"mean"`
	Half  Number `json:"half"`

	bySeed []float64
}

// Pair is the difference of one value from another, paired by seed.
type Pair struct {
	From string     `json:"from"`
	To   string     `json:"to"`
	By   Difference `json:"difference"`
}

// Trend is the change along a range.
type Trend struct {
	From string     `json:"from"`
	To   string     `json:"to"`
	By   Difference `json:"difference"`
}

// mostLevels is the largest number of values that are compared pair by pair.
const mostLevels = 12

// effects returns the main effects of all axes but the data, with p-values that are corrected for all comparisons.
func (g *grid) effects() []*Effect {
	var list []*Effect
	var family []*Difference
	f := g.regress()
	for _, a := range g.axes {
		e := g.effect(a)
		if e == nil {
			continue
		}
		if e.Unmatched || len(e.Levels) > mostLevels {
			if e = g.regressed(e, f); e == nil {
				continue
			}
		}
		if e.Trend != nil {
			family = append(family, &e.Trend.By)
		}
		for i := range e.Pairs {
			family = append(family, &e.Pairs[i].By)
		}
		list = append(list, e)
	}
	holm(family, len(family))
	return list
}

// regressed returns an effect with the comparisons of a regression, whose values ran under different conditions: the trend
// of a number, or the pairs of a text. Without a fit there is none of a range, and no pair of others.
func (g *grid) regressed(e *Effect, f *fit) *Effect {
	if f != nil {
		if t, ok := f.trend(e.Axis.Key); ok {
			return &Effect{Axis: e.Axis, Trend: t}
		}
	}
	if len(e.Levels) > mostLevels && e.Unmatched {
		return nil
	}
	if !e.Unmatched {
		return e
	}
	e.Pairs = nil
	for i := range e.Levels {
		e.Levels[i].Half = Number(math.NaN())
		for _, to := range e.Levels[i+1:] {
			if f != nil {
				from := e.Levels[i].Value
				e.Pairs = append(e.Pairs, Pair{from, to.Value, f.pair(e.Axis.Key, from, to.Value)})
			}
		}
	}
	return e
}

// block is a combination of other axes, with the configurations by value of an axis: several where axes are left out.
type block map[string][]*Cell

// effect returns the effect of an axis, nil where it has less than two values that ran.
func (g *grid) effect(a Axis) *Effect {
	var values []string
	for _, c := range g.cells {
		if v, ok := c.Axes[a.Key]; ok && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	if len(values) < 2 {
		return nil
	}
	slices.SortFunc(values, compareValues)
	blocks := g.blocks(a, g.axes)
	e := &Effect{Axis: a, All: len(blocks)}
	matched := matching(blocks, values)
	if len(matched) == 0 {
		shared, partial := g.shared(a)
		if wider := g.blocks(a, shared); len(partial) > 0 {
			if matched = matching(wider, values); len(matched) > 0 {
				e.All, e.Averaged = len(wider), partial
			}
		}
	}
	if e.Blocks = len(matched); e.Blocks == 0 {
		e.Unmatched, matched = true, blocks
	}
	for _, v := range values {
		if l, ok := g.level(v, matched); ok {
			e.Levels = append(e.Levels, l)
		}
	}
	if len(e.Levels) < 2 {
		return nil
	}
	if len(e.Levels) <= mostLevels {
		e.compare()
	}
	return e
}

// shared divides the axes into those that apply to all configurations that have a, and the names of the others.
func (g *grid) shared(a Axis) (shared []Axis, partial []string) {
	for _, x := range g.axes {
		if slices.ContainsFunc(g.cells, func(c *Cell) bool { return c.has(a) && !c.has(x) }) {
			partial = append(partial, x.Key)
		} else {
			shared = append(shared, x)
		}
	}
	return shared, partial
}

// has reports whether an axis applies to the configuration.
func (c *Cell) has(a Axis) bool {
	_, ok := c.Axes[a.Key]
	return ok
}

// blocks arranges the configurations that have a by their values of some axes other than a, in the order of the first of each.
func (g *grid) blocks(a Axis, axes []Axis) []block {
	var list []block
	at := map[string]block{}
	for _, c := range g.cells {
		if !c.has(a) {
			continue
		}
		key := combination(c.Axes, axes, a.Key)
		if at[key] == nil {
			at[key] = block{}
			list = append(list, at[key])
		}
		at[key][c.Axes[a.Key]] = append(at[key][c.Axes[a.Key]], c)
	}
	return list
}

// matching returns the blocks in which every value has its configurations without a missing seed.
func matching(blocks []block, values []string) []block {
	var list []block
	for _, b := range blocks {
		if !slices.ContainsFunc(values, func(v string) bool {
			return len(b[v]) == 0 || slices.ContainsFunc(b[v], func(c *Cell) bool { return !c.complete() })
		}) {
			list = append(list, b)
		}
	}
	return list
}

// level returns the mean of a value over blocks, for each seed; false where no block has it complete.
func (g *grid) level(value string, blocks []block) (Level, bool) {
	l := Level{Value: value, bySeed: make([]float64, len(g.seeds))}
	n := 0
	for _, b := range blocks {
		whole := slices.DeleteFunc(slices.Clone(b[value]), func(c *Cell) bool { return !c.complete() })
		if len(whole) == 0 {
			continue
		}
		n++
		for _, c := range whole {
			for i, v := range c.values {
				l.bySeed[i] += v / float64(len(whole))
			}
		}
	}
	if n == 0 {
		return l, false
	}
	for i := range l.bySeed {
		l.bySeed[i] /= float64(n)
	}
	mean, half := metrics.AcrossSeeds(l.bySeed)
	l.Mean, l.Half = Number(mean), Number(half)
	return l, true
}

// compare adds all pairs of levels.
func (e *Effect) compare() {
	for i, from := range e.Levels {
		for _, to := range e.Levels[i+1:] {
			e.Pairs = append(e.Pairs, Pair{from.Value, to.Value, paired(from.bySeed, to.bySeed)})
		}
	}
}

// String says what was compared: "0.001 → 0.01".
func (p Pair) String() string { return fmt.Sprintf("%s → %s", p.From, p.To) }
