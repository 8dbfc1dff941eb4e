package stage_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"genlab/internal/config"
	"genlab/lab/live/stage"
	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/lab/trainer"
)

// call makes a request, which must be answered with a status, and decodes the answer.
func call(t *testing.T, s *stage.Stages, status int, method, path string, body, into any) {
	t.Helper()
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	r := s.Handle(method, path, nil, text)
	if r.Status != status {
		t.Fatalf("%s %s is answered with %d, want %d: %s", method, path, r.Status, status, r.Body)
	}
	if into != nil {
		if err := json.Unmarshal(r.Body, into); err != nil {
			t.Fatal(err)
		}
	}
}

// described is a part of the answer that describes a stage.
type described struct {
	ID      string
	State   string
	Command string
	Compare string
	Data    struct {
		Name        string
		Density     *gridOf
		Truth       string
		TruthLabels []int `json:"truth_labels"`
		Box         [4]float64
	}
	Panels []struct {
		ID, Note, Command string
		Steps, NFE        int
	}
}

type gridOf struct {
	W, H      int
	Values    []byte
	Max       float64
	Low, High float64
}

// tiny are settings of models that train in a second, with something of all that a page can change.
func tiny(data stage.Data) stage.Settings {
	return stage.Settings{Data: data, Seed: 3, Samples: 50, Models: []stage.Model{
		{Model: "flow", Set: map[string]string{"steps": "25", "hidden": "8", "batch": "64", "layers": "2"}},
		{Model: "gan", Set: map[string]string{"steps": "24", "hidden": "8", "batch": "16", "critic-steps": "2", "objective": "wgan-gp"}},
		{Model: "vae", Set: map[string]string{"steps": "21", "hidden": "8", "batch": "32", "beta": "0.5"}},
		{Model: "autoregressive", Set: map[string]string{"steps": "20", "hidden": "8", "heads": "2", "batch": "16", "base": "4"}},
		{Model: "diffusion", Set: map[string]string{"steps": "22", "hidden": "8", "batch": "32"}, Sampling: map[string]string{"nfe": "5", "sampler": "ddim"}},
		{Model: "kde", Set: map[string]string{"steps": "2", "centres": "50"}},
	}}
}

// finished waits until a stage has taken all steps.
func finished(t *testing.T, s *stage.Stages, id string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		var d described
		call(t, s, 200, "GET", "api/stages/"+id, nil, &d)
		if d.State == "done" {
			return
		}
	}
	t.Fatal("the stage does not end")
}

// TestSavedRunsAreThoseOfTrain: the folders that a stage saves have the files that the trainer of genlab train writes for the
// same settings, and the same bytes but for times: after the last step of models that trained side by side, and half way.
func TestSavedRunsAreThoseOfTrain(t *testing.T) {
	t.Chdir(t.TempDir())
	points := stage.Data{Name: "drawn"}
	for i := range 60 {
		points.Points = append(points.Points, [2]float64{float64(i%7) + 0.1, float64(i*i%11) / 3})
		points.Labels = append(points.Labels, i%2*5)
	}
	set := tiny(stage.Data{Name: "moons"})
	s := stage.NewStages(stage.Options{Out: "runs"})
	defer s.Close()
	var d described
	call(t, s, 201, "POST", "api/stages", set, &d)
	at := "api/stages/" + d.ID
	call(t, s, 200, "POST", at+"/control", stage.Control{Do: "step", Steps: 13}, nil)
	for i, m := range set.Models {
		job, step := jobOf(t, m, "moons", set.Seed), 13
		if m.Model == "kde" {
			continue // its evaluation takes long
		}
		r := waitForSave(t, s, at, d.Panels[i].ID, step)
		sameRun(t, r.Dir, trained(t, job, step))
		if r.Complete || !strings.Contains(r.Next, "--resume") {
			t.Errorf("half a training is complete, or not to be resumed: %+v", r)
		}
	}

	set = tiny(points)
	set.Models = set.Models[:2]
	set.Models[0].Set["conditional"] = "true"
	call(t, s, 201, "POST", "api/stages", set, &d)
	call(t, s, 200, "POST", "api/stages/"+d.ID+"/control", stage.Control{Do: "start"}, nil)
	finished(t, s, d.ID)
	var all savedAnswer
	call(t, s, 200, "POST", "api/stages/"+d.ID+"/save", nil, &all)
	if len(all.Runs) != len(set.Models) {
		t.Fatalf("%d runs are saved, want %d", len(all.Runs), len(set.Models))
	}
	for i, r := range all.Runs {
		job := jobOf(t, set.Models[i], d.Data.Name, set.Seed)
		sameRun(t, r.Dir, trained(t, job, 0))
		if !r.Complete || r.Step != job.Loop().Steps {
			t.Errorf("%s is saved at step %d, complete %v", r.Dir, r.Step, r.Complete)
		}
		if _, err := models.All.Open(r.Dir); err != nil {
			t.Error(err)
		}
	}
}

type savedAnswer struct {
	Runs []savedRun
}

type savedRun struct {
	Dir, Train, Next string
	Step             int
	Complete         bool
}

// waitForSave saves a panel until it is saved at a step.
func waitForSave(t *testing.T, s *stage.Stages, at, panel string, step int) savedRun {
	t.Helper()
	for range 400 {
		time.Sleep(10 * time.Millisecond)
		var a savedAnswer
		call(t, s, 200, "POST", at+"/save", map[string][]string{"panels": {panel}}, &a)
		if a.Runs[0].Step == step {
			return a.Runs[0]
		}
		if err := os.RemoveAll(a.Runs[0].Dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("%s does not reach step %d", panel, step)
	return savedRun{}
}

// jobOf returns the job of genlab train with the settings of a model.
func jobOf(t *testing.T, m stage.Model, data string, seed uint64) registry.Job {
	t.Helper()
	of, err := models.All.Named(m.Model)
	if err != nil {
		t.Fatal(err)
	}
	j := of.Job(data, false)
	for _, set := range []map[string]string{m.Set, m.Sampling} {
		for key, value := range set {
			if err := config.Set(j.Settings(), key, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := config.Set(j.Settings(), "seed", "3"); err != nil || seed != 3 {
		t.Fatal(err)
	}
	return j
}

// trained returns the folder of a training as genlab train makes it; one that is interrupted at a step unless that is 0.
func trained(t *testing.T, job registry.Job, at int) string {
	t.Helper()
	task, err := job.Task()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	run, err := trainer.Begin(dir, job, task, trainer.Options{SaveEvery: time.Hour, PauseAt: at})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	for _, err := range run.Steps(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if at == 0 {
		if _, _, err := trainer.Finish(models.All, run.Dir(), task, trainer.Samples); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// sameRun fails where two run folders differ in more than times.
func sameRun(t *testing.T, got, want string) {
	t.Helper()
	entries, err := os.ReadDir(want)
	if err != nil {
		t.Fatal(err)
	}
	mine, err := os.ReadDir(got)
	if err != nil {
		t.Fatal(err)
	}
	if len(mine) != len(entries) {
		t.Errorf("%s has %d files, want %d", got, len(mine), len(entries))
	}
	for _, e := range entries {
		a, err := os.ReadFile(filepath.Join(got, e.Name()))
		if err != nil {
			t.Error(err)
			continue
		}
		b, err := os.ReadFile(filepath.Join(want, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		switch e.Name() {
		case "env.json", "eval.json":
			a, b = untimed(t, a), untimed(t, b)
		case "metrics.jsonl":
			if strings.HasSuffix(want, "run") && !bytes.Equal(a, b) && bytes.HasPrefix(b, a) {
				b = b[:len(a)] // an interruption logs its last step
			}
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s: %s differs (%d and %d bytes)", got, e.Name(), len(a), len(b))
		}
	}
}

// untimed returns a report without its times.
func untimed(t *testing.T, text []byte) []byte {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	delete(v, "started")
	delete(v, "train_seconds")
	if m, ok := v["metrics"].(map[string]any); ok {
		delete(m, "microseconds_per_sample")
		delete(m, "samples_per_second")
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
