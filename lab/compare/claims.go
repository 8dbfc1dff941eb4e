package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// significant is the number of standard errors by which two values of single runs must differ.
const significant = 3

// theory lists the claims with their tests. A test looks at one dataset and returns whether the claim
// holds there and the evidence, "" where the comparison cannot tell.
var theory = []struct {
	claim string
	test  func(r *Result, data string) (holds bool, evidence string)
}{
	{"A GAN has no density: there is no likelihood to report.", ganHasNoLikelihood},
	{"A VAE has only a bound: the ELBO is below its log p(x) by the KL divergence of the approximate posterior from the true one, so a bound cannot be compared with exact values.", elboIsBelow},
	{"No model density beats the true one: KL(p‖q) ≥ 0 for the flow, the autoregressive model and the probability-flow ODE.", klIsNotNegative},
	{"Training by maximum likelihood covers all modes, since a missed mode has an infinite loss: the flow and the autoregressive model cover every mode.", likelihoodCoversModes},
	{"A normalizing flow is continuous and invertible: it cannot separate modes and leaves bridges of low density between them, so its fraction of high-quality samples is below that of the true distribution.", flowBridgesModes},
	{"An autoregressive model over digits is uniform within a cell and unconstrained between cells: gaps and edges cost nothing beyond the discretisation, and its KL divergence is small on every dataset.", autoregressiveKLIsSmall},
	{"A VAE blurs: with a Gaussian around each decoded point and a connected latent space, it puts more samples off the modes than the flow, the autoregressive model and the diffusion model.", vaeBlurs},
	{"Diffusion trades network evaluations for quality: its energy distance is lower with 50 evaluations than with 5.", diffusionNeedsEvaluations},
	{"A GAN samples in one forward pass of a plain network, in less time than the diffusion model, the flow and the autoregressive model.", ganSamplesFastest},
	{"Every paradigm has a lower energy distance than a fitted Gaussian.", allBeatTheGaussian},
}

// Summarise computes the rows from the runs, and the claims from the rows.
func (r *Result) Summarise() {
	r.Rows = summarise(r.Plan, r.Runs)
	r.Claims = claims(r)
}

// claims tests the theory on every dataset.
func claims(r *Result) []Claim {
	var all []Claim
	for _, t := range theory {
		var lines []string
		held := 0
		for _, data := range r.Plan.Data {
			holds, evidence := t.test(r, data)
			if evidence == "" {
				continue
			}
			if lines = append(lines, data+": "+evidence); holds {
				held++
			}
		}
		c := Claim{Theory: t.claim, Verdict: PartlySupported, Evidence: strings.Join(lines, "; ")}
		switch {
		case len(lines) == 0:
			c.Verdict = NotTested
		case held == len(lines):
			c.Verdict = Supported
		case held == 0:
			c.Verdict = NotSupported
		}
		all = append(all, c)
	}
	return all
}

// format prints a metric as the tables do.
func (r *Result) format(data string, f Interval, key string) string {
	return f.text(column(key), r.Plan.Modes[slices.Index(r.Plan.Data, data)])
}

func ganHasNoLikelihood(r *Result, data string) (bool, string) {
	row := r.row(data, "gan")
	if row == nil || row.Done == 0 {
		return false, ""
	}
	for _, key := range []string{"nll", "nll_bound", "kl"} {
		if _, ok := row.Metrics[key]; ok {
			return false, "the GAN has a likelihood: " + key
		}
	}
	return row.Kind == None, "no likelihood"
}

func elboIsBelow(r *Result, data string) (bool, string) {
	holds, worst, found := true, 0.0, 0
	for _, run := range r.Runs {
		gap, ok := run.Metrics["bound_gap"]
		if run.Data != data || !ok {
			continue
		}
		found++
		holds = holds && run.Kind == Bound && float64(gap.Value) > -significant*float64(gap.SE)
		worst += float64(gap.Value)
	}
	if found == 0 {
		return false, ""
	}
	return holds, fmt.Sprintf("the ELBO is %.3f nats below log p(x) by quadrature", worst/float64(found))
}

func klIsNotNegative(r *Result, data string) (bool, string) {
	var parts []string
	holds := true
	for _, model := range r.Plan.Models {
		f, ok := r.metric(data, model, "kl")
		if !ok {
			continue
		}
		holds = holds && !strings.HasPrefix(f.Warning, "KL below 0")
		parts = append(parts, model+" "+r.format(data, f, "kl"))
	}
	return holds, strings.Join(parts, ", ")
}

func likelihoodCoversModes(r *Result, data string) (bool, string) {
	total := r.Plan.Modes[slices.Index(r.Plan.Data, data)]
	var parts []string
	holds := true
	for _, model := range []string{"flow", "autoregressive"} {
		f, ok := r.metric(data, model, "modes")
		if !ok || total < 2 {
			continue
		}
		holds = holds && float64(f.Mean) == float64(total)
		parts = append(parts, model+" "+r.format(data, f, "modes"))
	}
	return holds, strings.Join(parts, ", ")
}

func flowBridgesModes(r *Result, data string) (bool, string) {
	f, ok := r.metric(data, "flow", "high_quality")
	i := slices.Index(r.Plan.Data, data)
	if !ok || r.Plan.Modes[i] < 2 || !finite(r.Plan.Ceiling[i]) {
		return false, ""
	}
	return f.hi() < float64(r.Plan.Ceiling[i]),
		fmt.Sprintf("high quality %s; the true distribution has %.4f", r.format(data, f, "high_quality"), float64(r.Plan.Ceiling[i]))
}

// smallKL is the threshold, in nats, for an autoregressive model with 256 bins per coordinate.
const smallKL = 0.1

func autoregressiveKLIsSmall(r *Result, data string) (bool, string) {
	f, ok := r.metric(data, "autoregressive", "kl")
	if !ok {
		return false, ""
	}
	return f.hi() < smallKL, fmt.Sprintf("KL %s (threshold %g)", r.format(data, f, "kl"), smallKL)
}

func vaeBlurs(r *Result, data string) (bool, string) {
	vae, ok := r.metric(data, "vae", "high_quality")
	if !ok {
		return false, ""
	}
	holds := true
	parts := []string{"vae " + r.format(data, vae, "high_quality")}
	for _, model := range []string{"flow", "autoregressive", "diffusion"} {
		if f, ok := r.metric(data, model, "high_quality"); ok {
			holds = holds && vae.hi() < f.lo()
			parts = append(parts, model+" "+r.format(data, f, "high_quality"))
		}
	}
	if len(parts) == 1 {
		return false, ""
	}
	return holds, strings.Join(parts, ", ")
}

func diffusionNeedsEvaluations(r *Result, data string) (bool, string) {
	var few, many, variance, n float64
	for _, run := range r.Runs {
		if run.Data != data || run.Model != "diffusion" || run.Status != Done {
			continue
		}
		at := func(nfe int) (Cost, bool) {
			i := slices.IndexFunc(run.Sweep, func(c Cost) bool { return c.NFE == nfe })
			if i < 0 {
				return Cost{}, false
			}
			return run.Sweep[i], true
		}
		a, okA := at(5)
		b, okB := at(50)
		if !okA || !okB {
			return false, ""
		}
		few, many, n = few+float64(a.Distance), many+float64(b.Distance), n+1
		variance += float64(a.SE)*float64(a.SE) + float64(b.SE)*float64(b.SE)
	}
	if n == 0 {
		return false, ""
	}
	return few-many > significant*math.Sqrt(variance), fmt.Sprintf("energy distance %.4f with 5 evaluations, %.4f with 50", few/n, many/n)
}

func ganSamplesFastest(r *Result, data string) (bool, string) {
	gan, ok := r.metric(data, "gan", "microseconds_per_sample")
	if !ok {
		return false, ""
	}
	holds := true
	parts := []string{fmt.Sprintf("gan %.2g µs", float64(gan.Mean))}
	for _, model := range []string{"diffusion", "flow", "autoregressive"} {
		if f, ok := r.metric(data, model, "microseconds_per_sample"); ok {
			holds = holds && gan.Mean < f.Mean
			parts = append(parts, fmt.Sprintf("%s %.2g µs", model, float64(f.Mean)))
		}
	}
	if len(parts) == 1 {
		return false, ""
	}
	return holds, strings.Join(parts, ", ")
}

func allBeatTheGaussian(r *Result, data string) (bool, string) {
	trivial, ok := r.metric(data, Gaussian, "energy_distance")
	if !ok {
		return false, ""
	}
	var not []string
	for _, model := range r.Plan.Models {
		if f, ok := r.metric(data, model, "energy_distance"); ok && !(f.hi() < trivial.lo()) {
			not = append(not, model+" "+r.format(data, f, "energy_distance"))
		}
	}
	line := "all do; the Gaussian has " + r.format(data, trivial, "energy_distance")
	if len(not) > 0 {
		line = "not lower: " + strings.Join(not, ", ") + "; the Gaussian has " + r.format(data, trivial, "energy_distance")
	}
	return len(not) == 0, line
}
