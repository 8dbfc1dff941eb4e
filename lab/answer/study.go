package answer

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"genlab/internal/suggest"
	"genlab/internal/usage"
	"genlab/metrics"
)

// Study is a set of runs that differ in some settings.
type Study struct {
	Title   string
	Axes    []Axis
	Runs    []Run
	Better  map[string]string // "lower" or "higher", of the metrics that have a direction
	Metric  string            // that is shown where none is asked for; "" for the first of a list
	Halving int               // successive halving of the sweep, 0 for none
	Smoke   bool              // tiny models, whose values are meaningless
}

// Axis is a setting that is varied.
type Axis struct {
	Key string `json:"key"`
	Log bool   `json:"log,omitempty"` // equal ratios rather than equal differences
}

// Run is a run with its values of the axes.
type Run struct {
	Name    string
	Axes    map[string]string // an axis that does not apply is missing
	Seed    uint64
	Status  string
	Reason  string
	Metrics map[string]float64 // nil unless it is done
}

// Statuses of a run. Any other is of a run that is not finished.
const (
	Done     = "done"
	Diverged = "diverged"
	Failed   = "failed"
	Stopped  = "stopped"
)

// DataAxis is the axis whose values are answered apart from each other.
const DataAxis = "data"

// timings are the metrics that a clock measures: they differ between two runs of the same settings.
var timings = []string{"microseconds_per_sample", "samples_per_second", "microseconds_per_character", "train_seconds"}

// MetricNames returns the names of the metrics of the runs that are done, sorted.
func (s *Study) MetricNames() []string {
	known := map[string]bool{}
	for _, r := range s.Runs {
		for name := range r.Metrics {
			known[name] = true
		}
	}
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// preferred lists the metrics that are shown where none is asked for: the first that exists.
var preferred = []string{"energy_distance", "nats_per_character", "nats_per_character_bound", "nll", "nll_bound"}

// choose returns the metric that is asked for, or the first choice. It fails with a usage error for one that no run has.
func (s *Study) choose(metric string) (string, error) {
	names := s.MetricNames()
	if metric = cmp.Or(metric, s.Metric); metric != "" {
		if len(names) == 0 {
			return metric, nil
		}
		return metric, suggest.Name("metric", metric, names)
	}
	for _, name := range preferred {
		if slices.Contains(names, name) {
			return name, nil
		}
	}
	if len(names) > 0 {
		return names[0], nil
	}
	return "", nil
}

// axis returns the axis of a key.
func (s *Study) axis(key string) (Axis, error) {
	var keys []string
	for _, a := range s.Axes {
		if a.Key == key {
			return a, nil
		}
		keys = append(keys, a.Key)
	}
	if len(keys) == 0 {
		return Axis{}, usage.Errorf("nothing is varied, so there is no axis %q", key)
	}
	return Axis{}, suggest.Name("axis", key, keys)
}

// Number is a float64 that is null in JSON where it is not finite.
type Number = metrics.Number

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// compareValues orders the values of an axis: numbers by size, before text.
func compareValues(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	switch {
	case errX == nil && errY == nil:
		return cmp.Or(cmp.Compare(x, y), strings.Compare(a, b))
	case errX == nil:
		return -1
	case errY == nil:
		return 1
	}
	return strings.Compare(a, b)
}

// combination returns a key for the values of some axes, an absent one among them.
func combination(values map[string]string, axes []Axis, without string) string {
	var b strings.Builder
	for _, a := range axes {
		if a.Key == without {
			continue
		}
		if v, ok := values[a.Key]; ok {
			b.WriteString(a.Key + "=" + strconv.Quote(v))
		}
		b.WriteByte(';')
	}
	return b.String()
}
