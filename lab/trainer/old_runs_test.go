package trainer

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/flow"
	"genlab/internal/kernel"
	"genlab/lab/evaluate"
	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/lab/rundir"
	"genlab/train"
)

// testdata/runs has a smoke run of each model that the build of 2026-11-26 (commit 538232d) wrote,
// with what it sampled from the run under seed 7 in samples.csv: the files of that build are to load
// and to mean the same for good.
const oldRuns = "testdata/runs"

// testdata/version2 has a short run of each model whose checkpoint has version 2, with constants, by the build of 2026-11-28 that introduced it, and
// its samples under seed 7. Some have settings that the others lack: labels with guidance, a sampler of UniPC, an adaptive solver, a student in
// latent space, several evaluations.
const version2Runs = "testdata/version2"

// copied returns a copy of an old run, which a test may write to.
func copied(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(oldRuns, name))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// same compares samples with those in a file: bits differ between levels of the CPU's kernels.
func same(t *testing.T, s genlab.Sampler, file string) {
	t.Helper()
	within(t, s, file, 2e-3)
}

// within fails if samples differ from those in a file by tolerance or more in the largest row sum.
func within(t *testing.T, s genlab.Sampler, file string, tolerance float64) {
	t.Helper()
	f, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(f), "\n")
	want, err := datasets.ReadRows(file, strings.Count(first, ",")+1)
	if err != nil {
		t.Fatal(err)
	}
	n, _ := want.Dims()
	got := s.Sample(n, train.NewStream(7, "sample").Rand)
	var off mat.Dense
	off.Sub(got, want)
	if worst := mat.Norm(&off, math.Inf(1)); !(worst < tolerance) {
		t.Errorf("samples differ from those of the build before by %v in the largest row sum", worst)
	}
}

// sameSamples opens a run and compares what it samples with a file in its folder.
func sameSamples(t *testing.T, dir string, o registry.Options, file string) {
	t.Helper()
	r, err := models.All.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := r.With(o)
	if err != nil {
		t.Fatal(err)
	}
	same(t, s, filepath.Join(dir, file))
}

// TestOldRunsLoad: the runs of the build before open, and sample what they did.
func TestOldRunsLoad(t *testing.T) {
	for _, m := range models.All {
		name := m.About().Name
		if m.About().Role == registry.Baseline {
			continue // newer than those runs
		}
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(oldRuns, name)
			sameSamples(t, dir, registry.Options{}, "samples.csv")
		})
	}
	sameSamples(t, filepath.Join(oldRuns, "diffusion"), registry.Options{Label: "3"}, "label3.csv")
}

// TestVersion2Loads: the files of version 2 open, have the constants of the code, and mean the same.
func TestVersion2Loads(t *testing.T) {
	for _, m := range models.All {
		name := m.About().Name
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(version2Runs, name)
			sameSamples(t, dir, registry.Options{}, "samples.csv")
			file := filepath.Join(dir, rundir.CheckpointFile)
			c, err := checkpoint.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]float64
			if text := c.Meta["constants"]; text != "" {
				if err := json.Unmarshal([]byte(text), &got); err != nil {
					t.Fatal(err)
				}
			}
			want := m.About().Constants
			// The files of some models are older than the models' constants: they have the values of docs/checkpoint.md.
			older := slices.Contains([]string{"flow-prior", "masked-diffusion", "vq-prior"}, name)
			if (len(got) == 0) != (len(want) == 0 || older) {
				t.Errorf("the file has the constants %v, the code %v", got, want)
			}
			for name, v := range got { // the code may have more
				if w, ok := want[name]; !ok || v != w {
					t.Errorf("the file has %s = %v, the code %v: a change of it needs a new version", name, v, w)
				}
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(b[:min(len(b), 1<<20)]), `"version":"2"`) {
				t.Error("the file has not version 2")
			}
		})
	}
}

// TestConstants: a checkpoint has the constants of its model, and its version; the runs of the build before have neither, and
// those of their code are in docs/checkpoint.md.
func TestConstants(t *testing.T) {
	job := models.Flow.Job("moons", true)
	task, err := job.Task()
	if err != nil {
		t.Fatal(err)
	}
	run, err := Begin(filepath.Join(t.TempDir(), "run"), job, task, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	c, err := checkpoint.Load(run.Dir().Path(rundir.CheckpointFile))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]float64
	if err := json.Unmarshal([]byte(c.Meta["constants"]), &got); err != nil || !maps.Equal(got, flow.Constants()) {
		t.Errorf("the constants of a flow's checkpoint are %v, %v", got, err)
	}
	page, err := os.ReadFile("../../docs/checkpoint.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range models.All {
		for name := range m.About().Constants {
			if !strings.Contains(string(page), "`"+name+"`") {
				t.Errorf("docs/checkpoint.md does not explain the constant %s of %s", name, m.About().Name)
			}
		}
	}
}

// TestOldTextLoads: a model of text writes what it wrote.
func TestOldTextLoads(t *testing.T) {
	for _, folder := range []string{oldRuns, version2Runs} {
		r, err := models.All.Open(filepath.Join(folder, "text"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(folder, "text", "text.txt"))
		if err != nil {
			t.Fatal(err)
		}
		m := r.Model.(models.TextRun)
		_, s, _, err := m.Sampling(registry.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := evaluate.Continue(m.Text, "", 60, s, 7)
		if err != nil || strings.TrimSuffix(got, "\n") != strings.TrimSuffix(string(want), "\n") {
			t.Errorf("%s: %v: wrote %q, want %q", folder, err, got, want)
		}
	}
}

// TestOldRunResumes: a training that the build before left half way ends as it would have ended there.
// A thousand steps amplify the last bits, so that it needs the level of kernels of that build, and even then
// differs where an operation now adds up in another order.
func TestOldRunResumes(t *testing.T) {
	if kernel.CPULevel() < kernel.AVX2 {
		t.Skip("the run was written with AVX2")
	}
	defer kernel.ForceLevel(kernel.AVX2)()
	dir := copied(t, "interrupted")
	old, err := models.All.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	task, err := old.Job.Task()
	if err != nil {
		t.Fatal(err)
	}
	run, err := Resume(dir, old.Job, task, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	for _, err := range run.Steps(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	m, err := run.Model()
	if err != nil {
		t.Fatal(err)
	}
	within(t, m, filepath.Join(dir, "samples.csv"), 0.03)
}
