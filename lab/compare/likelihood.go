package compare

import (
	"errors"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	rundir "genlab/internal/run"
	"genlab/lab/evaluate"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/train"
)

// boundGap is how far the bound of a VAE lies below its log p by quadrature, in nats.
const boundGap = "bound_gap"

// likelihood adds what the model says of fresh points, and saves it beside them.
func (k *Comparison) likelihood(r *entry, s *candidate, t *target, dir *rundir.Dir, set func(string, metrics.Estimate)) error {
	if s.flat {
		return nil // not of the points, and so not to be read beside those
	}
	n, d := t.points.Dims()
	if _, integral := s.model.(registry.Integrated); integral {
		n = min(n, integralPoints)
	}
	x := mat.DenseCopyOf(t.points.Slice(0, n, 0, d))
	rng := train.NewStream(r.seed, "bound").Rand
	logq, kind := evaluate.LogDensity(s.model, x, rng)
	if kind == evaluate.None {
		return nil
	}
	nll, file := "nll", "logp.npy"
	switch _, integral := s.model.(registry.Integrated); {
	case kind == evaluate.Bound:
		nll, file, r.result.Kind = "nll_bound", "logbound.npy", Bound
	case integral:
		r.result.Kind = ODE
	default:
		r.result.Kind = Exact
	}
	set(nll, metrics.PairedMean(make([]float64, n), logq))
	if kind == evaluate.Exact && t.logp != nil {
		set("kl", metrics.PairedMean(t.logp[:n], logq))
	}
	if m, ok := s.model.(registry.TightBounder); ok {
		part := min(n, quadraturePoints)
		if gap, ok := m.Gap(x.Slice(0, part, 0, d).(*mat.Dense), logq[:part]); ok {
			set(boundGap, gap)
		}
	}
	path, err := dir.Record(file)
	if err != nil {
		return err
	}
	return errors.Join(savePoints(dir, "points.npy", x), datasets.WriteVector(path, logq))
}

// Numbers of points where a density takes an integral: along the probability flow, or over z.
const (
	integralPoints   = 5000
	quadraturePoints = 2000
)

// sweepNFE are the network evaluations that a model with a choice is sampled with.
var sweepNFE = []int{5, 10, 20, 50, 100}

// sweep measures quality by network evaluations.
func (k *Comparison) sweep(r *entry, s *candidate, t *target, micro float64) error {
	if s.nfe == 0 {
		return nil
	}
	own := r.result.Figures["energy_distance"]
	point := Cost{NFE: s.nfe, Microseconds: Number(micro), Distance: own.Value, SE: own.SE, Own: true}
	for _, nfe := range sweepNFE {
		if s.other == nil {
			break
		}
		if nfe == s.nfe {
			continue
		}
		with, err := s.other(nfe)
		if err != nil {
			continue // the sampler does not take this number
		}
		if nfe > s.nfe && point.NFE > 0 {
			r.result.Sweep = append(r.result.Sweep, point)
			point.NFE = 0
		}
		x, micro := drawTimed(with, k.plan.Samples, r.seed, s.stream)
		e := metrics.EnergyDistance(r.set.Project(x), t.seen)
		r.result.Sweep = append(r.result.Sweep, Cost{
			NFE: nfe, Microseconds: Number(micro), Distance: Number(e.Value), SE: Number(e.SE),
		})
	}
	if point.NFE > 0 {
		r.result.Sweep = append(r.result.Sweep, point)
	}
	return nil
}
