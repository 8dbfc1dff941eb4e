package main

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	rundir "genlab/internal/run"
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
			if got := float64(run.Figures[key].Value); !(math.Abs(got-want) <= 1e-9*math.Max(1, math.Abs(want))) {
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

// faulty is a planted model.
type faulty struct {
	sample func(n int, rng *rand.Rand) *mat.Dense
	logp   func(x mat.Matrix) []float64
}

func (f faulty) Sample(n int, rng *rand.Rand) *mat.Dense { return f.sample(n, rng) }
func (f faulty) LogProb(x mat.Matrix) []float64          { return f.logp(x) }

// planted measures a model as a comparison does, and returns its row.
func planted(t *testing.T, data string, model genlab.Sampler) (compare.Row, *compare.Result) {
	t.Helper()
	k := &comparison{plan: compare.Plan{Data: []string{data}, Models: []string{"flow"}, Seeds: 1, Samples: 2000, Points: 2000}}
	if err := k.gather(); err != nil {
		t.Fatal(err)
	}
	ds := k.sets[0]
	root, err := rundir.Create(t.TempDir()+"/compare", false)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	k.root = root
	r := &contender{model: "flow", data: ds.Name, set: ds, seed: 1, dir: "flow", config: []byte("model: flow\n")}
	d, err := r.folderOf(root)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	r.result = compare.Run{Model: r.model, Data: r.data, Seed: 1}
	if err := k.figures(r, &subject{model: model, draw: model, stream: "sample"}, newTruth(ds, 1, k.plan), d); err != nil {
		t.Fatal(err)
	}
	k.runs = []*contender{r}
	res := k.result()
	return res.Rows[0], res
}

// TestPlantedFaults: a model that drops two modes and a density without its Jacobian are seen in
// the table, and the truth itself raises no alarm.
func TestPlantedFaults(t *testing.T) {
	ds, err := datasets.ByName("8gaussians")
	if err != nil {
		t.Fatal(err)
	}
	right := faulty{ds.Law.Sample, ds.Density.LogProb}
	row, _ := planted(t, "8gaussians", right)
	if f := row.Figures; float64(f["modes"].Mean) != 8 || f["kl"].Warning != "" || float64(f["mode_tv"].Mean) > 0.06 {
		t.Errorf("the truth itself: %v", f)
	}

	drops := right
	drops.sample = func(n int, rng *rand.Rand) *mat.Dense {
		x := mat.NewDense(n, 2, nil)
		for i := range n {
			for {
				x.SetRow(i, ds.Law.Sample(1, rng).RawRowView(0))
				if mode, _ := ds.Modes.Nearest(x.At(i, 0), x.At(i, 1)); mode > 1 {
					break
				}
			}
		}
		return x
	}
	row, res := planted(t, "8gaussians", drops)
	if f := row.Figures; float64(f["modes"].Mean) != 6 || float64(f["mode_tv"].Mean) < 0.2 || float64(f["recall"].Mean) > 0.85 || f["energy_distance"].Mean < 0.02 {
		t.Errorf("two modes dropped: %v", f)
	}
	if md := string(res.Markdown()); !strings.Contains(md, "6 of 8") {
		t.Errorf("the table does not say so: %s", md)
	}

	wrong := right // standardised by a scale of 3, its Jacobian forgotten
	wrong.logp = func(x mat.Matrix) []float64 {
		logp := ds.Density.LogProb(x)
		for i := range logp {
			logp[i] += 2 * math.Log(3)
		}
		return logp
	}
	row, res = planted(t, "8gaussians", wrong)
	if f := row.Figures["kl"]; math.Abs(float64(f.Mean)+2*math.Log(3)) > 1e-9 || f.Warning == "" {
		t.Errorf("without its Jacobian: %v", f)
	}
	if md := string(res.Markdown()); !strings.Contains(md, "! flow, KL(p‖q): KL below 0") {
		t.Errorf("the table does not say so: %s", md)
	}
	for _, c := range res.Claims {
		if strings.HasPrefix(c.Theory, "An exact density cannot beat") && c.Verdict != compare.NotShown {
			t.Errorf("%q is %s", c.Theory, c.Verdict)
		}
	}
}

// TestAnUntrainedGANIsSeen: one step, and the table shows that nothing was learnt.
func TestAnUntrainedGANIsSeen(t *testing.T) {
	dir := t.TempDir() + "/gan"
	if out, err := command(t, "train", "gan", "--smoke", "--steps", "1", "--train-only", "--out", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r, err := openRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	row, _ := planted(t, "8gaussians", r.sampled)
	if f := row.Figures; f["high_quality"].Mean > 0.5 || float64(f["modes"].Mean) > 6 && f["mode_tv"].Mean < 0.5 || f["energy_distance"].Mean < 0.02 {
		t.Errorf("a GAN of one step: %v", f)
	}
	if _, ok := row.Figures["nll"]; ok || row.Kind != compare.None {
		t.Error("a GAN has a likelihood")
	}
}

// TestInterruptedComparison: SIGINT gives status 75, and the same command goes on without
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
	if got := cmd.ProcessState.ExitCode(); got != 75 || !strings.Contains(stderr.String(), "the same command goes on") {
		t.Fatalf("exit status %d: %s", got, stderr.String())
	}
	got := comparing(t, dir, args...)
	for i, run := range want.Runs {
		for key, f := range run.Figures {
			if g := got.Runs[i].Figures[key]; g.Value != f.Value && !compareTiming(key) {
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
	r := comparing(t, dir, "--data", "moons", "--models", "vae,gan")
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

// TestRatesOfTheHouse: every model has its nominal rate, and every paradigm one at equal sizes.
func TestRatesOfTheHouse(t *testing.T) {
	var r rates
	if err := json.Unmarshal(standardRates, &r); err != nil {
		t.Fatal(err)
	}
	for equal, models := range map[equality][]string{equalSeconds: modelNames(), equalParams: theParadigms} {
		for _, name := range models {
			if !(r.Steps[string(equal)][name] > 0) {
				t.Errorf("no rate of %s for equal %s: genlab compare --calibrate measures it", name, equal)
			}
		}
	}
}

// TestEqualSizes: with equal parameters the models' counts are within 5 % of each other's target.
func TestEqualSizes(t *testing.T) {
	k := &comparison{plan: compare.Plan{Models: theParadigms, Equal: "params", Budget: 10}}
	if err := k.rates.standard(); err != nil {
		t.Fatal(err)
	}
	sizes, err := k.sizes("8gaussians")
	if err != nil {
		t.Fatal(err)
	}
	target, err := paradigmNamed("diffusion").size("8gaussians")
	if err != nil {
		t.Fatal(err)
	}
	points := 0
	for _, name := range theParadigms {
		m, err := paradigmNamed(name).learns("8gaussians")
		if err != nil {
			t.Fatal(err)
		}
		n, err := paradigmNamed(name).count(sizes[name].hidden, "8gaussians", m)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(float64(n-target)) > 0.05*float64(target) {
			t.Errorf("%s has %d parameters, want %d within 5 %%", name, n, target)
		}
		seen := sizes[name].steps * paradigmNamed(name).batch()
		if points == 0 {
			points = seen
		}
		if math.Abs(float64(seen-points)) > 0.01*float64(points) {
			t.Errorf("%s sees %d points, another %d", name, seen, points)
		}
	}
}
