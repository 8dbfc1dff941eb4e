package sweep

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"genlab/lab/rundir"
	"genlab/lab/trainer"
)

// bracket is successive halving [jamieson2016] of a plan. All configurations of a dataset train to the first rung, a
// number of steps; one in Eta of them, those with the best mean of the metric over the seeds, train on to the next.
// A run is trained with the settings of its full length throughout, so that a survivor is to the last bit the run that a
// sweep without halving gives. The price is that learning-rate schedules have not ended at a rung: the ranking is that
// of the averaged weights in the middle of a schedule.
type bracket struct {
	eta     int
	steps   []int // at which each rung ends, the last one the whole training
	metric  string
	entries []Entry
	results map[int]map[string]Metric // of the runs at a rung, by index*len(steps) + rung
	dir     *rundir.Dir
}

// rungs returns the steps of a bracket of so many configurations: the last is the whole training, each before it
// 1/eta of the next in multiples of 10, and with the first rung one configuration remains in the last.
func rungs(steps, eta, configurations int) []int {
	list := []int{steps}
	for n, s := configurations, steps; n >= eta; n /= eta {
		if s = s / eta / 10 * 10; s < 10 {
			break
		}
		list = append(list, s)
	}
	slices.Reverse(list)
	return list
}

// checkHalving fails where runs have different numbers of steps, which have no rungs in common.
func (q *Request) checkHalving(entries []Entry) error {
	if q.Halving == 0 {
		return nil
	}
	for _, e := range entries {
		if a, b := entries[0].job.Loop().Steps, e.job.Loop().Steps; a != b {
			return q.at("halving").errorf("halving compares runs after the same number of steps, but run 0 has %d steps and run %d (%v) has %d", a, e.Index, e, b)
		}
	}
	return nil
}

// configuration names the settings of a run without its seed.
func (e Entry) configuration() string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(e.Axes)) {
		fmt.Fprintf(&b, "%s=%q ", key, e.Axes[key])
	}
	return b.String()
}

// newBracket returns the bracket of the runs of a dataset.
func newBracket(d *rundir.Dir, h header, entries []Entry, data string) *bracket {
	b := &bracket{eta: h.Halving, metric: h.Metric, dir: d, results: map[int]map[string]Metric{}}
	for _, e := range entries {
		if e.Data == data {
			b.entries = append(b.entries, e)
		}
	}
	b.steps = rungs(h.Steps, h.Halving, len(b.configurations()))
	return b
}

func (b *bracket) configurations() []string {
	var names []string
	known := map[string]bool{}
	for _, e := range b.entries {
		if name := e.configuration(); !known[name] {
			known[name] = true
			names = append(names, name)
		}
	}
	return names
}

// rungFile returns the name of the report of a run at a step.
func rungFile(step int) string { return fmt.Sprintf("eval-step%d.json", step) }

// result returns the metrics of a run at a rung, nil where it has none.
func (b *bracket) result(e Entry, rung int) map[string]Metric {
	key := e.Index*len(b.steps) + rung
	if m, ok := b.results[key]; ok {
		return m
	}
	path := b.dir.Path(Folder(e.Index))
	name := rungFile(b.steps[rung])
	if rung == len(b.steps)-1 {
		name = trainer.EvalFile
	}
	text, err := rundir.ReadFile(path + "/" + name)
	if err != nil {
		return nil
	}
	m, err := readMetrics(text)
	if err != nil {
		return nil
	}
	b.results[key] = m
	return m
}

// survivors returns the configurations that train to the end of a rung, the best of the rung before first. missing is
// the run that it is not known without, where there is one.
func (b *bracket) survivors(rung int) (alive []string, missing *Entry) {
	alive = b.configurations()
	for r := range rung {
		scores := map[string]float64{}
		for i, e := range b.entries {
			name := e.configuration()
			if !slices.Contains(alive, name) {
				continue
			}
			m := b.result(e, r)
			if m == nil {
				if o := readOutcome(b.dir.Path(Folder(e.Index))); o.Status != Diverged {
					return nil, &b.entries[i]
				}
				scores[name] = math.Inf(1)
				continue
			}
			scores[name] += cost(m, b.metric)
		}
		slices.SortStableFunc(alive, func(x, y string) int { return compareCosts(scores[x], scores[y]) })
		alive = alive[:max(1, len(alive)/b.eta)]
	}
	return alive, nil
}

// cost returns the metric of a report, turned so that lower is better; +Inf where it is missing or not a number.
func cost(m map[string]Metric, name string) float64 {
	if name == "" {
		name = defaultMetric(m)
	}
	v, ok := m[name]
	x := float64(v.Value)
	if v.Better == "higher" {
		x = -x
	}
	if !ok || math.IsNaN(x) {
		return math.Inf(1)
	}
	return x
}

func compareCosts(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// halved does as much of a run as the rungs allow: it ends where the run is stopped or other runs are behind.
func (t *task) halved(ctx context.Context, d *rundir.Dir, h header) error {
	entries, err := readEntries(d)
	if err != nil {
		return err
	}
	b := newBracket(d, h, entries, t.entry.Data)
	own := t.entry.configuration()
	for r, step := range b.steps {
		alive, missing := b.survivors(r)
		switch {
		case missing != nil:
			fmt.Fprintf(t.w, "run %d waits at step %d for run %d (%v)\n", t.entry.Index, b.steps[r-1], missing.Index, *missing)
			return nil
		case !slices.Contains(alive, own):
			fmt.Fprintf(t.w, "run %d is stopped at step %d of %d\n", t.entry.Index, b.steps[r-1], h.Steps)
			return nil
		case b.result(t.entry, r) != nil:
			continue
		}
		pause := step
		if r == len(b.steps)-1 {
			pause = 0
		}
		if err := t.exclusively(ctx, func() error { return t.complete(ctx, pause) }); err != nil {
			return err
		}
	}
	return nil
}

// stops returns the rung at which each run of a dataset was stopped, by index; a run that was not is missing.
func (b *bracket) stops() map[int]int {
	stopped := map[int]int{}
	for r := 1; r < len(b.steps); r++ {
		alive, missing := b.survivors(r)
		if missing != nil {
			break
		}
		for _, e := range b.entries {
			if _, before := stopped[e.Index]; !before && !slices.Contains(alive, e.configuration()) {
				stopped[e.Index] = r - 1
			}
		}
	}
	return stopped
}
