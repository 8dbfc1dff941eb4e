package cli

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/lab/compare"
)

// comparing runs the command and returns what it wrote.
func comparing(t *testing.T, dir string, args ...string) *compare.Result {
	t.Helper()
	cmd := command(t, append([]string{"compare", "--smoke", "--out", dir}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r, err := compare.Read(filepath.Join(dir, "compare.json"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRecomputed: the figures of the table follow from the samples and the scores that the
// comparison saved, by formulas of this test's own.
func TestRecomputed(t *testing.T) {
	dir := t.TempDir() + "/compare"
	r := comparing(t, dir, "--data", "moons", "--models", "flow,vae")
	points := func(run compare.Run, name string) *mat.Dense {
		x, err := datasets.ReadPoints(filepath.Join(dir, run.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	mean := func(a, b *mat.Dense) (sum float64) { // of the distances, own pairs left out
		n, _ := a.Dims()
		m, _ := b.Dims()
		pairs := 0.0
		for i := range n {
			for j := range m {
				if a != b || i != j {
					sum += math.Hypot(a.At(i, 0)-b.At(j, 0), a.At(i, 1)-b.At(j, 1))
					pairs++
				}
			}
		}
		return sum / pairs
	}
	oracle := r.Runs[0]
	truth := points(oracle, "truth.npy")
	logp, err := datasets.ReadVector(filepath.Join(dir, oracle.Dir, "logp.npy"))
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range r.Runs {
		near := func(key string, want float64) {
			t.Helper()
			if got := float64(run.Metrics[key].Value); !(math.Abs(got-want) <= 1e-9*math.Max(1, math.Abs(want))) {
				t.Errorf("%s: %s is %v, recomputed %v", run.Model, key, got, want)
			}
		}
		x := points(run, "samples.npy")
		near("energy_distance", 2*mean(x, truth)-mean(x, x)-mean(truth, truth))
		file, key := "logp.npy", "nll"
		if run.Kind == compare.Bound {
			file, key = "logbound.npy", "nll_bound"
		}
		logq, err := datasets.ReadVector(filepath.Join(dir, run.Dir, file))
		if err != nil {
			t.Fatal(err)
		}
		nll, kl := 0.0, 0.0
		for i, v := range logq {
			nll -= v / float64(len(logq))
			kl += (logp[i] - v) / float64(len(logq))
		}
		near(key, nll)
		if run.Kind == compare.Exact {
			near("kl", kl)
		}
		count := make([]float64, 2)
		n, _ := x.Dims()
		within := 0.0
		for i := range n {
			if mode, ok := datasets.Moons(0.05).Modes.Nearest(x.At(i, 0), x.At(i, 1)); ok {
				count[mode]++
				within++
			}
		}
		near("high_quality", within/float64(n))
		near("modes", 2) // both far above 1 % of their due
	}
}

// timings are what a clock says, in every file that a comparison writes.
var timings = regexp.MustCompile(`(?m)"(microseconds_per_sample|train_seconds)": ?(\{[^}]*\}|[0-9.e+-]+)|"made": "[^"]*"|"evidence": "[^"]*µs[^"]*"`)

// TestTheSameTables: two comparisons with one seed write the same bytes, but for the times.
func TestTheSameTables(t *testing.T) {
	var files [][3]string
	for range 2 {
		dir := t.TempDir() + "/compare"
		comparing(t, dir, "--data", "moons", "--models", "diffusion,gan")
		var texts [3]string
		for i, name := range []string{"compare.json", "compare.csv", "compare.md"} {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			texts[i] = string(b)
			var kept []string
			for line := range strings.Lines(texts[i]) {
				switch {
				case name == "compare.csv": // the last four columns
					cells := strings.Split(strings.TrimSpace(line), ",")
					line = strings.Join(cells[:len(cells)-4], ",")
				case strings.HasPrefix(line, "|"): // the last two
					cells := strings.Split(line, "|")
					line = strings.Join(cells[:len(cells)-3], "|")
				}
				kept = append(kept, line)
			}
			texts[i] = timings.ReplaceAllString(strings.Join(kept, "\n"), "")
		}
		files = append(files, texts)
	}
	for i, a := range files[0] {
		if b := files[1][i]; a != b {
			t.Errorf("file %d differs:\n%s\n%s", i, a, b)
		}
	}
}

// TestInterruptedComparison: SIGINT gives status 75, and the same command continues without
// training a finished run again; its figures are those of a run left alone.
func TestInterruptedComparison(t *testing.T) {
	args := []string{"--data", "moons", "--models", "vae,flow"}
	want := comparing(t, t.TempDir()+"/compare", args...)
	dir := t.TempDir() + "/compare"
	cmd := command(t, append([]string{"compare", "--smoke", "--out", dir}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first := filepath.Join(dir, "vae-moons-s1-smoke")
	for range 2000 { // until the first run is under way
		if _, err := os.Stat(filepath.Join(first, "checkpoint.safetensors")); err == nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 75 || !strings.Contains(stderr.String(), "the same command continues") {
		t.Fatalf("exit status %d: %s", got, stderr.String())
	}
	got := comparing(t, dir, args...)
	for i, run := range want.Runs {
		for key, f := range run.Metrics {
			if g := got.Runs[i].Metrics[key]; g.Value != f.Value && !compareTiming(key) {
				t.Errorf("%s on %s: %s is %v, uninterrupted %v", run.Model, run.Data, key, g.Value, f.Value)
			}
		}
	}

	before, err := os.Stat(filepath.Join(first, "checkpoint.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	comparing(t, dir, args...)
	if after, err := os.Stat(filepath.Join(first, "checkpoint.safetensors")); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("a finished run was trained again (%v)", err)
	}
}

func compareTiming(key string) bool {
	for _, c := range compare.Columns {
		if c.Key == key {
			return c.Timing
		}
	}
	return false
}

// TestAFailedRunStays: a run that cannot be trained is in the table with its reason, beside the
// others, and a comparison of nothing but such runs is an error.
func TestAFailedRunStays(t *testing.T) {
	dir := t.TempDir() + "/compare"
	comparing(t, dir, "--data", "moons", "--models", "vae")
	checkpoint := filepath.Join(dir, "vae-moons-s1-smoke", "checkpoint.safetensors")
	b, err := os.ReadFile(checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(checkpoint, b, 0o666); err != nil {
		t.Fatal(err)
	}
	if out, err := command(t, "compare", "--smoke", "--out", dir, "--data", "moons", "--models", "vae,gan").CombinedOutput(); err == nil ||
		!strings.Contains(string(out), "1 run failed") || !strings.Contains(string(out), "--keep-going") {
		t.Errorf("one of two failed: %v: %s", err, out)
	}
	r := comparing(t, dir, "--data", "moons", "--models", "vae,gan", "--keep-going")
	for _, run := range r.Runs {
		failed := run.Model == "vae"
		if (run.Status == compare.Failed) != failed || failed && !strings.Contains(run.Reason, "corrupt") {
			t.Errorf("%s: %s %q", run.Model, run.Status, run.Reason)
		}
	}
	if md := string(r.Markdown()); !strings.Contains(md, "✗ vae failed, seed 1: ") {
		t.Errorf("the table does not say so: %s", md)
	}
	out, err := command(t, "compare", "--smoke", "--out", dir, "--data", "moons", "--models", "vae").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "every run failed") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestBaselinesOfAView: the Gaussian is one of the points themselves, the mixture of what is seen, and it
// has no density to stand beside theirs.
func TestBaselinesOfAView(t *testing.T) {
	const data = "lift64:moons"
	r := comparing(t, t.TempDir()+"/compare", "--data", data, "--models", "vae")
	for _, want := range []struct {
		model  string
		kind   compare.Kind
		params float64
	}{{compare.Oracle, compare.Exact, 0}, {compare.Gaussian, compare.Exact, 64 + 64*65/2}, {compare.Mixture, compare.None, 8*6 - 1}, {"vae", compare.Bound, 13157}} {
		for _, run := range r.Runs {
			if run.Model != want.model {
				continue
			}
			_, nll := run.Metrics["nll"]
			if run.Status != compare.Done || run.Kind != want.kind || nll != (want.kind == compare.Exact) || float64(run.Metrics["params"].Value) != want.params {
				t.Errorf("%s: %s %q, likelihood %q, %v parameters", run.Model, run.Status, run.Reason, run.Kind, run.Metrics["params"].Value)
			}
		}
	}
	if float64(r.Runs[0].Metrics["nll"].N) != 4000 || r.Plan.Coordinates[0] != 64 {
		t.Errorf("%v points, coordinates %v", r.Runs[0].Metrics["nll"].N, r.Plan.Coordinates)
	}
}
