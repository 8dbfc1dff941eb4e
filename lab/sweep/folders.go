package sweep

import (
	"path/filepath"
	"slices"
	"strings"

	"genlab/internal/usage"
	"genlab/lab/answer"
	"genlab/lab/registry"
	"genlab/lab/rundir"
)

// within is the key under which the values of a setting are compared: those of models and data over all runs, others
// over the runs of a model, since models differ in most of them.
func within(key string, m registry.Model) string {
	if key == "model" || key == answer.DataAxis {
		return key
	}
	return m.About().Name + " " + key
}

// Folders reads the run folders that match patterns, as of a shell, into a study whose axes are model and data where they
// differ, and the settings that differ between runs of one model, in the order of config.yaml. Folders that match and are no runs are left out.
// It fails with a usage error where no run matches or two runs have the same settings and seed, and where a
// config.yaml cannot be read.
func Folders(models registry.List, patterns []string) (*answer.Study, error) {
	var paths []string
	for _, p := range patterns {
		found, err := filepath.Glob(p)
		if err != nil {
			return nil, usage.Errorf("--runs %s: %w", p, err)
		}
		paths = append(paths, found...)
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	s := &answer.Study{Better: map[string]string{}}
	var order []string // of the settings
	values, differs := map[string][]string{}, map[string]bool{}
	known := map[string]string{}
	for _, path := range paths {
		d, err := rundir.Open(path)
		if err != nil {
			continue // no run
		}
		m, err := models.Of(d)
		if err != nil {
			continue // a comparison or a sweep
		}
		job, err := registry.ReadJob(m, d)
		if err != nil {
			return nil, err
		}
		if twin, twice := known[settingsText(job)]; twice {
			return nil, usage.Errorf("%s and %s have the same settings and seed: leave one of them out", twin, path)
		}
		known[settingsText(job)] = path
		r := answer.Run{Name: path, Seed: job.Seed(), Axes: map[string]string{}}
		for _, f := range registry.Fields(job) {
			if f.Key == "seed" {
				continue
			}
			if !slices.Contains(order, f.Key) {
				order = append(order, f.Key)
			}
			of := within(f.Key, m)
			if !slices.Contains(values[of], f.Default) {
				values[of] = append(values[of], f.Default)
			}
			differs[f.Key] = differs[f.Key] || len(values[of]) > 1
			r.Axes[f.Key] = f.Default
		}
		if err := readRun(&r, path, s.Better); err != nil {
			return nil, err
		}
		s.Runs = append(s.Runs, r)
	}
	if len(s.Runs) == 0 {
		return nil, usage.Errorf("--runs %s: no run folder matches; put the pattern in quotes, and name folders that genlab train has written", strings.Join(patterns, " "))
	}
	s.Title = strings.Join(values["model"], ", ")
	var varied []string
	for _, key := range order {
		if differs[key] {
			s.Axes = append(s.Axes, answer.Axis{Key: key})
			varied = append(varied, key)
		}
	}
	for _, r := range s.Runs {
		for key := range r.Axes {
			if !slices.Contains(varied, key) {
				delete(r.Axes, key)
			}
		}
	}
	if varied != nil {
		s.Title += " by " + strings.Join(varied, ", ")
	}
	return s, nil
}
