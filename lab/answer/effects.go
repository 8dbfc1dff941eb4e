package answer

import (
	"fmt"
	"math"
	"slices"
	"strconv"

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
	// Unmatched: there is no combination of the others with which every value has run, and the means are over
	// different ones.
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
	trends := g.trends()
	for _, a := range g.axes {
		e := g.effect(a)
		if e == nil {
			continue
		}
		if t, ok := trends[a.Key]; ok && (e.Unmatched || len(e.Levels) > mostLevels) {
			e = &Effect{Axis: a, Trend: &t}
			family = append(family, &t.By)
		} else if e.Unmatched && len(e.Levels) > mostLevels {
			continue // samples of a range that does not always apply
		}
		for i := range e.Pairs {
			family = append(family, &e.Pairs[i].By)
		}
		list = append(list, e)
	}
	holm(family, len(family))
	return list
}

// block is a combination of the other axes, with the configurations by value of an axis.
type block map[string]*Cell

// effect returns the effect of an axis, nil where it has less than two values that ran.
func (g *grid) effect(a Axis) *Effect {
	var values, keys []string
	blocks := map[string]block{}
	for _, c := range g.cells {
		v, ok := c.Axes[a.Key]
		if !ok {
			continue
		}
		if !slices.Contains(values, v) {
			values = append(values, v)
		}
		key := combination(c.Axes, g.axes, a.Key)
		if blocks[key] == nil {
			blocks[key] = block{}
			keys = append(keys, key)
		}
		blocks[key][v] = c
	}
	if len(values) < 2 {
		return nil
	}
	slices.SortFunc(values, compareValues)
	e := &Effect{Axis: a, All: len(blocks)}
	var matched []block
	for _, key := range keys {
		if blocks[key].matches(values) {
			matched = append(matched, blocks[key])
		}
	}
	e.Blocks = len(matched)
	if len(matched) == 0 {
		e.Unmatched = true
		for _, key := range keys {
			matched = append(matched, blocks[key])
		}
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

// matches reports whether every value has a configuration without a missing seed.
func (b block) matches(values []string) bool {
	for _, v := range values {
		if c := b[v]; c == nil || !c.complete() {
			return false
		}
	}
	return true
}

// level returns the mean of a value over blocks, for each seed; false where no block has it complete.
func (g *grid) level(value string, blocks []block) (Level, bool) {
	l := Level{Value: value, bySeed: make([]float64, len(g.seeds))}
	n := 0
	for _, b := range blocks {
		c := b[value]
		if c == nil || !c.complete() {
			continue
		}
		n++
		for i, v := range c.values {
			l.bySeed[i] += v
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

// scaled returns a value's position between the ends of its axis, 0 to 1, for regressions and pictures; false for text.
func scaled(a Axis, value string, lo, hi float64) (float64, bool) {
	x, err := strconv.ParseFloat(value, 64)
	if err != nil || !(lo < hi) {
		return 0, false
	}
	if a.Log && lo > 0 && x > 0 {
		return math.Log(x/lo) / math.Log(hi/lo), true
	}
	return (x - lo) / (hi - lo), true
}

// String says what was compared: "0.001 → 0.01".
func (p Pair) String() string { return fmt.Sprintf("%s → %s", p.From, p.To) }
