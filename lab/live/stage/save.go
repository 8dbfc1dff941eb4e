package stage

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"genlab/internal/atomicfile"
	"genlab/internal/config"
	"genlab/lab/models"
	"genlab/lab/rundir"
	"genlab/lab/trainer"
)

// saved describes a run that was saved.
type saved struct {
	Panel    string   `json:"panel"`
	Dir      string   `json:"dir"`
	Step     int      `json:"step"`
	Steps    int      `json:"steps"`
	Complete bool     `json:"complete"`
	Files    []string `json:"files"`
	Train    string   `json:"train"` // command that writes the same run
	Next     string   `json:"next"`  // command to go on with
}

// savedRuns is the answer to a request to save.
type savedRuns struct {
	Runs    []saved `json:"runs"`
	Compare string  `json:"compare"`
}

// save writes run folders of the panels of these ids, of all without one, and evaluates those whose training is
// complete: what genlab train writes for the same settings, except for times.
func (s *stage) save(ids []string) (savedRuns, error) {
	s.of.saving.Lock() // one at a time: names of folders are chosen
	defer s.of.saving.Unlock()
	s.mu.Lock()
	panels, data := slices.Clone(s.panels), s.data
	s.mu.Unlock()
	panels = slices.DeleteFunc(panels, func(p *panel) bool { return p.cannot != "" || ids != nil && !slices.Contains(ids, p.id) })
	if len(panels) == 0 {
		return savedRuns{}, bad("no panel of these ids trains: %s", strings.Join(ids, ", "))
	}
	if data.file != nil {
		if err := writePoints(data); err != nil {
			return savedRuns{}, err
		}
	}
	var all savedRuns
	var dirs []string
	for _, p := range panels {
		r, err := s.saveOne(p, data)
		if err != nil {
			return all, err
		}
		all.Runs = append(all.Runs, r)
		dirs = append(dirs, quoted(r.Dir))
	}
	if len(dirs) > 1 {
		all.Compare = "genlab compare --runs " + strings.Join(dirs, " --runs ")
	}
	return all, nil
}

// writePoints writes the file of the points, which has their hash in its name.
func writePoints(data *loaded) error {
	if have, err := os.ReadFile(data.path); err == nil && string(have) == string(data.file) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(data.path), 0o777); err != nil {
		return fmt.Errorf("the points cannot be saved: %w", err)
	}
	return atomicfile.Write(data.path, data.file)
}

func (s *stage) saveOne(p *panel, data *loaded) (saved, error) {
	job := p.job.Clone()
	for key, value := range p.model.merged() {
		if err := config.Set(job.Settings(), key, value); err != nil {
			return saved{}, err
		}
	}
	snapshot, err := p.snapshot()
	if err != nil {
		return saved{}, err
	}
	path := p.folder(s.of.o.Out, data.name, func(path string) bool {
		_, err := os.Stat(path)
		return errors.Is(err, fs.ErrNotExist)
	})
	t, err := trainer.Write(path, job, p.task, snapshot)
	if err != nil {
		return saved{}, err
	}
	defer t.Close()
	r := saved{Panel: p.id, Dir: path, Step: snapshot.Step, Steps: p.loop.Steps, Complete: snapshot.Step == p.loop.Steps, Train: p.command(data.name)}
	if path != rundir.DefaultPath(p.model.Model, data.name, job.Seed()) {
		r.Train += " --out " + quoted(path)
	}
	if r.Complete {
		n := cmp.Or(job.Of().About().Samples, trainer.Samples)
		if _, _, err := trainer.Finish(models.All, t.Dir(), p.task, n); err != nil {
			return r, err
		}
		r.Next = "genlab eval " + quoted(path)
	} else {
		r.Next = r.Train + " --resume"
		if !strings.Contains(r.Next, "--out ") {
			r.Next = r.Train + " --out " + quoted(path) + " --resume"
		}
	}
	entries, err := os.ReadDir(path)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			r.Files = append(r.Files, e.Name())
		}
	}
	return r, err
}
