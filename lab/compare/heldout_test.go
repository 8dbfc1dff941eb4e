package compare

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/lab/rundir"
	"genlab/lab/trainer"
)

// normalFile returns the dataset of a file of n samples of N(0, I).
func normalFile(t *testing.T, n int, seed uint64) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 2))
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		x.SetRow(i, []float64{rng.NormFloat64(), rng.NormFloat64()})
	}
	name := filepath.Join(t.TempDir(), "normal.csv")
	if err := datasets.WritePoints(name, x); err != nil {
		t.Fatal(err)
	}
	return datasets.FilePrefix + name
}

// smokeComparison returns a comparison of a flow in a folder, with its trials listed.
func smokeComparison(t *testing.T, data, out string, overwrite bool) (*Comparison, error) {
	t.Helper()
	k, err := New(models.All, Request{Data: []string{data}, Models: []string{"flow"}, Seeds: 1, Budget: 1, Equal: equalSeconds, Smoke: true, Out: out})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return k, k.listTrials(overwrite)
}

// TestMemorisingIsSeen: on 500 rows of N(0, I) a flow that is trained far too long is better than the fitted
// Gaussian on the training rows, and ranks below it on the held-out ones.
func TestMemorisingIsSeen(t *testing.T) {
	out := filepath.Join(t.TempDir(), "c")
	k, err := smokeComparison(t, normalFile(t, 500, 1), out, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range k.trials {
		if !r.trained {
			continue
		}
		job := models.Flow.TypedJob(r.data, true)
		job.Config().Steps, job.Config().Hidden = 600, 64
		task, err := job.Task()
		if err != nil {
			t.Fatal(err)
		}
		run, err := trainer.Begin(k.root.Path(r.dir), job, task, trainer.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range run.Steps(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
		}
		run.Close()
	}
	if err := k.measure(t.Context(), new(bytes.Buffer)); err != nil {
		t.Fatal(err)
	}
	r := k.result()
	metric := func(model, key string) Interval {
		i, ok := r.metric(r.Plan.Data[0], model, key)
		if !ok {
			t.Errorf("%s has no %s: %v", model, key, r.row(r.Plan.Data[0], model))
		}
		return i
	}
	if g, f := metric(Gaussian, "nll"), metric("flow", "nll"); !(g.Mean < f.Mean-0.1) {
		t.Errorf("held out: Gaussian %v, overtrained flow %v", g, f)
	}
	if g, f := metric(Gaussian, "nll_train"), metric("flow", "nll_train"); !(f.Mean < g.Mean-0.1) {
		t.Errorf("training rows: Gaussian %v, overtrained flow %v", g, f)
	}
	for _, run := range r.Runs {
		if n := run.Metrics["precision"].N; n != 50 {
			t.Errorf("%s: precision of %d samples, want 50", run.Model, n)
		}
		if m, ok := run.Metrics["nll"]; ok && (m.N != 50 || run.Metrics["nll_train"].N != 450) {
			t.Errorf("%s: NLL of %d and %d rows", run.Model, m.N, run.Metrics["nll_train"].N)
		}
	}
	text := r.Text()
	for _, want := range []string{"450 training rows; NLL and distances of 50 held-out rows", "NLL train"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) && !strings.Contains(string(r.Markdown()), want) {
			t.Errorf("the tables lack %q:\n%s", want, text)
		}
	}
	if len(r.Plan.Files) != 1 || len(r.Plan.Files[0].Digest) != 64 {
		t.Errorf("the plan knows %v of its files", r.Plan.Files)
	}
}

// TestFoldersOfVersionsBefore: a folder whose settings have the same values under the names and the number of an
// earlier version is reused.
func TestFoldersOfVersionsBefore(t *testing.T) {
	config, _, err := configFor(&models.Diffusion, "moons", 1, trainingSize{smoke: true})
	if err != nil {
		t.Fatal(err)
	}
	var old []string
	for line := range strings.Lines(string(config)) {
		key, _, _ := strings.Cut(line, ":")
		switch key {
		case "optimizer", "weight-decay", "beta1", "beta2", "holdout", "test":
		case "timesteps":
			old = append(old, strings.Replace(line, key, "levels", 1))
		default:
			old = append(old, line)
		}
	}
	if before := strings.Join(old, ""); !strings.Contains(before, "\nlevels:") || strings.Contains(before, "\noptimizer:") {
		t.Fatalf("these are no settings of a version before:\n%s", before)
	}
	for what, c := range map[string]struct {
		saved string
		want  string
	}{
		"an earlier version": {strings.Join(old, ""), ""},
		"today's":            {string(config), ""},
		"other settings":     {strings.Replace(strings.Join(old, ""), "\nlevels: ", "\nlevels: 1", 1), "timesteps differs"},
		"another model":      {"model: flow\n", "other settings"},
		"no settings":        {"levels: many\n", "other settings"},
	} {
		root, err := rundir.Create(filepath.Join(t.TempDir(), "c"), false)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		r := &trial{model: "diffusion", data: "moons", seed: 1, trained: true, config: config, dir: "d"}
		d, err := rundir.Create(root.Path(r.dir), false)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.WriteFile(rundir.ConfigFile, []byte(c.saved)); err != nil {
			t.Fatal(err)
		}
		d.Close()
		err = r.checkFolder(models.All, root, false)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !isUsage(err)) {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
	}
	// References of a version before lack the digest and the share of held-out rows.
	r := &trial{model: Mixture, data: "moons", seed: 1}
	if r.set, err = dataset("moons"); err != nil {
		t.Fatal(err)
	}
	if err := r.configureReference(); err != nil {
		t.Fatal(err)
	}
	if was := r.changed(models.All, []byte("model: mixture\ndata: moons\nseed: 1\nparts: 8\n"), nil); was != "" {
		t.Errorf("a reference of a version before was made with %s", was)
	}
}

// TestAChangedFileIsMeasuredAgain: a folder of other points is refused, and replaced as a whole.
func TestAChangedFileIsMeasuredAgain(t *testing.T) {
	data, out := normalFile(t, 60, 1), filepath.Join(t.TempDir(), "c")
	k, err := smokeComparison(t, data, out, false)
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, r := range k.trials {
		d, err := r.openFolder(k.root)
		if r.trained {
			d, err = rundir.Create(k.root.Path(r.dir), true)
			if err == nil {
				err = d.WriteFile(rundir.ConfigFile, r.config)
			}
			if err == nil {
				err = d.Save(&rundir.Checkpoint{Model: r.model, Config: r.config, State: map[string][]byte{"digest": r.set.Files()[0].Digest}})
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := d.WriteFile(measuredFile, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		d.Close()
		dirs = append(dirs, r.dir)
	}
	k.Close()
	if k, err = smokeComparison(t, data, out, false); err != nil {
		t.Fatalf("the same file: %v", err)
	}
	k.Close()
	other := strings.TrimPrefix(normalFile(t, 60, 2), datasets.FilePrefix)
	if err := os.Rename(other, strings.TrimPrefix(data, datasets.FilePrefix)); err != nil {
		t.Fatal(err)
	}
	k, err = smokeComparison(t, data, out, false)
	if err == nil || !isUsage(err) || !strings.Contains(err.Error(), "has changed (SHA-256") || !strings.Contains(err.Error(), "replace such runs with --overwrite, or choose another --out") {
		t.Errorf("a changed file: %v", err)
	}
	k.Close()
	k, err = smokeComparison(t, data, out, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		for _, name := range []string{measuredFile, rundir.CheckpointFile} {
			if _, err := os.Stat(k.root.Path(dir + "/" + name)); err == nil {
				t.Errorf("%s of the file before is still in %s", name, dir)
			}
		}
	}
}

// TestMeasurementsOfAnotherFile are not taken.
func TestMeasurementsOfAnotherFile(t *testing.T) {
	k, err := smokeComparison(t, normalFile(t, 60, 1), filepath.Join(t.TempDir(), "c"), false)
	if err != nil {
		t.Fatal(err)
	}
	r := k.trials[0]
	d, err := r.openFolder(k.root)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for digest, want := range map[string]bool{r.digest(): true, "": false, strings.Repeat("0", 64): false} {
		b := `{"samples":2000,"points":4000,"digest":"` + digest + `","run":{"model":"` + r.model + `"}}`
		if err := d.WriteFile(measuredFile, []byte(b)); err != nil {
			t.Fatal(err)
		}
		if got := k.readMeasured(r); got != want {
			t.Errorf("measurements of %q are taken: %v", digest, got)
		}
	}
	var p registry.Points
	if digest(p) != "" {
		t.Error("a distribution has a digest")
	}
}
