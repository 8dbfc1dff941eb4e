package sweep

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"genlab/internal/config"
	"genlab/internal/usage"
	"genlab/lab/answer"
	"genlab/lab/rundir"
	"genlab/lab/trainer"
	"genlab/metrics"
)

// Metric is a value of a report.
type Metric struct {
	Value  metrics.Number `json:"value"`
	Better string         `json:"better"` // "lower", "higher", or "" where neither is better
}

// readMetrics returns the metrics of an eval.json.
func readMetrics(text []byte) (map[string]Metric, error) {
	var report struct {
		Metrics map[string]Metric `json:"metrics"`
	}
	err := json.Unmarshal(text, &report)
	return report.Metrics, err
}

// defaultMetrics lists the metrics that are shown first, the first that a report has.
var defaultMetrics = []string{"energy_distance", "nats_per_character", "nats_per_character_bound", "nll", "nll_bound"}

// defaultMetric returns the metric of a report that is shown where none was asked for, "" where it has none.
func defaultMetric(m map[string]Metric) string {
	for _, name := range defaultMetrics {
		if _, ok := m[name]; ok {
			return name
		}
	}
	return ""
}

// readHeader reads the header of a sweep's folder.
func readHeader(d *rundir.Dir) (header, error) {
	var h header
	b, err := d.ReadConfig()
	if err == nil {
		err = config.DecodeYAML(d.Path(rundir.ConfigFile), b, &h)
	}
	if err != nil {
		err = usage.Errorf("%s holds no sweep (%w): name a folder that genlab sweep has written", d.Path(""), err)
	}
	return h, err
}

// readEntries reads all runs of a plan, without their settings.
func readEntries(d *rundir.Dir) ([]Entry, error) {
	var list []Entry
	err := planLines(d, func(i int, line []byte) (bool, error) {
		e, _, err := parseLine(i, line)
		list = append(list, e)
		return true, err
	})
	return list, err
}

// Results reads the runs of the sweep in a folder with their metrics, as far as they are. It fails with a usage error
// where the folder holds no sweep, and with a *CorruptError of package lab/rundir where the plan is damaged.
func Results(dir string) (*answer.Study, error) {
	d, err := open(dir)
	if err != nil {
		return nil, err
	}
	h, err := readHeader(d)
	if err != nil {
		return nil, err
	}
	entries, err := readEntries(d)
	if err != nil {
		return nil, err
	}
	s := &answer.Study{Title: h.title(), Metric: h.Metric, Better: map[string]string{}, Halving: h.Halving, Smoke: h.Smoke}
	for _, name := range strings.FieldsFunc(h.Axes, func(r rune) bool { return r == ',' }) {
		key, log := strings.CutSuffix(name, ":log")
		s.Axes = append(s.Axes, answer.Axis{Key: key, Log: log})
	}
	s.Runs = make([]answer.Run, len(entries))
	for i, e := range entries {
		s.Runs[i] = answer.Run{Name: Folder(i), Axes: e.Axes, Seed: e.Seed}
		if err := readRun(&s.Runs[i], d.Path(Folder(i)), s.Better); err != nil {
			return nil, err
		}
	}
	markStopped(s, d, h, entries)
	return s, nil
}

// readRun reads the outcome of a run, and adds the directions of its metrics to better.
func readRun(r *answer.Run, path string, better map[string]string) error {
	o := readOutcome(path)
	r.Status, r.Reason = o.Status, o.Reason
	if o.Status != Done {
		return nil
	}
	m, err := readMetrics(o.eval)
	if err != nil {
		return &rundir.CorruptError{Path: path + "/" + trainer.EvalFile, Reason: err.Error() + "; remove the file to measure the run again", Err: err}
	}
	r.Metrics = make(map[string]float64, len(m))
	for name, v := range m {
		r.Metrics[name] = float64(v.Value)
		if v.Better != "" {
			better[name] = v.Better
		}
	}
	return nil
}

// markStopped gives the runs that halving has stopped their status and reason.
func markStopped(s *answer.Study, d *rundir.Dir, h header, entries []Entry) {
	if h.Halving == 0 {
		return
	}
	var sets []string
	for _, e := range entries {
		if slices.Contains(sets, e.Data) {
			continue
		}
		sets = append(sets, e.Data)
		b := newBracket(d, h, entries, e.Data)
		for index, rung := range b.stops() {
			if r := &s.Runs[index]; r.Status == Begun || r.Status == Waiting {
				r.Status, r.Reason = answer.Stopped, fmt.Sprintf("stopped at step %d of %d", b.steps[rung], h.Steps)
			}
		}
	}
}
