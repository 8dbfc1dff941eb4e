package tilted

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
)

// distribution is the distribution that classifier-free guidance is said to sample [ho2022cfg],
//
//	q(x) = p(x)^(1-w) p(x | c)^w / Z ∝ p(x | c)·p(c | x)^(w-1),
//
// of a label c and a scale w. By the second form, since p(c | x) ≤ 1, it is sampled by rejection from p(x | c) for
// w ≥ 1, and from p(x), with p(c | x)^w, below.
type distribution struct {
	of    *datasets.Dataset
	label int
	scale float64
	own   genlab.LogProber // p(x | c)
	logZ  float64
}

// New returns the distribution p(x)^(1-scale) p(x | label)^scale / Z of a distribution with labels, as a
// data set of its own: with exact density, sampler, entropy and, for a scale of 1 or more, the mode of the label. Z
// and the entropy are quadratures over a grid; HighQuality is not known. It fails if ds has no densities of its components or no such
// label, and unless 0 <= scale <= 100.
func New(ds *datasets.Dataset, label int, scale float64) (*datasets.Dataset, error) {
	of, ok := ds.Sampler.(datasets.Components)
	switch {
	case !ok || ds.Density == nil || len(ds.Labels) == 0:
		return nil, fmt.Errorf("tilted distribution of %s: its components have no densities", ds.Name)
	case label < 0 || label >= len(ds.Labels):
		return nil, fmt.Errorf("tilted distribution of %s: label %d of %d", ds.Name, label, len(ds.Labels))
	case !(scale >= 0 && scale <= 100):
		return nil, fmt.Errorf("tilted distribution of %s: scale %v, want 0 to 100", ds.Name, scale)
	}
	t := &distribution{of: ds, label: label, scale: scale, own: of.Component(label)}
	d := *ds // for its box
	d.Name = fmt.Sprintf("%s, label %d, scale %g", ds.Name, label, scale)
	d.Labels, d.Modes, d.Note = nil, nil, ""
	d.Summary = fmt.Sprintf("p(x)^(1-w) p(x|c)^w / Z of %s with w = %g and c = %s", ds.Name, scale, ds.Labels[label])
	d.Sampler, d.Density, d.HighQuality = t, t, math.NaN()
	if ds.Modes != nil && scale >= 1 {
		d.Modes = oneMode{ds.Modes, label}
	}
	var mass, moment float64
	for side, before := coarsest, 0.0; side <= finest && !(math.Abs(mass-before) < 1e-6*mass); side *= 2 {
		before = mass
		mass, moment = t.integrate(&d, side)
	}
	t.logZ = math.Log(mass)
	d.Entropy = t.logZ - moment/mass
	return &d, nil
}

// The quadrature has at least coarsest and at most finest cells on an axis.
const coarsest, finest = 64, 1024

// integrate returns the integrals of the density before its division by Z, and of its product with its logarithm, by
// the midpoint rule over the box and a quarter of it to each side. The error falls
// faster than any power of the number of cells.
func (t *distribution) integrate(d *datasets.Dataset, side int) (mass, moment float64) {
	xmin, xmax, ymin, ymax := d.Box()
	width, height := 1.5*(xmax-xmin), 1.5*(ymax-ymin)
	cell := width * height / float64(side*side)
	x := mat.NewDense(side, 2, nil)
	for i := range side {
		for j := range side {
			x.SetRow(j, []float64{(xmin+xmax-width)/2 + width*(float64(i)+0.5)/float64(side), (ymin+ymax-height)/2 + height*(float64(j)+0.5)/float64(side)})
		}
		for _, l := range t.LogProb(x) {
			p := math.Exp(l) * cell
			if !(p > 0) {
				continue
			}
			mass, moment = mass+p, moment+p*l
		}
	}
	return mass, moment
}

// LogProb returns log q of each row of x (n x 2), in nats. It panics on another width.
func (t *distribution) LogProb(x mat.Matrix) []float64 {
	out, own := t.of.Density.LogProb(x), t.own.LogProb(x)
	for i, l := range out {
		if math.IsInf(l, -1) {
			continue // own is -Inf as well
		}
		if out[i] = -t.logZ + l; t.scale > 0 {
			out[i] += t.scale * (own[i] - l)
		}
	}
	return out
}

// Sample returns n samples (n x 2), by rejection. It panics if n < 1.
func (t *distribution) Sample(n int, rng *rand.Rand) *mat.Dense {
	if n < 1 {
		panic(fmt.Sprintf("tilted: Sample of n = %d, want n >= 1", n))
	}
	out := mat.NewDense(n, 2, nil)
	logK := math.Log(float64(len(t.of.Labels)))
	for have := 0; have < n; {
		x, labels := t.of.Sampler.(datasets.Labelled).SampleLabelled(max(100, 2*(n-have)), rng)
		all, own := t.of.Density.LogProb(x), t.own.LogProb(x)
		for i, label := range labels {
			logPosterior := own[i] - all[i] - logK
			accept := t.scale * logPosterior
			if t.scale >= 1 {
				accept -= logPosterior
			}
			if u := rng.Float64(); (t.scale < 1 || label == t.label) && math.Log(u) < accept && have < n {
				out.SetRow(have, x.RawRowView(i))
				have++
			}
		}
	}
	return out
}

func (t *distribution) String() string {
	return fmt.Sprintf("%s given label %d, tilted by %g", t.of.Name, t.label, t.scale)
}

// oneMode is a mode of several as the only one.
type oneMode struct {
	of   datasets.ModeMap
	mode int
}

// Len returns 1.
func (oneMode) Len() int { return 1 }

// Nearest returns mode 0, and whether the point is within 3 sigma of it.
func (m oneMode) Nearest(x, y float64) (mode int, within bool) {
	k, within := m.of.Nearest(x, y)
	return 0, within && k == m.mode
}
