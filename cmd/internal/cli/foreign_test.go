package cli

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// evalOutput is the JSON of genlab eval.
type evalOutput struct {
	Model   string
	Params  *int
	Steps   *int
	Metrics map[string]struct {
		Value, SE, Oracle *float64
		N                 int
		Kind              string
	}
}

// typed runs the command, and returns what it prints.
func typed(t *testing.T, line string) []byte {
	t.Helper()
	var out, errs bytes.Buffer
	if err := Run(t.Context(), strings.Fields(line), &out, &errs); err != nil {
		t.Fatalf("genlab %s: %v", line, err)
	}
	return out.Bytes()
}

func evalJSON(t *testing.T, args string) (e evalOutput) {
	t.Helper()
	if err := json.Unmarshal(typed(t, "eval --json "+args), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// TestForeignSamplesAreScoredAsARuns: the samples of a run and its log densities, taken for those of another
// program, give the run's metrics to the last bit.
func TestForeignSamplesAreScoredAsARuns(t *testing.T) {
	t.Chdir(t.TempDir())
	typed(t, "train flow --smoke --data moons --train-only --out run")
	want := evalJSON(t, "run -n 1000")
	typed(t, "sample run -n 1000 -o x.npy")
	typed(t, "eval --data moons --write-points points.npy -n 10000")
	typed(t, "score run --points points.npy -o logq.npy")
	got := evalJSON(t, "--samples x.npy --data moons --logq logq.npy")
	if got.Model != "x" || got.Params != nil || got.Steps != nil {
		t.Errorf("%+v", got)
	}
	for _, timing := range []string{"network_evaluations", "microseconds_per_sample", "samples_per_second"} {
		delete(want.Metrics, timing)
	}
	if a, b := slices.Sorted(maps.Keys(got.Metrics)), slices.Sorted(maps.Keys(want.Metrics)); !slices.Equal(a, b) {
		t.Fatalf("metrics %v, want %v", a, b)
	}
	for name, m := range want.Metrics {
		g := got.Metrics[name]
		if *g.Value != *m.Value || g.N != m.N || g.Kind != m.Kind || (g.SE == nil) != (m.SE == nil) {
			t.Errorf("%s is %v (n %d), want %v (n %d)", name, *g.Value, g.N, *m.Value, m.N)
		}
	}
}

// TestSamplesOfNumPy: float32 arrays in Fortran order, with a reverse KL that NumPy has computed.
func TestSamplesOfNumPy(t *testing.T) {
	got := evalJSON(t, "--samples testdata/foreign/samples.npy --logp testdata/foreign/logp.npy --data 8gaussians --label one-gaussian")
	m := got.Metrics["kl_reverse"]
	if math.Abs(*m.Value-9.653130233) > 1e-6 || math.Abs(*m.SE-0.930475151) > 1e-6 || m.N != 500 || m.Kind != "exact" || got.Model != "one-gaussian" {
		t.Errorf("%s: KL(q‖p) is %v ± %v of %d", got.Model, *m.Value, *m.SE, m.N)
	}
	if _, ok := got.Metrics["nll"]; ok {
		t.Error("an NLL without log densities at fresh points")
	}
}

// TestSortedSamples: the order of the rows does not matter, although some metrics take the first ones.
func TestSortedSamples(t *testing.T) {
	t.Chdir(t.TempDir())
	typed(t, "eval --data 25gaussians --write-points x.csv -n 5000")
	b, err := os.ReadFile("x.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.SplitAfter(strings.TrimSpace(string(b))+"\n", "\n")
	slices.Sort(rows)
	if err := os.WriteFile("sorted.csv", []byte(strings.Join(rows, "")), 0o666); err != nil {
		t.Fatal(err)
	}
	const args = "--data 25gaussians --samples "
	a, s := evalJSON(t, args+"x.csv"), evalJSON(t, args+"sorted.csv")
	if modes := *s.Metrics["modes"].Value; modes != 25 {
		t.Errorf("%v modes of sorted samples", modes)
	}
	if x, y := *a.Metrics["energy_distance"].Value, *s.Metrics["energy_distance"].Value; math.Abs(x-y) > 1e-9 {
		t.Errorf("energy distance %v, of sorted samples %v", x, y)
	}
	if out := string(typed(t, "eval "+args+"sorted.csv")); !strings.Contains(out, "sorted.csv are not in random order") {
		t.Errorf("nothing says so: %s", out)
	}
	if out := string(typed(t, "eval -n 1000 "+args+"x.csv")); !strings.Contains(out, "x.csv has 5000 rows, of which 1000 chosen at random are scored") ||
		strings.Contains(out, "random order") {
		t.Error(out)
	}
}
