package answer

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"genlab/internal/usage"
)

// Answer is what the runs of a study say about a metric, the content of sweep.json.
type Answer struct {
	Title    string    `json:"title"`
	Metric   string    `json:"metric"`
	Better   string    `json:"better"` // "lower", "higher", or "" where neither is
	Axes     []Axis    `json:"axes"`
	Seeds    []uint64  `json:"seeds"`
	Counts   Counts    `json:"counts"`
	Sections []Section `json:"sections"`
	Lost     []Lost    `json:"lost,omitempty"`
	Halving  int       `json:"halving,omitempty"`
	Smoke    bool      `json:"smoke,omitempty"`
}

// Counts are the numbers of runs.
type Counts struct {
	Runs       int `json:"runs"`
	Done       int `json:"done"`
	Diverged   int `json:"diverged,omitempty"`
	Failed     int `json:"failed,omitempty"`
	Stopped    int `json:"stopped,omitempty"`
	Unfinished int `json:"unfinished,omitempty"`
}

// Section is the answer for a dataset, or for all runs where there is one dataset.
type Section struct {
	Data    string    `json:"data,omitempty"`
	Cells   []*Cell   `json:"cells"`   // the best first
	Effects []*Effect `json:"effects"` // in the order of the axes
}

// Lost is a run without a metric, and why.
type Lost struct {
	Run    string            `json:"run"`
	Axes   map[string]string `json:"axes"`
	Seed   uint64            `json:"seed"`
	Status string            `json:"status"`
	Reason string            `json:"reason,omitempty"`
}

// Answer returns what the runs say about a metric, "" for the study's. Where by names axes, configurations are
// combinations of these alone, each averaged over the combinations of the other axes that ran with every value and
// seed. It fails with a usage error for a metric that no run has, an unknown axis, and where nothing is left to average.
func (s *Study) Answer(metric string, by []string) (*Answer, error) {
	metric, err := s.choose(metric)
	if err != nil {
		return nil, usage.Error{Err: err}
	}
	a := &Answer{Title: s.Title, Metric: metric, Better: s.Better[metric], Axes: slices.Clone(s.Axes), Halving: s.Halving, Smoke: s.Smoke}
	for _, r := range s.Runs {
		a.count(r)
		if !slices.Contains(a.Seeds, r.Seed) {
			a.Seeds = append(a.Seeds, r.Seed)
		}
	}
	slices.Sort(a.Seeds)
	var kept []Axis
	for _, key := range by {
		x, err := s.axis(key)
		if err != nil {
			return nil, usage.Error{Err: err}
		}
		if x.Key != DataAxis && !slices.Contains(kept, x) {
			kept = append(kept, x)
		}
	}
	sign := map[string]float64{"lower": 1, "higher": -1}[a.Better]
	for _, part := range s.sections() {
		g := newGrid(part.axes, part.runs, a.Seeds, metric, sign)
		if by != nil {
			if g, err = g.collapse(kept); err != nil {
				return nil, err
			}
		}
		effects := g.effects() // before the ranking, which changes the order of the cells
		g.rank()
		a.Sections = append(a.Sections, Section{part.data, g.cells, effects})
	}
	if by != nil {
		a.Axes = slices.DeleteFunc(a.Axes, func(x Axis) bool { return x.Key != DataAxis && !slices.Contains(kept, x) })
	}
	return a, nil
}

// count counts a run, and keeps one that is lost with its reason.
func (a *Answer) count(r Run) {
	a.Counts.Runs++
	lost := true
	switch v, ok := r.Metrics[a.Metric]; {
	case r.Status == Done:
		a.Counts.Done++
		if lost = !ok || !finite(v); lost {
			r.Reason = "its " + a.Metric + " is missing or not finite"
		}
	case r.Status == Diverged:
		a.Counts.Diverged++
	case r.Status == Failed:
		a.Counts.Failed++
	case r.Status == Stopped:
		a.Counts.Stopped++
		lost = false
	default:
		a.Counts.Unfinished++
		lost = false
	}
	if lost {
		a.Lost = append(a.Lost, Lost{r.Name, r.Axes, r.Seed, r.Status, r.Reason})
	}
}

// part is the runs of a dataset.
type part struct {
	data string
	axes []Axis
	runs []Run
}

// sections divides the runs by the data axis, in the order of their first runs.
func (s *Study) sections() []part {
	axes := slices.DeleteFunc(slices.Clone(s.Axes), func(a Axis) bool { return a.Key == DataAxis })
	if len(axes) == len(s.Axes) {
		return []part{{"", axes, s.Runs}}
	}
	var parts []part
	at := map[string]int{}
	for _, r := range s.Runs {
		data := r.Axes[DataAxis]
		i, ok := at[data]
		if !ok {
			i = len(parts)
			at[data] = i
			parts = append(parts, part{data: data, axes: axes})
		}
		parts[i].runs = append(parts[i].runs, r)
	}
	return parts
}

// collapse averages over all axes but those kept.
func (g *grid) collapse(kept []Axis) (*grid, error) {
	groups, rest := map[string]map[string]*Cell{}, map[string][]string{}
	var names, others []string
	for _, c := range g.cells {
		name := combination(c.Axes, kept, "")
		var b strings.Builder
		for _, a := range g.axes {
			if !slices.Contains(kept, a) {
				fmt.Fprintf(&b, "%s=%q;", a.Key, c.Axes[a.Key])
			}
		}
		if groups[name] == nil {
			groups[name] = map[string]*Cell{}
			names = append(names, name)
		}
		if rest[b.String()] == nil {
			others = append(others, b.String())
		}
		rest[b.String()] = append(rest[b.String()], name)
		groups[name][b.String()] = c
	}
	out := &grid{axes: kept, seeds: g.seeds, sign: g.sign}
	matched := slices.DeleteFunc(others, func(other string) bool {
		for _, name := range names {
			if c := groups[name][other]; c == nil || !c.complete() {
				return true
			}
		}
		return false
	})
	if len(matched) == 0 {
		return nil, usage.Errorf("--by: there is no combination of the other settings with which every value has finished with every seed, so there is nothing to average over")
	}
	for _, name := range names {
		c := &Cell{Axes: map[string]string{}, values: make([]float64, len(g.seeds))}
		for _, other := range matched {
			from := groups[name][other]
			for _, a := range kept {
				if v, ok := from.Axes[a.Key]; ok {
					c.Axes[a.Key] = v
				}
			}
			for i, v := range from.values {
				c.values[i] += v / float64(len(matched))
			}
		}
		c.summarise(make([]string, len(g.seeds)))
		out.cells = append(out.cells, c)
	}
	return out, nil
}

// JSON returns the answer as indented JSON.
func (a *Answer) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(a, "", " ")
	return append(b, '\n'), err
}

// said prints a value with its interval: as many digits as the half-width supports.
func said(mean, half Number) string {
	m, h := float64(mean), float64(half)
	switch {
	case !finite(m):
		return "–"
	case !(h > 0) || !finite(h):
		return fmt.Sprintf("%.4g", m)
	case h >= 1e6 || h < 1e-5:
		return fmt.Sprintf("%.4g ± %.2g", m, h)
	}
	digits := max(0, 1-int(math.Floor(math.Log10(h))))
	if math.Abs(m) < 0.5*math.Pow(10, -float64(digits)) {
		m = 0 // no -0.000
	}
	return fmt.Sprintf("%.*f ± %.*f", digits, m, digits, h)
}

// probability prints an adjusted p-value.
func probability(p Number) string {
	switch x := float64(p); {
	case math.IsNaN(x):
		return "–"
	case x < 0.001:
		return "<0.001"
	case x > 0.999:
		return "1"
	default:
		return fmt.Sprintf("%.2g", x)
	}
}
