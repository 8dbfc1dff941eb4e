package compare

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// run is a run with some figures, the standard error of each a hundredth.
func run(model string, seed uint64, metrics map[string]float64) Run {
	r := Run{Model: model, Data: "moons", Seed: seed, Status: Done, Kind: Exact, Metrics: map[string]Metric{}}
	for key, v := range metrics {
		r.Metrics[key] = Metric{Value: Number(v), SE: 0.01, N: 100}
	}
	return r
}

func moons(runs ...Run) *Result {
	r := &Result{Plan: Plan{
		Data: []string{"moons"}, Models: []string{"diffusion", "flow", "gan", "vae", "autoregressive"}, Seeds: 1, Equal: "seconds",
		Budget: 15, Samples: 10000, Points: 100000, Modes: []int{2}, Ceiling: []Number{0.9973}, Rates: "measured",
	}, Machine: Machine{CPU: "a processor", Made: time.Unix(0, 0).UTC()}, Runs: runs}
	r.Summarise()
	return r
}

// TestIntervals: over seeds Student's t, 3.182 s/√4 for four runs; of one run 1.96 of its own
// standard errors; a failed run counts for neither and stays.
func TestIntervals(t *testing.T) {
	failed := Run{Model: "flow", Data: "moons", Seed: 5, Status: Failed, Reason: "diverged"}
	var runs []Run
	for i, v := range []float64{1, 2, 3, 4} {
		runs = append(runs, run("flow", uint64(i+1), map[string]float64{"kl": v}))
	}
	r := moons(append(runs, failed, run("vae", 1, map[string]float64{"nll_bound": 2}))...)
	got := r.row("moons", "flow")
	if f := got.Metrics["kl"]; f.Mean != 2.5 || !(math.Abs(float64(f.Half)-3.1824*1.2910/2) <= 1e-3) {
		t.Errorf("four runs: %v", f)
	}
	if got.Done != 4 || len(got.Failed) != 1 || !strings.Contains(got.Failed[0], "seed 5: diverged") {
		t.Errorf("%d done, failed %q", got.Done, got.Failed)
	}
	if f := r.row("moons", "vae").Metrics["nll_bound"]; !(math.Abs(float64(f.Half)-0.0196) <= 1e-9) {
		t.Errorf("one run: %v", f)
	}
}

// TestBestOnlyWhereIntervalsPart: half widths are .0196, so that distances of .03 overlap and
// those of .05 do not.
func TestBestOnlyWhereIntervalsPart(t *testing.T) {
	best := func(key string, values ...float64) string {
		var runs []Run
		names := []string{"diffusion", "flow", "gan"}
		for i, v := range values {
			runs = append(runs, run(names[i], 1, map[string]float64{key: v}))
		}
		r := moons(append(runs, run(Oracle, 1, map[string]float64{key: 0}))...)
		for _, name := range names {
			if row := r.row("moons", name); row != nil && row.Metrics[key].Best {
				return name
			}
		}
		return ""
	}
	for _, c := range []struct {
		key    string
		values []float64
		want   string
	}{
		{"kl", []float64{0.1, 0.15, 0.2}, "diffusion"},
		{"kl", []float64{0.1, 0.13, 0.2}, ""},
		{"kl", []float64{0.1}, ""},                          // nothing to part from
		{"kl", []float64{-0.2, 0.1, 0.2}, "flow"},           // the impossible is no winner
		{"kl", []float64{math.Inf(1), 0.1, 0.2}, "flow"},    // nor the infinite a rival
		{"modes", []float64{0.1, 0.15, 0.2}, "gan"},         // higher is better
		{"recall", []float64{0.1, 0.15, 0.2}, ""},           // as the oracle's is best
		{"high_quality", []float64{0.9, 0.98, 1.2}, "flow"}, // above the ceiling is no better
		{"params", []float64{1, 2, 3}, ""},                  // no merit
	} {
		if got := best(c.key, c.values...); got != c.want {
			t.Errorf("%s of %v: best is %q, want %q", c.key, c.values, got, c.want)
		}
	}
}

// TestWarnings: a KL below 0 by more than three standard errors, and points without density.
func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		kl   float64
		want string
	}{{-0.04, "below 0"}, {-0.02, ""}, {0.1, ""}} {
		w := moons(run("flow", 1, map[string]float64{"kl": c.kl})).row("moons", "flow").Metrics["kl"].Warning
		if (c.want == "") != (w == "") || !strings.Contains(w, c.want) {
			t.Errorf("KL %v ± .01: %q", c.kl, w)
		}
	}
	lost := run("autoregressive", 1, nil)
	lost.Metrics["kl"] = Metric{Value: Number(math.Inf(1)), SE: Number(math.NaN()), N: 100, NonFinite: 3}
	r := moons(lost)
	if md := string(r.Markdown()); !strings.Contains(md, "∞ !") || !strings.Contains(md, "3 of 100 points") {
		t.Errorf("%s", md)
	}
}

var numbers = cmp.Comparer(func(a, b Number) bool {
	return a == b || math.IsNaN(float64(a)) && math.IsNaN(float64(b))
})

// TestAFileGivesItselfBack: Read after Encode, the numbers that JSON does not have among them.
func TestAFileGivesItselfBack(t *testing.T) {
	odd := run("gan", 1, map[string]float64{"kl": math.Inf(1), "nll": math.NaN(), "recall": math.Inf(-1), "precision": 0.1 + 0.2})
	odd.Sweep = []Cost{{NFE: 5, Distance: 0.1, Own: true}}
	want := moons(odd)
	b, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	file := t.TempDir() + "/compare.json"
	write(t, file, b)
	got, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, numbers, cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
	write(t, file, b[:len(b)/2])
	if _, err := Read(file); err == nil || !strings.Contains(err.Error(), "is not a comparison") {
		t.Errorf("half a file: %v", err)
	}
}

// TestText: figures have the digits that their intervals give a meaning to.
func TestText(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		key        string
		mean, half float64
		want       string
	}{
		{"kl", 0.12345, 0.0021, "0.123 ± 0.002"},
		{"kl", 12.345, 2.1, "12 ± 2"},
		{"energy_distance", -0.0001, 0.002, "0.000 ± 0.002"},
		{"nll", 3.4657, 0, "3.466"},
		{"kl", math.Inf(1), nan, "∞"},
		{"kl", nan, nan, "?"},
		{"modes", 2, 0, "2 of 2"},
		{"modes", 1.5, 0.7, "1.5 ± 0.7 of 2"},
		{"params", 37762, 0, "37762"},
		{"microseconds_per_sample", 21.212, nan, "21.2"},
	} {
		i := Interval{Mean: Number(c.mean), Half: Number(c.half)}
		if got := i.text(column(c.key), 2); got != c.want {
			t.Errorf("%s %v ± %v: %q, want %q", c.key, c.mean, c.half, got, c.want)
		}
	}
}

// TestKindsNeverMix: an exact value and a bound have columns of their own, a GAN neither.
func TestKindsNeverMix(t *testing.T) {
	gan, vae := run("gan", 1, map[string]float64{"recall": 1}), run("vae", 1, map[string]float64{"nll_bound": 0.6})
	gan.Kind, vae.Kind = None, Bound
	r := moons(run(Oracle, 1, map[string]float64{"nll": 0.3, "kl": 0}), run("flow", 1, map[string]float64{"nll": 0.4, "kl": 0.1}), gan, vae)
	table := r.Tables()[0]
	at := func(model, key string) string {
		col := slices.IndexFunc(table.Columns, func(c Column) bool { return c.Key == key })
		row := slices.IndexFunc(table.Rows, func(l TableRow) bool { return l.Model == model })
		return table.Rows[row].Cells[col].Text
	}
	for _, c := range [][3]string{
		{"gan", "nll", "–"}, {"gan", "nll_bound", "–"}, {"gan", "kl", "–"}, {"vae", "nll", "–"}, {"vae", "kl", "–"},
		{"vae", "nll_bound", "0.60 ± 0.02"}, {"flow", "nll_bound", "–"}, {"flow", "nll", "0.40 ± 0.02"},
	} {
		if got := at(c[0], c[1]); got != c[2] {
			t.Errorf("%s of %s is %q, want %q", c[1], c[0], got, c[2])
		}
	}
	csv, err := r.CSV()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(csv)), "\n")
	if len(lines) != 5 || !strings.HasSuffix(lines[0], "microseconds_per_sample,microseconds_per_sample_half,train_seconds,train_seconds_half") {
		t.Errorf("%s", csv)
	}
}

// TestClaimsAreHonest: a claim is shown where the figures show it, and not where they do not.
func TestClaimsAreHonest(t *testing.T) {
	verdict := func(r *Result, begins string) Verdict {
		for _, c := range r.Claims {
			if strings.HasPrefix(c.Theory, begins) {
				return c.Verdict
			}
		}
		t.Fatalf("no claim begins with %q", begins)
		return ""
	}
	flow := func(modes, quality float64) Run {
		return run("flow", 1, map[string]float64{"modes": modes, "high_quality": quality, "kl": 0.1})
	}
	for _, c := range []struct {
		r      *Result
		begins string
		want   Verdict
	}{
		{moons(flow(2, 0.9)), "Training by maximum likelihood", Supported},
		{moons(flow(1, 0.9)), "Training by maximum likelihood", NotSupported},
		{moons(flow(2, 0.9)), "A normalizing flow is continuous", Supported},
		{moons(flow(2, 0.99)), "A normalizing flow is continuous", NotSupported},
		{moons(flow(2, 0.9)), "A GAN", NotTested},
		{moons(flow(2, 0.9)), "No model density", Supported},
		{moons(run("flow", 1, map[string]float64{"kl": -1})), "No model density", NotSupported},
		{moons(run("gan", 1, map[string]float64{"nll": 1})), "A GAN has no density", NotSupported},
	} {
		if got := verdict(c.r, c.begins); got != c.want {
			t.Errorf("%q is %q, want %q", c.begins, got, c.want)
		}
	}
	diffusion := run("diffusion", 1, nil)
	diffusion.Sweep = []Cost{{NFE: 5, Distance: 0.1, SE: 0.001}, {NFE: 50, Distance: 0.01, SE: 0.001}}
	if got := verdict(moons(diffusion), "Diffusion trades"); got != Supported {
		t.Errorf("five evaluations are enough: %q", got)
	}
	diffusion.Sweep[1].Distance = 0.099
	if got := verdict(moons(diffusion), "Diffusion trades"); got != NotSupported {
		t.Errorf("fifty evaluations are better: %q", got)
	}
}

// TestPointsOfMoreCoordinates: what is said of them, and that nothing is of points of the plane.
func TestPointsOfMoreCoordinates(t *testing.T) {
	flat := moons(run("vae", 1, map[string]float64{"kl": 1}))
	csv, err := flat.CSV()
	if err != nil {
		t.Fatal(err)
	}
	b, err := flat.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(csv), "off_manifold") || strings.Contains(string(b), "coordinates") {
		t.Errorf("points of the plane: %s %s", csv, b)
	}

	gaussian := run(Gaussian, 1, map[string]float64{"kl": 2})
	gaussian.Sampler = "one Gaussian"
	high := moons(gaussian, run("vae", 1, map[string]float64{"kl": 1, "off_manifold": .5}))
	high.Plan.Coordinates = []int{64}
	if csv, err = high.CSV(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(csv), "\n")
	if strings.Count(lines[0], ",") != strings.Count(lines[2], ",") || !strings.Contains(lines[0], ",off_manifold,off_manifold_half,") {
		t.Errorf("%s", csv)
	}
	if md := string(high.Markdown()); !strings.Contains(md, "points of 64 coordinates, sample metrics on a 2-D projection; 2 modes, high-quality ceiling 0.9973; gaussian baseline: one Gaussian\n") {
		t.Errorf("%s", md)
	}
	if !strings.Contains(high.Plan.Fairness(), "more than two coordinates") || strings.Contains(flat.Plan.Fairness(), "coordinates") {
		t.Errorf("%q, %q", high.Plan.Fairness(), flat.Plan.Fairness())
	}
	if high.Plan.intro() == flat.Plan.intro() {
		t.Error("the page says that points of 64 coordinates are of the plane")
	}
}
