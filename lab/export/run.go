package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"genlab/internal/config"
	"genlab/lab/registry"
	"genlab/lab/rundir"
	"genlab/metrics"
)

// Run is what a run folder has for other tools.
type Run struct {
	Name     string         // of the folder
	Settings []config.Field // in order
	Log      []rundir.Entry
	Eval     []Metric // of eval.json, sorted; nil where the run is not evaluated
	Started  time.Time
	Seconds  float64 // of training up to the last checkpoint
	dir      *rundir.Dir
}

// Metric is a value of a report.
type Metric struct {
	Name  string
	Value float64
}

// Open reads a run folder. It fails where the folder is no run, and with a *CorruptError of package lab/rundir where a file
// of it is damaged.
func Open(models registry.List, path string) (*Run, error) {
	d, err := rundir.Open(path)
	if err != nil {
		return nil, err
	}
	m, err := models.Of(d)
	if err != nil {
		return nil, err
	}
	job, err := registry.ReadJob(m, d)
	if err != nil {
		return nil, err
	}
	r := &Run{Name: filepath.Base(filepath.Clean(path)), Settings: registry.Fields(job), dir: d}
	if r.Log, err = d.ReadLog(); err != nil {
		return nil, err
	}
	env, err := d.ReadEnv()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	r.Started, r.Seconds = env.Started, env.TrainSeconds
	if r.Started.IsZero() { // of an early version, or before the first checkpoint
		file, err := os.Stat(d.Path("config.yaml"))
		if err != nil {
			return nil, err
		}
		r.Started = file.ModTime()
	}
	r.Eval, err = readEval(d)
	return r, err
}

func readEval(d *rundir.Dir) ([]Metric, error) {
	b, err := rundir.ReadFile(d.Path("eval.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var report struct {
		Metrics map[string]struct {
			Value metrics.Number `json:"value"`
		} `json:"metrics"`
	}
	if err = json.Unmarshal(b, &report); err != nil {
		return nil, &rundir.CorruptError{Path: d.Path("eval.json"), Reason: err.Error(), Err: err}
	}
	var list []Metric
	for name, m := range report.Metrics {
		list = append(list, Metric{name, float64(m.Value)})
	}
	slices.SortFunc(list, func(a, b Metric) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// steps returns the last step of the log, 0 without one.
func (r *Run) steps() int {
	if len(r.Log) == 0 {
		return 0
	}
	return r.Log[len(r.Log)-1].Step
}

// at returns the time of a step.
func (r *Run) at(step int) time.Time {
	if last := r.steps(); last > 0 {
		return r.Started.Add(time.Duration(r.Seconds * float64(step) / float64(last) * 1e9))
	}
	return r.Started
}

// pictures returns the PNG files of the folder with their content, by name.
func (r *Run) pictures() ([]registry.Picture, error) {
	names, err := filepath.Glob(filepath.Join(r.dir.Path(""), "*.png"))
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var list []registry.Picture
	for _, name := range names {
		b, err := rundir.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read: %w", name, err)
		}
		list = append(list, registry.Picture{Name: strings.TrimSuffix(filepath.Base(name), ".png"), Data: b})
	}
	return list, nil
}
