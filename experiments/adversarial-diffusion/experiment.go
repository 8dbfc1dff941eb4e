// Package adversarialdiffusion puts a critic to the test: a distilled student of few evaluations before
// and after it has played against one, and a student that knows nothing else.
package adversarialdiffusion

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/hybrid"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/metrics"
	"genlab/train"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "adversarial-diffusion",
	Claim: "A critic takes away most of what a distilled student of few evaluations still has between the modes, and the student keeps all modes.",
	Test: "25gaussians and 8gaussians; the default configuration of adversarial-diffusion with its three lessons: distilled, the critic alone from the teacher's weights on, and both; one seed's teacher and distillation are the same in all. " +
		"Of 50,000 samples in 1, 2 and 4 evaluations: the mass off any mode, how far that is from the truth's own (exp(-4.5) = 0.0111), and mode TV; of 10,000 the energy distance. " +
		"In 4 evaluations half of the distilled student's mass off any mode is less than the truth's own, so that the distance is what can be halved.",
	Criterion: "On 25gaussians in 4 evaluations, over the seeds, the mass off any mode is with both at most half as far from the truth's own as distilled, and mode TV is not greater.",
	Seeds:     3,
	Brief: func(r *experiment.Result) string {
		both, alone := string(hybrid.DistillationThenAdversarial), string(hybrid.DistillationOnly)
		return fmt.Sprintf("25gaussians in 4 passes: mass off any mode %v, distilled %v (the truth: .0111); mode TV %v, distilled %v",
			r.Of(of(off, both, 4), "25gaussians"), r.Of(of(off, alone, 4), "25gaussians"), r.Of(of(modeTV, both, 4), "25gaussians"), r.Of(of(modeTV, alone, 4), "25gaussians"))
	},
	Run: run,
}

var evaluations = []int{1, 2, 4}

func run(ctx context.Context, s experiment.Setup) (*experiment.Result, error) {
	r := new(experiment.Result)
	for _, name := range []string{"25gaussians", "8gaussians"} {
		ds, err := datasets.ByName(name)
		if err != nil {
			return nil, err
		}
		for _, seed := range s.Seeds {
			for _, lessons := range hybrid.StudentObjective("").Choices() {
				cfg := experiment.Config(s, &models.AdversarialDiffusion)
				cfg.StudentObjective = hybrid.StudentObjective(lessons)
				if err := r.Use("adversarial-diffusion, "+lessons, &cfg); err != nil {
					return nil, err
				}
				m, seconds, err := experiment.Train[*hybrid.ConsistencyModel](ctx, s, &models.AdversarialDiffusion, cfg, ds.Name, seed)
				if err != nil {
					return nil, err
				}
				for _, k := range evaluations {
					measure(r, s, m, ds, lessons, k, seed)
				}
				r.Put("training, "+lessons, name, "s", seconds)
			}
		}
	}
	var lines []string
	for _, name := range []string{"25gaussians", "8gaussians"} {
		var each []string
		for _, lessons := range hybrid.StudentObjective("").Choices() {
			each = append(each, fmt.Sprintf("%s %v, which is %v from the truth's own, mode TV %v", lessons,
				r.Of(of(off, lessons, 4), name), r.Of(of(excess, lessons, 4), name), r.Of(of(modeTV, lessons, 4), name)))
		}
		lines = append(lines, fmt.Sprintf("%s, mass off any mode in 4 evaluations: %s", name, strings.Join(each, "; ")))
	}
	before, after := r.Of(of(excess, string(hybrid.DistillationOnly), 4), "25gaussians"), r.Of(of(excess, string(hybrid.DistillationThenAdversarial), 4), "25gaussians")
	was, is := r.Of(of(modeTV, string(hybrid.DistillationOnly), 4), "25gaussians"), r.Of(of(modeTV, string(hybrid.DistillationThenAdversarial), 4), "25gaussians")
	r.Shown = after.Mean <= before.Mean/2 && is.Mean <= was.Mean
	r.Answer = strings.Join(lines, ". ") + "."
	return r, nil
}

// The figures, of each lesson and number of evaluations.
const (
	off    = "mass off any mode"
	excess = "its distance from the truth's own"
	modeTV = "mode TV"
	energy = "energy distance"
)

func of(figure, lessons string, evaluations int) string {
	return fmt.Sprintf("%s, %s in %d", figure, lessons, evaluations)
}

// measure puts the figures of a student in so many evaluations.
func measure(r *experiment.Result, s experiment.Setup, m *hybrid.ConsistencyModel, ds *datasets.Dataset, lessons string, k int, seed uint64) {
	x := m.Sampling(k).Sample(s.Scale(50000, 300), train.NewStream(seed, "sample").Rand)
	modes := metrics.Modes(x, ds.Modes, ds.ModeWeights(), ds.HighQuality)
	put := func(figure string, v float64) { r.Put(of(figure, lessons, k), ds.Name, "", v) }
	put(off, 1-modes.HighQuality.Value)
	put(excess, math.Abs(ds.HighQuality-modes.HighQuality.Value))
	put(modeTV, modes.TV.Value)
	some := x.Slice(0, s.Scale(10000, 300), 0, 2).(*mat.Dense)
	put(energy, experiment.Score(some, ds, seed)["energy_distance"].Value)
	s.Log("%s, seed %d, %s in %d: %.4f off any mode, mode TV %.4f", ds.Name, seed, lessons, k, 1-modes.HighQuality.Value, modes.TV.Value)
}
