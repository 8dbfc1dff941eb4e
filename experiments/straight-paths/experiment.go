// Package straightpaths tests flow matching along straight paths beside a diffusion model: how straight trajectories are,
// and how many evaluations they need.
package straightpaths

import (
	"fmt"
	"strings"

	"genlab"
	"genlab/diffusion"
	"genlab/diffusion/matching"
	"genlab/hybrid"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/metrics"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "straight-paths",
	Claim: "Minibatch optimal transport and rectification straighten the trajectories of flow matching, and the straighter ones need fewer network evaluations; with many evaluations flow matching is as good as diffusion.",
	Test: fmt.Sprintf("On all ten distributions: a diffusion model and flow matching with the default configurations, flow matching with minibatch optimal transport over 128 rows, and two rounds of rectification of flow matching. "+
		"Straightness is the mean squared distance of the velocity from the line between the ends of a trajectory, per coordinate, from %d samples of noise; for diffusion that of its velocity along the straight path. "+
		"Samples are drawn by Euler's method (diffusion: deterministic DDIM) with 1, 2, 4 and 8 evaluations, and by each model's own solver (flow matching: midpoint, 40; diffusion: its default, 35).", straightSamples),
	Criterion: "In the mean over the seeds, on each distribution: straightness is lower with optimal transport than with the independent coupling, and lower still after one round, with disjoint intervals; " +
		"with 1, 2 and 4 evaluations the energy distance after one round is below those of diffusion and of flow matching; with its own solver flow matching is equivalent to diffusion: " +
		"the energy distances differ by less than 0.002, interval of the difference of paired seeds included.",
	Seeds:  5,
	Data:   distributions,
	Run:    run,
	Answer: answer,
	Brief: func(r *experiment.Result) string {
		at := func(metric, who string) experiment.Measurement { return r.Of(metric+", "+who, "8gaussians") }
		return fmt.Sprintf("straightness on 8gaussians: diffusion %v, flow matching %v, with optimal transport %v, after one round %v, after two %v",
			at("straightness", diffusionModel), at("straightness", independent), at("straightness", transport), at("straightness", rounds[1]), at("straightness", rounds[2]))
	},
	Labels: []string{" in its own", ", its own solver", " in ", ", evaluations: "},
}

var distributions = []string{"8gaussians", "ring8", "25gaussians", "moons", "circles", "rings", "checkerboard", "pinwheel", "swissroll", "2spirals"}

// Names of the models.
const (
	diffusionModel = "diffusion"
	independent    = "flow matching"
	transport      = "flow matching with optimal transport"
)

// rounds are the names of a flow and of the rounds of its rectification.
var rounds = []string{"flow of rectification", "one round", "two rounds"}

var evaluations = []int{1, 2, 4, 8}

const (
	straightSamples = 2000
	// margin is the largest difference of energy distances that counts as none.
	margin = 0.002
)

func run(t *experiment.Trial) error {
	teacher, seconds, err := experiment.Train[*diffusion.Model](t, diffusionModel, &models.Diffusion, experiment.Config(t.Setup, &models.Diffusion, ""))
	if err != nil {
		return err
	}
	t.Put("training, "+diffusionModel, "s", seconds)
	measure(t, diffusionModel, matching.Along{Denoiser: teacher, Schedule: teacher.Schedule(), Path: matching.Straight{}}, teacher.Sampling(), func(k int) genlab.Sampler {
		c := teacher.Config()
		c.Sampler, c.NFE = "ddim", k
		return teacher.SamplingWith(c)
	})
	for _, coupling := range []struct {
		name string
		of   matching.CouplingName
	}{{independent, matching.Independent}, {transport, matching.OT}} {
		cfg := experiment.Config(t.Setup, &models.FlowMatching, "")
		cfg.Coupling = coupling.of
		m, seconds, err := experiment.Train[*matching.Model](t, coupling.name, &models.FlowMatching, cfg)
		if err != nil {
			return err
		}
		t.Put("training, "+coupling.name, "s", seconds)
		measure(t, coupling.name, m, m.Sampling(), euler(m))
	}
	cfg := experiment.Config(t.Setup, &models.RectifiedFlow, "")
	cfg.Rounds = 2
	all, seconds, err := experiment.Train[*hybrid.RectifiedModel](t, "rectified flow", &models.RectifiedFlow, cfg)
	if err != nil {
		return err
	}
	t.Put("training, "+rounds[2], "s", seconds)
	for k, m := range all.Rounds[1:] {
		measure(t, rounds[k+1], m, m.Sampling(), euler(m))
	}
	return nil
}

// euler returns the samplers of a model by Euler's method.
func euler(m *matching.Model) func(k int) genlab.Sampler {
	return func(k int) genlab.Sampler {
		c := m.Config()
		c.Sampler, c.NFE = "euler", k
		return m.SamplingWith(c)
	}
}

// measure puts the straightness of a field and the quality of its samples.
func measure(t *experiment.Trial, who string, f matching.Field, own genlab.Sampler, few func(k int) genlab.Sampler) {
	t.Put("straightness, "+who, "", metrics.Mean(matching.Straightness(f, t.Scale(straightSamples, 100), t.Dataset.Dim(), t.Rand("straightness"))).Value)
	for _, k := range evaluations {
		t.PutRows(in(who, k), t.Score(t.Sample(few(k))), []string{"energy_distance"})
	}
	t.PutRows(who+" in its own", t.Score(t.Sample(own)), experiment.Quality)
}

func in(who string, k int) string { return fmt.Sprintf("%s in %d", who, k) }

func answer(r *experiment.Result) (supported bool, text string) {
	straight, few, same := 0, 0, 0
	var lines []string
	for _, data := range distributions {
		of := func(metric, who string) experiment.Measurement { return r.Of(metric+", "+who, data) }
		plain, ot, once := of("straightness", independent), of("straightness", transport), of("straightness", rounds[1])
		if ot.Mean < plain.Mean && once.Mean < ot.Mean && experiment.Disjoint(plain, ot) && experiment.Disjoint(ot, once) {
			straight++
		}
		better := true
		for _, k := range evaluations[:3] {
			e := of("energy_distance", in(rounds[1], k)).Mean
			better = better && e < of("energy_distance", in(diffusionModel, k)).Mean && e < of("energy_distance", in(independent, k)).Mean
		}
		if better {
			few++
		}
		if experiment.Differ(of("energy_distance", independent+" in its own"), of("energy_distance", diffusionModel+" in its own")).Within(margin) {
			same++
		}
		lines = append(lines, fmt.Sprintf("%s %v, %v and %v", data, plain, ot, once))
	}
	n := len(distributions)
	return straight == n && few == n && same == n, fmt.Sprintf("Straightness is lower with optimal transport, and lower still after a round, on %d of %d distributions; "+
		"with 1, 2 and 4 evaluations the energy distance after a round is the lowest on %d; with its own solver flow matching is equivalent to diffusion on %d. "+
		"Straightness of flow matching, with optimal transport and after one round: %s.", straight, n, few, same, strings.Join(lines, "; "))
}
