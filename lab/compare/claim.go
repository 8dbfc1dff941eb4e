package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Claim is what theory says of the models, and what this comparison shows.
type Claim struct {
	Theory   string `json:"theory"`
	Verdict  string `json:"verdict"` // one of the constants below
	Evidence string `json:"evidence"`
}

// Verdicts.
const (
	Shown    = "shown"
	Partly   = "shown in part"
	NotShown = "not shown"
	Open     = "not asked" // the comparison does not have what it takes
)

// clear is how many standard errors count as a difference between two figures of single runs.
const clear = 3

// theory is what a comparison is held against: a sentence, and what is looked at on each data set.
// Of ask's answers the verdict is made; an empty line says that the data has nothing to tell.
var theory = []struct {
	says string
	ask  func(r *Result, data string) (holds bool, line string)
}{
	{"A GAN has a sampler and no density: there is no likelihood to state, and its columns are dashes.", ganIsMute},
	{"A VAE knows a bound: the ELBO lies below its own log p by the gap of its posterior, so its column is not to be read beside exact ones.", boundIsBelow},
	{"An exact density cannot beat the truth: KL(p‖q) is at least 0 for flow, autoregressive model and probability flow.", noneBeatsTheTruth},
	{"Training by maximum likelihood covers: a missed mode would cost log 0. Flow and autoregressive model hold every mode.", likelihoodCovers},
	{"A flow is continuous and invertible: it cannot tear the plane, and leaves bridges of mass between separate modes, so that its samples are of high quality less often than the truth's.", flowsBridge},
	{"An autoregressive model over digits is even within a cell and free between cells: holes and edges cost it nothing but the price of its cells, and its KL is small on every data set.", digitsAreFree},
	{"A VAE blurs: a Gaussian around each decoded point, joined over a connected latent space, puts samples off the modes, more of them than any exact model does.", vaeBlurs},
	{"Diffusion buys quality with network evaluations: five passes are not enough, tens are; a pass of each of the others is all they have.", diffusionNeedsPasses},
	{"A GAN draws by one pass of a plain network, the cheapest sample of all but the VAE's; diffusion and digits pay for every pass.", ganIsCheap},
	{"Every paradigm beats a fitted Gaussian by the energy distance, or it has learnt nothing.", beatTheGaussian},
}

// claims holds the theory against the figures.
func claims(r *Result) []Claim {
	var all []Claim
	for _, t := range theory {
		var lines []string
		held := 0
		for _, data := range r.Plan.Data {
			holds, line := t.ask(r, data)
			if line == "" {
				continue
			}
			if lines = append(lines, data+": "+line); holds {
				held++
			}
		}
		c := Claim{Theory: t.says, Verdict: Partly, Evidence: strings.Join(lines, "; ")}
		switch {
		case len(lines) == 0:
			c.Verdict = Open
		case held == len(lines):
			c.Verdict = Shown
		case held == 0:
			c.Verdict = NotShown
		}
		all = append(all, c)
	}
	return all
}

// figure returns a figure of the summary, and whether it is there.
func (r *Result) figure(data, model, key string) (Interval, bool) {
	row := r.row(data, model)
	if row == nil {
		return Interval{}, false
	}
	f, ok := row.Figures[key]
	return f, ok
}

// say prints a figure as the tables do.
func (r *Result) say(data string, f Interval, key string) string {
	return f.text(column(key), r.Plan.Modes[slices.Index(r.Plan.Data, data)])
}

func ganIsMute(r *Result, data string) (bool, string) {
	row := r.row(data, "gan")
	if row == nil || row.Done == 0 {
		return false, ""
	}
	for _, key := range []string{"nll", "nll_bound", "kl"} {
		if _, ok := row.Figures[key]; ok {
			return false, "the GAN has a figure of likelihood"
		}
	}
	return row.Kind == None, "none"
}

func boundIsBelow(r *Result, data string) (bool, string) {
	holds, worst, found := true, 0.0, 0
	for _, run := range r.Runs {
		gap, ok := run.Figures["bound_gap"]
		if run.Data != data || !ok {
			continue
		}
		found++
		holds = holds && run.Kind == Bound && float64(gap.Value) > -clear*float64(gap.SE)
		worst += float64(gap.Value)
	}
	if found == 0 {
		return false, ""
	}
	return holds, fmt.Sprintf("%.3f nats below log p by quadrature", worst/float64(found))
}

func noneBeatsTheTruth(r *Result, data string) (bool, string) {
	var parts []string
	holds := true
	for _, model := range r.Plan.Models {
		f, ok := r.figure(data, model, "kl")
		if !ok {
			continue
		}
		holds = holds && !strings.HasPrefix(f.Warning, "KL below 0")
		parts = append(parts, model+" "+r.say(data, f, "kl"))
	}
	return holds, strings.Join(parts, ", ")
}

func likelihoodCovers(r *Result, data string) (bool, string) {
	total := r.Plan.Modes[slices.Index(r.Plan.Data, data)]
	var parts []string
	holds := true
	for _, model := range []string{"flow", "autoregressive"} {
		f, ok := r.figure(data, model, "modes")
		if !ok || total < 2 {
			continue
		}
		holds = holds && float64(f.Mean) == float64(total)
		parts = append(parts, model+" "+r.say(data, f, "modes"))
	}
	return holds, strings.Join(parts, ", ")
}

func flowsBridge(r *Result, data string) (bool, string) {
	f, ok := r.figure(data, "flow", "high_quality")
	i := slices.Index(r.Plan.Data, data)
	if !ok || r.Plan.Modes[i] < 2 || !finite(r.Plan.Ceiling[i]) {
		return false, ""
	}
	return f.hi() < float64(r.Plan.Ceiling[i]),
		fmt.Sprintf("%s of high quality, the truth %.4f", r.say(data, f, "high_quality"), float64(r.Plan.Ceiling[i]))
}

// smallKL is what an autoregressive model over 256 bins a coordinate should stay below, in nats.
const smallKL = 0.1

func digitsAreFree(r *Result, data string) (bool, string) {
	f, ok := r.figure(data, "autoregressive", "kl")
	if !ok {
		return false, ""
	}
	return f.hi() < smallKL, fmt.Sprintf("KL %s (small: below %g)", r.say(data, f, "kl"), smallKL)
}

func vaeBlurs(r *Result, data string) (bool, string) {
	vae, ok := r.figure(data, "vae", "high_quality")
	if !ok {
		return false, ""
	}
	holds := true
	parts := []string{"vae " + r.say(data, vae, "high_quality")}
	for _, model := range []string{"flow", "autoregressive", "diffusion"} {
		if f, ok := r.figure(data, model, "high_quality"); ok {
			holds = holds && vae.hi() < f.lo()
			parts = append(parts, model+" "+r.say(data, f, "high_quality"))
		}
	}
	if len(parts) == 1 {
		return false, ""
	}
	return holds, strings.Join(parts, ", ")
}

func diffusionNeedsPasses(r *Result, data string) (bool, string) {
	var few, many, error2, n float64
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
		error2 += float64(a.SE)*float64(a.SE) + float64(b.SE)*float64(b.SE)
	}
	if n == 0 {
		return false, ""
	}
	return few-many > clear*math.Sqrt(error2), fmt.Sprintf("energy distance %.4f by 5 passes, %.4f by 50", few/n, many/n)
}

func ganIsCheap(r *Result, data string) (bool, string) {
	gan, ok := r.figure(data, "gan", "microseconds_per_sample")
	if !ok {
		return false, ""
	}
	holds := true
	parts := []string{fmt.Sprintf("gan %.2g µs", float64(gan.Mean))}
	for _, model := range []string{"diffusion", "flow", "autoregressive"} {
		if f, ok := r.figure(data, model, "microseconds_per_sample"); ok {
			holds = holds && gan.Mean < f.Mean
			parts = append(parts, fmt.Sprintf("%s %.2g µs", model, float64(f.Mean)))
		}
	}
	if len(parts) == 1 {
		return false, ""
	}
	return holds, strings.Join(parts, ", ")
}

func beatTheGaussian(r *Result, data string) (bool, string) {
	trivial, ok := r.figure(data, Gaussian, "energy_distance")
	if !ok {
		return false, ""
	}
	var not []string
	for _, model := range r.Plan.Models {
		if f, ok := r.figure(data, model, "energy_distance"); ok && !(f.hi() < trivial.lo()) {
			not = append(not, model+" "+r.say(data, f, "energy_distance"))
		}
	}
	line := "all do, the Gaussian has " + r.say(data, trivial, "energy_distance")
	if len(not) > 0 {
		line = "not " + strings.Join(not, ", ") + " against " + r.say(data, trivial, "energy_distance")
	}
	return len(not) == 0, line
}
