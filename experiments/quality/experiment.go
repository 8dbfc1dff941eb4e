// Package quality puts samples to the test against a second sample of the truth, by sampler and
// number of network evaluations.
package quality

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/diffusion"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/metrics"
	"genlab/train"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "quality",
	Claim: "50 network evaluations of a diffusion model give samples that the energy distance cannot tell from the data.",
	Test: "A diffusion model of the default configuration for each of the ten distributions and each seed. 10,000 samples are drawn by each deterministic sampler with 5 to 50 evaluations " +
		"and scored against 10,000 of the truth; so is a second sample of the truth.",
	Criterion: "On every distribution the 95 % interval over the seeds of the energy distance of the default sampler with 50 evaluations contains the mean of the second sample's.",
	Seeds:     3,
	Brief: func(r *experiment.Result) string {
		best := way{diffusion.DefaultConfig().Sampler, 50}.String()
		var apart []string
		for _, name := range distributions {
			if model, second := compared(r, best, name); !contains(model, second) {
				apart = append(apart, fmt.Sprintf("%s (%v, the truth's %.1e)", name, model, float64(second.Mean)))
			}
		}
		text := fmt.Sprintf("the interval contains the truth's energy distance on %d of %d", len(distributions)-len(apart), len(distributions))
		if len(apart) > 0 {
			text += "; not on " + strings.Join(apart, ", ")
		}
		return text
	},
	Run: run,
}

// distributions are those of the plane with a known density.
var distributions = []string{
	"8gaussians", "ring8", "25gaussians", "moons", "circles", "rings", "checkerboard", "pinwheel", "swissroll", "2spirals",
}

// way is a sampler and its evaluations.
type way struct {
	sampler diffusion.SamplerName
	nfe     int
}

func (w way) String() string { return fmt.Sprintf("%s, %d evaluations", w.sampler, w.nfe) }

// truth is the way of the second sample.
const truth = "a second sample of the truth"

// ways are the columns of the table. Heun's method takes odd numbers.
func ways(s experiment.Setup) []way {
	var all []way
	for _, nfe := range []int{5, 10, 17, 25, 35, 50} {
		for _, sampler := range []diffusion.SamplerName{"ddim", "heun", "dpmsolver2m", "dpmsolver3m"} {
			if sampler == "heun" {
				all = append(all, way{sampler, nfe - 1 + nfe%2})
			} else {
				all = append(all, way{sampler, nfe})
			}
		}
	}
	return all[:s.Scale(len(all), 4)]
}

func run(ctx context.Context, s experiment.Setup) (*experiment.Result, error) {
	r := &experiment.Result{}
	cfg := experiment.Config(s, &models.Diffusion)
	if err := r.Use("diffusion", &cfg); err != nil {
		return nil, err
	}
	names := distributions[:s.Scale(len(distributions), 1)]
	for _, seed := range s.Seeds { // an interrupted run has all distributions of its first seeds
		for _, name := range names {
			ds, err := datasets.ByName(name)
			if err != nil {
				return nil, err
			}
			m, _, err := experiment.Train[*diffusion.Model](ctx, s, &models.Diffusion, cfg, ds.Name, seed)
			if err != nil {
				return nil, err
			}
			if err := measure(ctx, r, s, m, ds, seed); err != nil {
				return nil, err
			}
		}
	}
	r.Shown, r.Answer = answer(r, names, ways(s))
	return r, nil
}

// measure adds the figures of one training.
func measure(ctx context.Context, r *experiment.Result, s experiment.Setup, m *diffusion.Model, ds *datasets.Dataset, seed uint64) error {
	cfg := m.Config()
	rng, n := train.NewStream(seed, "evaluation").Rand, s.Scale(10000, 300)
	against, second := ds.Sampler.Sample(n, rng), ds.Sampler.Sample(n, rng)
	put := func(way string, x mat.Matrix, whole bool) {
		e := metrics.EnergyDistance(x, against)
		r.Put("energy distance, "+way, ds.Name, "", e.Value)
		modes := metrics.Modes(x, ds.Modes, ds.ModeWeights(), ds.HighQuality)
		if whole {
			r.Put("high quality, "+way, ds.Name, "", modes.HighQuality.Value)
			r.Put("mode TV, "+way, ds.Name, "", modes.TV.Value)
		}
		s.Log("%s, seed %d, %s: energy distance %.5f ± %.5f, high quality %.4f, mode TV %.4f",
			ds.Name, seed, way, e.Value, e.SE, modes.HighQuality.Value, modes.TV.Value)
	}
	put(truth, second, true)
	for _, w := range ways(s) {
		if err := ctx.Err(); err != nil {
			return err
		}
		c := cfg
		c.Sampler, c.NFE = w.sampler, w.nfe
		whole := w.sampler == cfg.Sampler || w == way{"ddim", 50}
		put(w.String(), m.SamplingWith(c).Sample(n, train.NewStream(seed, "sample").Rand), whole)
	}
	return nil
}

// compared are the energy distances of a way and of the second sample.
func compared(r *experiment.Result, way, name string) (model, second experiment.Figure) {
	return r.Of("energy distance, "+way, name), r.Of("energy distance, "+truth, name)
}

// contains says whether the model's interval does the truth's mean. NaN, of one seed, is no interval.
func contains(model, second experiment.Figure) bool {
	return math.Abs(float64(model.Mean-second.Mean)) <= float64(model.Half)
}

// answer says whether the criterion holds: of the default sampler with 50 evaluations, or what a
// smoke run has most of.
func answer(r *experiment.Result, names []string, ways []way) (shown bool, text string) {
	best := ways[len(ways)-1]
	if i := slices.Index(ways, way{diffusion.DefaultConfig().Sampler, 50}); i >= 0 {
		best = ways[i]
	}
	shown = true
	var outside, distances []string
	for _, name := range names {
		model, second := compared(r, best.String(), name)
		distances = append(distances, fmt.Sprintf("%s %v (%.1e)", name, model, float64(second.Mean)))
		if !contains(model, second) {
			shown = false
			outside = append(outside, name)
		}
	}
	text = fmt.Sprintf("Energy distance of %v, and of a second sample of the truth: %s.", best, strings.Join(distances, "; "))
	if len(outside) > 0 {
		text += " The interval does not contain the truth's on " + strings.Join(outside, ", ") + "."
	}
	return shown, text
}
