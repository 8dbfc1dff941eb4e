// Package bounds puts the ladder of a VAE's likelihood to the test: ELBO, importance-weighted
// bounds, log p.
package bounds

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/metrics"
	"genlab/train"
	"genlab/vae"
)

// Experiment is the claim and its test.
var Experiment = experiment.Experiment{
	Name:  "bounds",
	Claim: "A VAE's evidence lower bound lies below its importance-weighted bounds, which rise with the number of draws towards log p(x) and do not pass it.",
	Test: "VAEs of the default configuration, and one trained on the bound of 5 draws, are scored at 8000 fresh points (2000 for 500 draws): " +
		"the ELBO (the mean of 50 draws a point), the bounds of 5 (of 10 times 5), 50 and 500 draws, and log p by quadrature over the latent plane, all as nats below the truth's own log density.",
	Criterion: "In every training each rung of ELBO ≤ 5 ≤ 50 ≤ 500 draws ≤ log p holds within three standard errors of the paired difference, " +
		"and ELBO < log p by more than three.",
	Seeds: 5,
	Brief: func(r *experiment.Result) string {
		return "nats below the truth on 8gaussians, ELBO → 5 → 50 → 500 draws → log p: " + rungs(r, "8gaussians")
	},
	Run: run,
}

// draws are the rungs of the ladder; the first is the ELBO.
var draws = []int{1, 5, 50, 500}

// subjects are the trainings.
var subjects = []struct {
	data string
	on   vae.Objective
}{{"8gaussians", vae.ELBO}, {"moons", vae.ELBO}, {"checkerboard", vae.ELBO}, {"25gaussians", vae.ELBO}, {"8gaussians", vae.IWAE}}

func run(ctx context.Context, s experiment.Setup) (*experiment.Result, error) {
	r := &experiment.Result{Shown: true}
	var lines []string
	for _, subject := range subjects[:s.Scale(len(subjects), 2)] {
		cfg, label := experiment.Config(s, &models.VAE), "vae"
		if subject.on == vae.IWAE {
			cfg.Objective, cfg.Samples, label = vae.IWAE, 5, "vae trained on 5 draws"
		}
		if err := r.Use(label, &cfg); err != nil {
			return nil, err
		}
		ds, err := datasets.ByName(subject.data)
		if err != nil {
			return nil, err
		}
		name := ds.Name
		if subject.on == vae.IWAE {
			name += ", trained on 5 draws"
		}
		for _, seed := range s.Seeds {
			m, _, err := experiment.Train[*vae.Model](ctx, s, &models.VAE, cfg, ds.Name, seed)
			if err != nil {
				return nil, err
			}
			l, err := climb(m, ds, s.Scale(8000, 400), train.NewStream(seed, "likelihood").Rand)
			if err != nil {
				return nil, err
			}
			s.Log("%s on %s, seed %d: %v nats below log p of the truth, log p %.4f", label, ds.Name, seed, l, l.logP.Value)
			l.put(r, name)
			r.Shown = r.Shown && l.ordered()
		}
		lines = append(lines, name+" "+rungs(r, name))
	}
	r.Answer = "Nats below the truth's log p, ELBO → 5 → 50 → 500 draws → log p: " + strings.Join(lines, "; ") + "."
	return r, nil
}

// rungs are the means of a subject's ladder.
func rungs(r *experiment.Result, name string) string {
	var means []string
	for _, title := range titles() {
		means = append(means, fmt.Sprintf("%.4f", float64(r.Of(title, name).Mean)))
	}
	return strings.Join(means, " → ")
}

// titles are the rungs' names.
func titles() (names []string) {
	for _, k := range draws {
		name := fmt.Sprintf("bound of %d draws, below the truth", k)
		if k == 1 {
			name = "ELBO, below the truth"
		}
		names = append(names, name)
	}
	return append(names, "log p, below the truth")
}

// put adds a training's figures.
func (l ladder) put(r *experiment.Result, name string) {
	for i, title := range titles() {
		v := l.logP.Value
		if i < len(l.gaps) {
			v += l.gaps[i].Value
		}
		r.Put(title, name, "nats", v)
	}
	r.Put("bound of 500 draws, below log p", name, "nats", l.gaps[len(draws)-1].Value)
	r.Put("what half the quadrature's cells change", name, "nats", l.refined)
}

// ladder is a model's likelihood by its bounds.
type ladder struct {
	gaps    []metrics.Estimate // log p - bound, for each number of draws, paired by point
	logP    metrics.Estimate   // log p of the truth - log p of the model
	refined float64            // what cells of half the size change of log p
}

// String is the bounds' distances to the truth.
func (l ladder) String() string {
	var b strings.Builder
	for _, g := range l.gaps {
		fmt.Fprintf(&b, "%.4f ", l.logP.Value+g.Value)
	}
	return strings.TrimSpace(b.String())
}

// ordered says whether the criterion holds.
func (l ladder) ordered() bool {
	const errors = 3
	above := metrics.Estimate{} // log p itself: no gap
	for i := len(l.gaps) - 1; i >= 0; i-- {
		if g := l.gaps[i]; !(g.Value-above.Value >= -errors*math.Hypot(g.SE, above.SE)) {
			return false
		}
		above = l.gaps[i]
	}
	return above.Value > errors*above.SE
}

// climb takes all figures at n fresh points.
func climb(m *vae.Model, ds *datasets.Dataset, n int, rng *rand.Rand) (l ladder, err error) {
	x := ds.Sampler.Sample(n, rng)
	q, err := m.Quadrature(vae.CellSigmas)
	if err != nil {
		return l, err
	}
	finer, err := m.Quadrature(vae.CellSigmas / 2.)
	if err != nil {
		return l, err
	}
	logP := q.LogMarginal(x)
	l.logP = difference(ds.Density.LogProb(x), logP)
	part := max(2, n/4)
	l.refined = difference(finer.LogMarginal(x.Slice(0, part, 0, 2)), logP[:part]).Value
	for _, k := range draws {
		rows := n
		if k >= 500 {
			rows = part
		}
		l.gaps = append(l.gaps, difference(logP[:rows], bound(m, k, x.Slice(0, rows, 0, 2), rng)))
	}
	return l, nil
}

// least is the number of draws that each bound takes at a point in all: those of few draws are
// means of many, since single ones have heavy tails.
const least = 50

// bound estimates the bound of k draws at each row of x.
func bound(m *vae.Model, k int, x mat.Matrix, rng *rand.Rand) []float64 {
	rows, _ := x.Dims()
	mean, times := make([]float64, rows), max(1, least/k)
	for range times {
		floats.AddScaled(mean, 1/float64(times), m.Importance(k).LogBound(x, rng))
	}
	return mean
}

// difference is the mean of a - b, paired.
func difference(a, b []float64) metrics.Estimate {
	d := make([]float64, len(a))
	for i, v := range a {
		d[i] = v - b[i]
	}
	return metrics.Mean(d)
}
