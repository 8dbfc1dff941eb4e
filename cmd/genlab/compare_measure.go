package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/internal/compare"
	"genlab/internal/metrics"
	rundir "genlab/internal/run"
	"genlab/internal/train"
	"genlab/vae"
)

// measuredFile keeps what was measured of a run, so that the next comparison need not.
const measuredFile = "measured.json"

// measured is measuredFile: the figures, and what they were measured with.
type measured struct {
	Samples int         `json:"samples"`
	Points  int         `json:"points"`
	Run     compare.Run `json:"run"`
}

// measure gives every run its figures, one after the other: the times that it takes of them are
// those of a quiet machine.
func (k *comparison) measure(ctx context.Context, w io.Writer) error {
	var t *truth
	count, start := 0, time.Now()
	for _, r := range k.runs {
		if ctx.Err() != nil {
			return fmt.Errorf("%w: what was trained and measured is saved; the same command goes on", errInterrupted)
		}
		if r.result.Reason != "" {
			r.failed(r.result.Reason)
			continue
		}
		if k.known(r) {
			continue
		}
		if t == nil || t.ds != r.set || t.seed != r.seed {
			t = newTruth(r.set, r.seed, k.plan)
		}
		if err := k.figures(r, t); err != nil {
			r.failed(err.Error())
		}
		count++
	}
	if count > 0 {
		fmt.Fprintf(w, "%d models measured in %.1f s\n", count, time.Since(start).Seconds())
	}
	return nil
}

// known takes the figures from the run's folder, if it has those that are wanted.
func (k *comparison) known(r *contender) bool {
	b, err := os.ReadFile(k.root.Path(r.dir + "/" + measuredFile))
	var m measured
	if err != nil || json.Unmarshal(b, &m) != nil || m.Samples != k.plan.Samples || m.Points != k.plan.Points || m.Run.Model != r.model {
		return false
	}
	r.result = m.Run
	r.result.Dir = r.dir
	return true
}

// figures measures one run and saves the samples, the scores and the figures in its folder.
func (k *comparison) figures(r *contender, t *truth) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("measuring it failed: %v", p)
		}
	}()
	d, err := r.folderOf(k.root)
	if err != nil {
		return err
	}
	defer d.Close()
	s, err := r.subject(d, t)
	if err != nil {
		return err
	}
	res := &r.result
	res.Status, res.Kind, res.Sampler, res.Figures = compare.Done, compare.None, s.sampler, map[string]compare.Figure{}
	set := func(key string, e metrics.Estimate) {
		res.Figures[key] = compare.Figure{Value: compare.Number(e.Value), SE: compare.Number(e.SE), N: e.N, NonFinite: e.NonFinite}
	}
	plain := func(key string, v float64) {
		if v > 0 {
			set(key, metrics.Estimate{Value: v, N: 1})
		}
	}
	x, micro := drawTimed(s.draw, k.plan.Samples, r.seed, s.stream)
	set("energy_distance", metrics.EnergyDistance(x, t.sample))
	if ds := r.set; ds.Modes != nil {
		modes := metrics.Modes(x, ds.Modes, ds.ModeWeights(), ds.HighQuality)
		set("modes", modes.Due)
		set("high_quality", modes.HighQuality)
		set("mode_tv", modes.TV)
	}
	precision, recall, _, _ := metrics.PrecisionRecall(t.sample, x, 5)
	set("precision", precision)
	set("recall", recall)
	plain("network_evaluations", float64(s.nfe))
	plain("params", float64(s.params))
	plain("steps", float64(s.steps))
	plain("train_seconds", s.seconds)
	if r.model != compare.Oracle {
		plain("microseconds_per_sample", micro)
	}
	if err := k.likelihood(r, s, t, d, set); err != nil {
		return err
	}
	if err := k.sweep(r, s, t, micro); err != nil {
		return err
	}
	if err := datasets.WritePoints(d.Path("samples.npy"), x); err != nil {
		return err
	}
	b, err := json.MarshalIndent(measured{k.plan.Samples, k.plan.Points, r.result}, "", " ")
	if err != nil {
		return err
	}
	return d.WriteFile(measuredFile, b)
}

// truth is what all models of one data set and seed are measured against.
type truth struct {
	ds     *datasets.Dataset
	seed   uint64
	sample *mat.Dense // never trained on
	oracle *mat.Dense // another
	points *mat.Dense // where densities are asked for
	logp   []float64  // of points; nil where the density is not known
}

func newTruth(ds *datasets.Dataset, seed uint64, p compare.Plan) *truth {
	rng := train.NewStream(seed, "evaluation").Rand
	t := &truth{ds: ds, seed: seed, sample: ds.Law.Sample(p.Samples, rng), oracle: ds.Law.Sample(p.Samples, rng)}
	t.points = ds.Law.Sample(p.Points, train.NewStream(seed, "likelihood").Rand)
	if ds.Density != nil {
		t.logp = ds.Density.LogProb(t.points)
	}
	return t
}

// subject is a model as it is measured.
type subject struct {
	model       genlab.Sampler // asked for its density
	draw        genlab.Sampler
	stream      string // of the draw
	sampler     string
	nfe, params int
	steps       int
	seconds     float64
	other       func(nfe int) (genlab.Sampler, error) // with other network evaluations; nil where there is one way

}

// drawTimed draws n samples on one core and returns the microseconds that each took.
func drawTimed(s genlab.Sampler, n int, seed uint64, stream string) (x *mat.Dense, micro float64) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	s.Sample(min(n, 256), train.NewStream(seed, stream).Rand) // the first use builds buffers
	start := time.Now()
	x = s.Sample(n, train.NewStream(seed, stream).Rand)
	return x, float64(time.Since(start).Nanoseconds()) / 1e3 / float64(n)
}

// boundGap is how far the bound of a VAE lies below its log p by quadrature, in nats.
const boundGap = "bound_gap"

// likelihood adds what the model says of fresh points, and saves it beside them.
func (k *comparison) likelihood(r *contender, s *subject, t *truth, d *rundir.Dir, set func(string, metrics.Estimate)) error {
	n, _ := t.points.Dims()
	if _, integral := s.model.(diffusionRun); integral {
		n = min(n, integralPoints)
	}
	x := mat.DenseCopyOf(t.points.Slice(0, n, 0, 2))
	rng := train.NewStream(r.seed, "bound").Rand
	logq, kind := logDensity(s.model, x, rng)
	if kind == unable {
		return nil
	}
	nll, file := "nll", "logp.npy"
	switch _, integral := s.model.(diffusionRun); {
	case kind == below:
		nll, file, r.result.Kind = "nll_bound", "logbound.npy", compare.Bound
	case integral:
		r.result.Kind = compare.ODE
	default:
		r.result.Kind = compare.Exact
	}
	set(nll, meanDifference(make([]float64, n), logq))
	if kind == exactly && t.logp != nil {
		set("kl", meanDifference(t.logp[:n], logq))
	}
	if m, ok := s.model.(*vae.Model); ok {
		part := min(n, quadraturePoints)
		if q, err := m.Quadrature(vae.CellSigmas); err == nil {
			set(boundGap, meanDifference(q.LogMarginal(x.Slice(0, part, 0, 2)), logq[:part]))
		}
	}
	return errors.Join(datasets.WritePoints(d.Path("points.npy"), x), datasets.WriteVector(d.Path(file), logq))
}

// Numbers of points where a density takes an integral: along the probability flow, or over z.
const (
	integralPoints   = 5000
	quadraturePoints = 2000
)

// sweepNFE are the network evaluations that a model with a choice is sampled with.
var sweepNFE = []int{5, 10, 20, 50, 100}

// sweep measures quality by network evaluations.
func (k *comparison) sweep(r *contender, s *subject, t *truth, micro float64) error {
	if s.nfe == 0 {
		return nil
	}
	own := r.result.Figures["energy_distance"]
	point := compare.Cost{NFE: s.nfe, Microseconds: compare.Number(micro), Distance: own.Value, SE: own.SE, Own: true}
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
		e := metrics.EnergyDistance(x, t.sample)
		r.result.Sweep = append(r.result.Sweep, compare.Cost{
			NFE: nfe, Microseconds: compare.Number(micro), Distance: compare.Number(e.Value), SE: compare.Number(e.SE),
		})
	}
	if point.NFE > 0 {
		r.result.Sweep = append(r.result.Sweep, point)
	}
	return nil
}
