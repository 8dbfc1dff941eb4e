package tiltedtrained

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/diffusion"
	"genlab/experiments/tilted"
	"genlab/gentest"
	"genlab/lab/experiment"
	"genlab/standardize"
)

// TestAnswer: each part of the criterion can fail, by a single seed where it is about every seed.
func TestAnswer(t *testing.T) {
	const both = "the corrector, with networks and with exact denoisers"
	for title, c := range map[string]struct {
		data  string
		of    string
		value float64 // of the second seed
		want  bool
	}{
		"met":                               {"8gaussians", corrected, 0.003, true},
		"met, pinwheel":                     {pinwheel, corrected, 0.0055, true},
		"plain guidance meets, 8gaussians":  {"8gaussians", plain, 0.04, false},
		"plain guidance meets, pinwheel":    {pinwheel, plain, 0.04, false},
		"the corrector misses, 8gaussians":  {"8gaussians", corrected, 0.006, false},
		"the corrector misses, overlapping": {tilted.Overlapping, corrected, 0.006, false},
		"the corrector misses, pinwheel":    {pinwheel, both, 0.011, false},
		"not finite":                        {pinwheel, corrected, math.NaN(), false},
		"plain guidance not finite":         {pinwheel, plain, math.NaN(), false},
		"worse than exact denoisers":        {"8gaussians", correctedExact, -0.02, false},
	} {
		r := &experiment.Result{}
		for seed := range 3 {
			for _, data := range distributions {
				for _, of := range samples {
					v := map[string]float64{plain: 0.5, corrected: 0.001, correctedExact: 0.0005}[of]
					if v += 1e-4 * float64(seed); seed == 1 && data == c.data && (of == c.of || c.of == both && (of == corrected || of == correctedExact)) {
						v = c.value
					}
					r.Put(name(of), data, "", v)
				}
			}
		}
		if got, text := answer(r); got != c.want {
			t.Errorf("%s: supported %v: %s", title, got, text)
		}
	}
}

// TestExact: the denoisers are the means of samples of the distribution, weighted by the probability of the noise that leads to x_t, within 5 standard
// errors, at large and small noise, in coordinates whose axes have different units.
func TestExact(t *testing.T) {
	schedule := diffusion.Cosine{Offset: 0.008, End: 4e-5}
	for _, of := range distributions[1:] {
		ds, err := datasets.ByName(of)
		if err != nil {
			t.Fatal(err)
		}
		scale := standardize.Map{Shift: []float64{0.3, -0.1}, Scale: []float64{1.2, 1.6}}
		const label = 2
		with, without, err := Exact(ds, label, schedule, scale)
		if err != nil {
			t.Fatal(err)
		}
		rng := gentest.Rand(7)
		x0, labels := ds.Sampler.(datasets.Labelled).SampleLabelled(200000, rng)
		scale.FromData(x0)
		for _, noise := range []float64{0.03, 0.2, 1} {
			time := diffusion.TimeOfNoise(schedule, noise)
			alpha, sigma := schedule.At(time)
			for trial := range 5 {
				i := trial
				for labels[i] != label {
					i += 5
				}
				x := mat.NewDense(1, 2, []float64{alpha*x0.At(i, 0) + sigma*rng.NormFloat64(), alpha*x0.At(i, 1) + sigma*rng.NormFloat64()})
				for k, d := range []diffusion.Denoiser{with, without} {
					var got mat.Dense
					got.CloneFrom(x)
					d.Denoise(&got, &got, time)
					var total float64
					var mean, square [2]float64
					weights := make([]float64, len(labels))
					for j := range labels {
						if k == 1 || labels[j] == label {
							u, v := (x.At(0, 0)-alpha*x0.At(j, 0))/sigma, (x.At(0, 1)-alpha*x0.At(j, 1))/sigma
							weights[j] = math.Exp(-(u*u + v*v) / 2)
							total += weights[j]
							mean[0] += weights[j] * x0.At(j, 0)
							mean[1] += weights[j] * x0.At(j, 1)
						}
					}
					for axis := range 2 {
						mean[axis] /= total
						for j, w := range weights {
							square[axis] += math.Pow(w/total*(x0.At(j, axis)-mean[axis]), 2)
						}
						if !(math.Abs(got.At(0, axis)-mean[axis]) < 5*math.Sqrt(square[axis])) {
							t.Errorf("%s, noise %v, denoiser %d, axis %d: %v, samples say %v ± %v", of, noise, k, axis, got.At(0, axis), mean[axis], math.Sqrt(square[axis]))
						}
					}
				}
			}
		}
	}
}

// TestSmoke: every measurement is taken, and guidance of barely trained networks moves samples away where the oracle is near.
func TestSmoke(t *testing.T) {
	e := Experiment
	r, err := e.Do(t.Context(), experiment.Setup{Seeds: []uint64{1}, Smoke: true, Store: t.TempDir(), Log: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range append([]string{oracle, conditional}, samples...) {
		for _, what := range []string{fromTilted, fromConditional, recall, posterior} {
			if len(r.Of(what+", "+of, distributions[0]).Values) != 1 {
				t.Errorf("no %s, %s", what, of)
			}
		}
	}
	if guided, exact := r.Of(name(plain), distributions[0]).Mean, r.Of(name(oracle), distributions[0]).Mean; !(guided > 0.1 && exact < 0.05) {
		t.Errorf("energy distance %v with guidance, %v of a second sample", guided, exact)
	}
}
