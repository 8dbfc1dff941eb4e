// Package tilted tests which distribution classifier-free guidance samples, with exact denoisers.
package tilted

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/datasets/tilted"
	"genlab/diffusion"
	"genlab/diffusion/guide"
	"genlab/lab/experiment"
	"genlab/metrics"
	"genlab/standardize"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "tilted",
	Claim: "Classifier-free guidance with scale w does not sample p(x)^(1−w) p(x∣c)^w, as it is said to; with a Langevin corrector at each noise level it does.",
	Test: "The denoisers of two overlapping Gaussians and of 8gaussians are known exactly, with and without a label, and so is the density that guidance is said to sample, the tilted distribution of a label. " +
		"4000 samples, guided by exact denoisers towards one label, are compared with 4000 of the tilted distribution by the energy distance: DDIM with 200 steps, Heun's method with 18, DDPM (ancestral sampling) with 200, guidance only where σ/α is between 0.2 and 2, and DDIM with 200 steps and two Langevin steps of size 0.2 σ² after each. " +
		"So are an oracle, a second sample of the tilted distribution, and the conditional distribution without guidance.",
	Criterion: "For every distribution, scale and seed, the energy distance of DDIM with guidance is above 0.05, and with the corrector it is below 0.005.",
	Seeds:     5,
	Data:      []string{Overlapping, "8gaussians"},
	Variants:  map[string]func() *datasets.Dataset{Overlapping: TwoGaussians},
	SmokeAll:  true,
	Run:       run,
	Answer:    answer,
	Brief: func(r *experiment.Result) string {
		var parts []string
		for _, c := range cases {
			parts = append(parts, fmt.Sprintf("%s, w = %g: %v, with the corrector %v", c.data, c.scale, r.Of(name(plain, c.scale), c.data), r.Of(name(corrected, c.scale), c.data)))
		}
		return "energy distance from the tilted distribution: " + strings.Join(parts, "; ")
	},
}

// Overlapping is the name of [TwoGaussians].
const Overlapping = "8gaussians, two that overlap"

// TwoGaussians is a mixture of two Gaussians a standard deviation and a half from their middle.
func TwoGaussians() *datasets.Dataset {
	ds, err := datasets.ByName("8gaussians")
	if err != nil {
		panic(err)
	}
	m := &datasets.Mixture{Centres: [][2]float64{{-1, 0}, {1, 0}}, Sigma: 0.67}
	ds.Name, ds.Summary, ds.Labels = Overlapping, "2 Gaussians at (±1, 0), sigma 0.67", []string{"left", "right"}
	ds.Sampler, ds.Density, ds.Modes, ds.Entropy, ds.HighQuality = m, m, m, math.NaN(), math.NaN()
	return ds
}

var cases = []struct {
	data  string
	scale float64
}{{Overlapping, 3}, {"8gaussians", 3}, {"8gaussians", 7}}

// Names of the measurements.
const (
	plain       = "DDIM, 200 steps"
	heun        = "Heun, 18 steps"
	ancestral   = "DDPM, 200 steps"
	interval    = "DDIM, 200 steps, guidance for σ/α from 0.2 to 2"
	corrected   = "DDIM, 200 steps, 2 Langevin steps each"
	conditional = "the conditional distribution"
	oracle      = "a second sample of the tilted distribution"
)

var methods = []string{plain, heun, ancestral, interval, corrected}

func name(of string, scale float64) string {
	return fmt.Sprintf("energy distance, scale %g, %s", scale, of)
}

var schedule = diffusion.Cosine{Offset: 0.008, End: 4e-5}

func run(t *experiment.Trial) error {
	m, n := t.Dataset.Sampler.(*datasets.Mixture), t.Scale(4000, 200)
	const label = 1
	with, without, scale := exact(m, label)
	for _, c := range cases {
		if c.data != t.Column {
			continue
		}
		target, err := tilted.New(t.Dataset, label, c.scale)
		if err != nil {
			return err
		}
		rng := t.Rand("evaluation")
		truth := target.Sampler.Sample(n, rng)
		put := func(of string, x *mat.Dense) {
			t.Put(name(of, c.scale), "", metrics.EnergyDistance(x, truth).Value)
		}
		put(oracle, target.Sampler.Sample(n, rng))
		put(conditional, (&datasets.Mixture{Centres: m.Centres[label : label+1], Sigma: m.Sigma}).Sample(n, rng))
		g := &diffusion.Guided{With: with, Without: without, Scale: c.scale}
		grid := diffusion.ThreeHalves.Grid(schedule, t.Scale(200, 20), 0)
		ddim := diffusion.Sampling{Denoiser: g, Schedule: schedule, Scale: scale, Sampler: diffusion.DDIM{}, Grid: grid}
		for _, of := range methods {
			s := ddim
			switch of {
			case heun:
				s.Sampler, s.Grid = diffusion.Heun{}, diffusion.Karras.Grid(schedule, 18, 0)
			case ancestral:
				s.Sampler = diffusion.DDPM{}
			case interval:
				s.Denoiser = guide.Within{Guided: g, Schedule: schedule, Low: 0.2, High: 2}
			case corrected:
				s.Sampler = guide.Corrected{Sampler: diffusion.DDIM{}, Steps: 2, Size: 0.2}
			}
			put(of, s.Sample(n, t.Rand("sample")))
		}
	}
	return nil
}

// exact returns the denoisers of a mixture with and without a label, in coordinates scaled by the root mean square.
func exact(m *datasets.Mixture, label int) (with, without diffusion.Mixture, scale standardize.Map) {
	k := len(m.Centres)
	var square float64
	for _, c := range m.Centres {
		square += (c[0]*c[0] + c[1]*c[1]) / 2 / float64(k)
	}
	root := math.Sqrt(square + m.Sigma*m.Sigma)
	without = diffusion.Mixture{Schedule: schedule, Means: mat.NewDense(k, 2, nil), Sigma: m.Sigma / root}
	for i, c := range m.Centres {
		without.Means.SetRow(i, []float64{c[0] / root, c[1] / root})
		without.Weights = append(without.Weights, 1/float64(k))
	}
	with = without
	with.Means, with.Weights = mat.NewDense(1, 2, without.Means.RawRowView(label)), []float64{1}
	return with, without, standardize.Map{Shift: []float64{0, 0}, Scale: []float64{root, root}}
}

func answer(r *experiment.Result) (supported bool, text string) {
	supported = true
	var rows []string
	for _, c := range cases {
		of := func(what string) experiment.Measurement { return r.Of(name(what, c.scale), c.data) }
		supported = supported && experiment.Every(func(v []float64) bool { return v[0] > 0.05 && v[1] < 0.005 }, of(plain), of(corrected))
		var parts []string
		for _, what := range append([]string{oracle, conditional}, methods...) {
			parts = append(parts, fmt.Sprintf("%s %v", what, of(what)))
		}
		rows = append(rows, fmt.Sprintf("%s, w = %g: %s", c.data, c.scale, strings.Join(parts, ", ")))
	}
	return supported, "Energy distance from the tilted distribution. " + strings.Join(rows, "; ") + "."
}
