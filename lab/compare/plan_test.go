package compare

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"genlab/datasets"
	"genlab/hybrid"
	"genlab/internal/config"
	"genlab/internal/usage"
	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/vae"
)

// TestRatesOfTheHouse: every model has its nominal rate, and every paradigm one at equal sizes.
func TestRatesOfTheHouse(t *testing.T) {
	var r rates
	if err := json.Unmarshal(referenceRates, &r); err != nil {
		t.Fatal(err)
	}
	for equal, names := range map[Equality][]string{equalSeconds: models.All.Names(), equalParams: models.All.Names(registry.Paradigm)} {
		for _, name := range names {
			if rate, err := r.of(string(equal), mustNamed(models.All, name)); err != nil || !(rate > 0) {
				t.Errorf("no rate of %s for equal %s: genlab compare --calibrate measures it", name, equal)
			}
		}
	}
}

// TestEqualSizes: with equal parameters the models' counts are within 5 % of each other's target.
func TestEqualSizes(t *testing.T) {
	k := &Comparison{models: models.All, plan: Plan{Models: models.All.Names(registry.Paradigm), Equal: "params", Budget: 10}}
	if err := k.rates.loadReference(); err != nil {
		t.Fatal(err)
	}
	sizes, err := k.sizes("8gaussians")
	if err != nil {
		t.Fatal(err)
	}
	target, err := sizeOf(&models.Diffusion, "8gaussians")
	if err != nil {
		t.Fatal(err)
	}
	points := 0
	for _, name := range models.All.Names(registry.Paradigm) {
		j := mustNamed(models.All, name).Job("8gaussians", false)
		if err := config.Set(j.Settings(), "hidden", strconv.Itoa(sizes[name].hidden)); err != nil {
			t.Fatal(err)
		}
		task, err := j.Task()
		if err != nil {
			t.Fatal(err)
		}
		n, err := registry.Count(j, task)
		if err != nil {
			t.Fatal(err)
		}
		if !(math.Abs(float64(n-target)) <= 0.05*float64(target)) {
			t.Errorf("%s has %d parameters, want %d within 5 %%", name, n, target)
		}
		seen := sizes[name].steps * batchOf(mustNamed(models.All, name))
		if points == 0 {
			points = seen
		}
		if !(math.Abs(float64(seen-points)) <= 0.01*float64(points)) {
			t.Errorf("%s sees %d points, another %d", name, seen, points)
		}
	}
}

// isUsage says whether an error is the user's.
func isUsage(err error) bool {
	var mistake usage.Error
	return errors.As(err, &mistake)
}

// withModels are the registered models and two more that learn videos and pictures, and nothing else.
func withModels() registry.List {
	videos, pictures := models.VAE, models.VAE
	videos.Name, videos.Info.Data, videos.Role = "videos", "bounce", registry.Hybrid
	videos.Task = func(_ vae.Config, data string) (registry.Task, error) {
		p, err := registry.FindPoints("videos", data, false, 0)
		if err != nil {
			return nil, err
		}
		if _, ok := p.View.(datasets.Bounce); !ok {
			return nil, usage.Errorf("videos does not take %s: it learns videos, as those of bounce", data)
		}
		return p, nil
	}
	pictures.Name, pictures.Info.Data, pictures.Role = "pictures", "dots16", registry.Hybrid
	return append(models.All[:len(models.All):len(models.All)], &videos, &pictures)
}

// TestDataOfItsOwn: without --data a model learns what it is made for; several that are made for
// different things need to be told, and one that does not take what it is told says what it does.
func TestDataOfItsOwn(t *testing.T) {
	for _, c := range []struct {
		models, data  []string
		want, mistake string
	}{
		{nil, nil, "25gaussians,checkerboard,moons", ""},
		{[]string{"diffusion"}, nil, "25gaussians,checkerboard,moons", ""},
		{[]string{"videos"}, nil, "bounce", ""},
		{[]string{"videos", "diffusion"}, nil, "bounce", ""},
		{[]string{"videos", "pictures"}, nil, "", "videos learns bounce, pictures learns dots16): choose one with --data"},
		{[]string{"vae", "pictures"}, []string{"moons", "bounce"}, "moons,bounce", ""},
		{[]string{"videos", "vae", "flow"}, []string{"moons"}, "", "videos does not take moons: it learns videos, as those of bounce; models that take moons: --models flow,vae"},
		{[]string{"videos"}, []string{"captions"}, "", "videos does not take captions: it learns videos"},
		{nil, []string{"lift64:moons"}, "", "autoregressive takes points of at most 2 coordinates, but those of lift64:moons have 64; models that take lift64:moons: --models diffusion,flow,gan,vae"},
	} {
		k, err := newComparison(withModels(), Request{Seeds: 1, Budget: 1e9, Equal: equalSeconds, Models: c.models, Data: c.data})
		switch {
		case c.mistake != "":
			if err == nil || !strings.Contains(err.Error(), c.mistake) || !isUsage(err) {
				t.Errorf("%v on %v: %v, want %q", c.models, c.data, err, c.mistake)
			}
		case err != nil:
			t.Errorf("%v on %v: %v", c.models, c.data, err)
		case strings.Join(k.plan.Data, ",") != c.want:
			t.Errorf("%v on %v: %v, want %s", c.models, c.data, k.plan.Data, c.want)
		}
	}
	if data := mustNamed(withModels(), "videos").Job("", false).Data(); data != "bounce" {
		t.Errorf("train learns %s", data)
	}
}

// TestABudgetCountsEveryStep: the phases of a hybrid share the steps as they do by default, and what
// only looks like a number of steps stays.
func TestABudgetCountsEveryStep(t *testing.T) {
	for _, steps := range []int{30, 1000, 12345} {
		for _, m := range models.All {
			if _, got, err := configFor(m, "moons", 1, trainingSize{steps: steps}); err != nil || got != steps {
				t.Errorf("%s: %d steps of %d, %v", m.About().Name, got, steps, err)
			}
		}
	}
	config, _, err := configFor(&models.Consistency, "moons", 1, trainingSize{steps: 3001})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nsteps: 1000\n", "\nstudent-steps: 2001\n"} {
		if !bytes.Contains(config, []byte(want)) {
			t.Errorf("no %q in\n%s", want, config)
		}
	}
	config, _, err = configFor(&models.GAN, "moons", 1, trainingSize{steps: 50})
	if want := fmt.Sprintf("\ncritic-steps: %d\n", models.GAN.Defaults().CriticSteps); err != nil || !bytes.Contains(config, []byte(want)) {
		t.Errorf("no %q in\n%s", want, config)
	}
	later := models.FlowPrior
	later.Defaults = func() hybrid.FlowPriorConfig {
		c := hybrid.DefaultFlowPrior()
		c.Prior, c.VAE.Steps, c.PriorSteps = hybrid.TwoStageFlow, 300, 100
		return c
	}
	j := later.TypedJob("", false)
	setTotalSteps(j, 80)
	if c := j.Config(); c.VAE.Steps != 60 || c.PriorSteps != 20 || c.VAE.Warmup != 2 || c.VAE.EMA != 0.5 {
		t.Errorf("80 steps are %+v", c)
	}
	if _, _, err := configFor(&models.Consistency, "moons", 1, trainingSize{steps: 1}); err == nil || !isUsage(err) || !strings.Contains(err.Error(), "consistency in 1 steps") {
		t.Errorf("two phases in one step: %v", err)
	}
}

// TestAStepOfMoreCoordinatesIsLonger: the same budget holds fewer steps where the same model has
// more parameters, and points of the plane cost what the rates say.
func TestAStepOfMoreCoordinatesIsLonger(t *testing.T) {
	k := &Comparison{models: models.All, plan: Plan{Models: []string{"diffusion", "vae"}, Equal: "seconds", Budget: 10}}
	if err := k.rates.loadReference(); err != nil {
		t.Fatal(err)
	}
	steps := map[string]map[string]trainingSize{}
	for _, data := range []string{"moons", "captions", "lift64:moons"} {
		var err error
		if steps[data], err = k.sizes(data); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range k.plan.Models {
		nominal := int(10 * k.rates.Steps["seconds"][name])
		flat, err := sizeOf(mustNamed(models.All, name), "moons")
		if err != nil {
			t.Fatal(err)
		}
		high, err := sizeOf(mustNamed(models.All, name), "lift64:moons")
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
	k := &Comparison{models: withModels(), plan: Plan{Models: []string{"videos"}, Equal: "seconds", Budget: 10}}
	if err := k.rates.loadReference(); err != nil {
		t.Fatal(err)
	}
	if _, err := k.sizes("bounce"); err == nil || !isUsage(err) || !strings.Contains(err.Error(), "genlab compare --calibrate --models videos") {
		t.Errorf("%v", err)
	}
	k.plan.Equal = "params"
	if sizes, err := k.sizes("bounce"); err != nil || sizes["videos"].steps < 1 {
		t.Errorf("%v: %v", sizes, err)
	}
}
