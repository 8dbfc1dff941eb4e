package main

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/hybrid"
	"genlab/lab/compare"
	"genlab/vae"
)

// TestSeenOnThePlane: points of 64 coordinates are judged by where they lie on the plane, by their
// own density and by their distance from the plane, which the others cannot see.
func TestSeenOnThePlane(t *testing.T) {
	const data = "lift64:8gaussians"
	ds, err := datasets.ByName(data)
	if err != nil {
		t.Fatal(err)
	}
	right := faulty{ds.Law.Sample, ds.Density.LogProb}
	row, res := planted(t, data, right)
	f := row.Figures
	if float64(f["modes"].Mean) != 8 || f["kl"].Mean != 0 || math.Abs(float64(f["energy_distance"].Mean)) > 0.01 {
		t.Errorf("the truth itself: %v", f)
	}
	// A normal in 62 dimensions has the length sqrt(62 - 1/2) on average, to 1e-3.
	if off := float64(f["off_manifold"].Mean); math.Abs(off-datasets.LiftSigma*math.Sqrt(61.5)) > 0.005 {
		t.Errorf("the truth is %v off the plane", off)
	}
	if md := string(res.Markdown()); !strings.Contains(md, "64 coordinates") || !strings.Contains(md, "8 modes") {
		t.Errorf("the table does not say so: %s", md)
	}

	lost := right // on the plane it is right, and everywhere else twice as far away
	lift := ds.View.(*datasets.Lift)
	lost.sample = func(n int, rng *rand.Rand) *mat.Dense {
		x := ds.Law.Sample(n, rng)
		var on mat.Dense
		on.Mul(lift.Project(x), lift.A.T())
		x.Scale(2, x)
		x.Sub(x, &on)
		return x
	}
	row, _ = planted(t, data, lost)
	if g := row.Figures; g["energy_distance"] != f["energy_distance"] && math.Abs(float64(g["energy_distance"].Mean-f["energy_distance"].Mean)) > 1e-9 {
		t.Errorf("what is seen is the same, and its energy distance is %v, was %v", g["energy_distance"], f["energy_distance"])
	} else if ratio := g["off_manifold"].Mean / f["off_manifold"].Mean; math.Abs(float64(ratio)-2) > 1e-9 {
		t.Errorf("twice as far from the plane is %v as far", ratio)
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
	}{{compare.Oracle, compare.Exact, 0}, {compare.Gaussian, compare.Exact, 64 + 64*65/2}, {compare.Mixture, compare.None, 8*6 - 1}, {"vae", compare.Bound, 11045}} {
		for _, run := range r.Runs {
			if run.Model != want.model {
				continue
			}
			_, nll := run.Figures["nll"]
			if run.Status != compare.Done || run.Kind != want.kind || nll != (want.kind == compare.Exact) || float64(run.Figures["params"].Value) != want.params {
				t.Errorf("%s: %s %q, likelihood %q, %v parameters", run.Model, run.Status, run.Reason, run.Kind, run.Figures["params"].Value)
			}
		}
	}
	if float64(r.Runs[0].Figures["nll"].N) != smokeComparePoints || r.Plan.Coordinates[0] != 64 {
		t.Errorf("%v points, coordinates %v", r.Runs[0].Figures["nll"].N, r.Plan.Coordinates)
	}
}

// withFamilies adds two families that learn films and pictures, and nothing else.
func withFamilies(t *testing.T) {
	before := paradigms
	t.Cleanup(func() { paradigms = before })
	films, pictures := vaeFamily, vaeFamily
	films.name, films.on = "films", "bounce"
	films.takes = func(ds *datasets.Dataset) error {
		if _, ok := ds.View.(datasets.Bounce); !ok {
			return fmt.Errorf("it learns films, as those of bounce")
		}
		return nil
	}
	pictures.name, pictures.on = "pictures", "dots16"
	paradigms = append(before[:len(before):len(before)], &films, &pictures)
}

// TestDataOfItsOwn: without --data a model learns what it is made for; several that are made for
// different things need to be told, and one that does not take what it is told says what it does.
func TestDataOfItsOwn(t *testing.T) {
	withFamilies(t)
	for _, c := range []struct {
		models, data  []string
		want, mistake string
	}{
		{nil, nil, "25gaussians,checkerboard,moons", ""},
		{[]string{"diffusion"}, nil, "25gaussians,checkerboard,moons", ""},
		{[]string{"films"}, nil, "bounce", ""},
		{[]string{"films", "diffusion"}, nil, "bounce", ""},
		{[]string{"films", "pictures"}, nil, "", "films learns bounce, pictures learns dots16): name one with --data"},
		{[]string{"vae", "pictures"}, []string{"moons", "bounce"}, "moons,bounce", ""},
		{[]string{"films", "vae", "flow"}, []string{"moons"}, "", "films does not take moons: it learns films, as those of bounce; these take moons: --models flow,vae"},
		{[]string{"films"}, []string{"captions"}, "", "films does not take captions: it learns films"},
		{nil, []string{"lift64:moons"}, "", "autoregressive models points of at most 2 coordinates, and those of lift64:moons have 64; these take lift64:moons: --models diffusion,flow,gan,vae"},
	} {
		k, err := (&compareCmd{Seeds: 1, Budget: 1e9, Equal: equalSeconds, Models: c.models, Data: c.data}).plan()
		switch {
		case c.mistake != "":
			if err == nil || !strings.Contains(err.Error(), c.mistake) || status(err) != 2 {
				t.Errorf("%v on %v: %v, want %q", c.models, c.data, err, c.mistake)
			}
		case err != nil:
			t.Errorf("%v on %v: %v", c.models, c.data, err)
		case strings.Join(k.plan.Data, ",") != c.want:
			t.Errorf("%v on %v: %v, want %s", c.models, c.data, k.plan.Data, c.want)
		}
	}
	if s := paradigmNamed("films").(*family[vae.Config]).preset(false, ""); s.Data != "bounce" {
		t.Errorf("train learns %s", s.Data)
	}
}

// TestABudgetCountsEveryStep: the phases of a hybrid share the steps as they do by default, and what
// only looks like a number of steps stays.
func TestABudgetCountsEveryStep(t *testing.T) {
	for _, steps := range []int{30, 1000, 12345} {
		for _, p := range paradigms {
			if _, got, err := p.planned("moons", 1, sizing{steps: steps}); err != nil || got != steps {
				t.Errorf("%s: %d steps of %d, %v", p.modelName(), got, steps, err)
			}
		}
	}
	config, _, err := consistencyFamily.planned("moons", 1, sizing{steps: 3001})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nsteps: 1000\n", "\nstudent-steps: 2001\n"} {
		if !bytes.Contains(config, []byte(want)) {
			t.Errorf("no %q in\n%s", want, config)
		}
	}
	config, _, err = ganFamily.planned("moons", 1, sizing{steps: 50})
	if want := fmt.Sprintf("\ncritic-steps: %d\n", ganFamily.defaults().CriticSteps); err != nil || !bytes.Contains(config, []byte(want)) {
		t.Errorf("no %q in\n%s", want, config)
	}
	later := flowPriorFamily
	later.defaults = func() hybrid.FlowPriorConfig {
		c := hybrid.DefaultFlowPrior()
		c.Prior, c.VAE.Steps, c.LaterSteps = hybrid.LaterFlow, 300, 100
		return c
	}
	s := later.preset(false, "")
	if later.stretch(&s, 80); s.Config.VAE.Steps != 60 || s.Config.LaterSteps != 20 || s.Config.VAE.Warmup != 2 || s.Config.VAE.EMA != 0.5 {
		t.Errorf("80 steps are %+v", s.Config)
	}
	if _, _, err := consistencyFamily.planned("moons", 1, sizing{steps: 1}); err == nil || status(err) != 2 || !strings.Contains(err.Error(), "consistency in 1 steps") {
		t.Errorf("two phases in one step: %v", err)
	}
}

// TestAStepOfMoreCoordinatesIsLonger: the same budget holds fewer steps where the same model has
// more parameters, and points of the plane cost what the rates say.
func TestAStepOfMoreCoordinatesIsLonger(t *testing.T) {
	k := &comparison{plan: compare.Plan{Models: []string{"diffusion", "vae"}, Equal: "seconds", Budget: 10}}
	if err := k.rates.standard(); err != nil {
		t.Fatal(err)
	}
	steps := map[string]map[string]sizing{}
	for _, data := range []string{"moons", "captions", "lift64:moons"} {
		var err error
		if steps[data], err = k.sizes(data); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range k.plan.Models {
		nominal := int(10 * k.rates.Steps["seconds"][name])
		flat, err := paradigmNamed(name).size("moons")
		if err != nil {
			t.Fatal(err)
		}
		high, err := paradigmNamed(name).size("lift64:moons")
		if err != nil {
			t.Fatal(err)
		}
		if got := steps["moons"][name].steps; got != nominal || steps["captions"][name].steps != nominal {
			t.Errorf("%s: %d steps, want %d", name, got, nominal)
		}
		if got, want := steps["lift64:moons"][name].steps, nominal*flat/high; high <= flat || got < want-1 || got > want+1 {
			t.Errorf("%s: %d steps of %d parameters, want %d", name, got, high, want)
		}
	}
}

// TestNoRateNoGuess: a budget of seconds of a model that was never timed is refused.
func TestNoRateNoGuess(t *testing.T) {
	withFamilies(t)
	k := &comparison{plan: compare.Plan{Models: []string{"films"}, Equal: "seconds", Budget: 10}}
	if err := k.rates.standard(); err != nil {
		t.Fatal(err)
	}
	if _, err := k.sizes("bounce"); err == nil || status(err) != 2 || !strings.Contains(err.Error(), "genlab compare --calibrate --models films") {
		t.Errorf("%v", err)
	}
	k.plan.Equal = "params"
	if sizes, err := k.sizes("bounce"); err != nil || sizes["films"].steps < 1 {
		t.Errorf("%v: %v", sizes, err)
	}
}
