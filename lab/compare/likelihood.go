package compare

import (
	"errors"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/lab/evaluate"
	"genlab/lab/registry"
	"genlab/lab/rundir"
	"genlab/metrics"
	"genlab/train"
)

// boundGap is the metric of the gap between the bound of a VAE and its log p by quadrature, in nats.
const boundGap = "bound_gap"

// likelihood adds the metrics of the model's density or bound at fresh points, and saves both.
func (k *Comparison) likelihood(r *trial, m *fittedModel, t *groundTruth, dir *rundir.Dir, set func(string, metrics.Estimate)) error {
	if r.added != nil {
		r.added.likelihood(r, set)
		return nil
	}
	if m.planar {
		return nil // a density of the projection, not comparable with those of the points
	}
	limit := k.plan.Points
	if _, integral := m.density.(registry.ODELogProber); integral {
		limit = integralPoints
	}
	n, d := t.points.Dims()
	n = min(n, limit)
	x := mat.DenseCopyOf(t.points.Slice(0, n, 0, d))
	rng := train.NewStream(r.seed, "bound").Rand
	logq, kind := evaluate.LogDensity(m.density, x, rng)
	if kind == evaluate.None {
		return nil
	}
	nll, file := "nll", "logp.npy"
	switch _, integral := m.density.(registry.ODELogProber); {
	case kind == evaluate.Bound:
		nll, file, r.result.Kind = "nll_bound", "logbound.npy", Bound
	case integral:
		r.result.Kind = ODE
	default:
		r.result.Kind = Exact
	}
	set(nll, evaluate.NLL(logq))
	if t.own != nil {
		rows, _ := t.own.Dims()
		own := mat.DenseCopyOf(t.own.Slice(0, min(limit, rows), 0, d))
		values, _ := evaluate.LogDensity(m.density, own, train.NewStream(r.seed, "training bound").Rand)
		set(nll+"_train", evaluate.NLL(values))
	}
	if kind == evaluate.Exact && t.logp != nil {
		set("kl", metrics.PairedMean(t.logp[:n], logq))
	}
	if b, ok := m.density.(registry.TightBounder); ok {
		part := min(n, quadraturePoints)
		if gap, ok := b.Gap(x.Slice(0, part, 0, d).(*mat.Dense), logq[:part]); ok {
			set(boundGap, gap)
		}
	}
	path, err := dir.Record(file)
	if err != nil {
		return err
	}
	return errors.Join(savePoints(dir, "points.npy", x), datasets.WriteVector(path, logq))
}

// Numbers of points where a density is an integral: along the probability-flow ODE, or over z.
const (
	integralPoints   = 5000
	quadraturePoints = 2000
)

// sweepNFE lists the numbers of network evaluations of the sweep.
var sweepNFE = []int{5, 10, 20, 50, 100}

// sweep measures the energy distance by network evaluations, at the model's default and at those of sweepNFE.
func (k *Comparison) sweep(r *trial, m *fittedModel, t *groundTruth, micro float64) error {
	if m.nfe == 0 {
		return nil
	}
	own, measured := r.result.Metrics["energy_distance"]
	if !measured {
		return nil
	}
	point := Cost{NFE: m.nfe, Microseconds: Number(micro), Distance: own.Value, SE: own.SE, Own: true}
	for _, nfe := range sweepNFE {
		if m.withNFE == nil {
			break
		}
		if nfe == m.nfe {
			continue
		}
		sampler, err := m.withNFE(nfe)
		if err != nil {
			continue // not a valid number for the sampler
		}
		if nfe > m.nfe && point.NFE > 0 {
			r.result.Sweep = append(r.result.Sweep, point)
			point.NFE = 0
		}
		x, micro := sampleTimed(sampler, k.plan.Samples, r.seed, m.stream)
		few, _ := t.scored(x)
		e := metrics.EnergyDistance(r.set.Project(few), t.projected)
		r.result.Sweep = append(r.result.Sweep, Cost{
			NFE: nfe, Microseconds: Number(micro), Distance: Number(e.Value), SE: Number(e.SE),
		})
	}
	if point.NFE > 0 {
		r.result.Sweep = append(r.result.Sweep, point)
	}
	return nil
}
