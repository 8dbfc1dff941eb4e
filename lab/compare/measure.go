package compare

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	rundir "genlab/internal/run"
	"genlab/lab/trainer"
	"genlab/metrics"
)

// measuredFile keeps what was measured of a run, so that the next comparison need not.
const measuredFile = "measured.json"

// measured is measuredFile: the figures, and what they were measured with.
type measured struct {
	Samples int `json:"samples"`
	Points  int `json:"points"`
	Run     Run `json:"run"`
}

// measure gives every run its figures, one after the other: the times that it takes of them are
// those of a quiet machine.
func (k *Comparison) measure(ctx context.Context, w io.Writer) error {
	var t *target
	count, start := 0, time.Now()
	for _, r := range k.runs {
		if ctx.Err() != nil {
			return fmt.Errorf("%w: what was trained and measured is saved; the same command goes on", trainer.ErrInterrupted)
		}
		if r.result.Reason != "" {
			r.failed(r.result.Reason)
			continue
		}
		if k.known(r) {
			continue
		}
		if t == nil || t.ds != r.set || t.seed != r.seed {
			t = newTarget(r.set, r.seed, k.plan)
		}
		if err := k.score(r, t); err != nil {
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
func (k *Comparison) known(r *entry) bool {
	b, err := os.ReadFile(k.root.Path(r.dir + "/" + measuredFile))
	var m measured
	if err != nil || json.Unmarshal(b, &m) != nil || m.Samples != k.plan.Samples || m.Points != k.plan.Points || m.Run.Model != r.model {
		return false
	}
	r.result = m.Run
	r.result.Dir = r.dir
	return true
}

// score opens a run and measures it. What goes wrong with one model stops no other.
func (k *Comparison) score(r *entry, t *target) (err error) {
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
	s, err := k.candidate(r, d, t)
	if err != nil {
		return err
	}
	return k.figures(r, s, t, d)
}

// figures measures one model and saves the samples, the scores and the figures in its folder.
func (k *Comparison) figures(r *entry, s *candidate, t *target, d *rundir.Dir) error {
	res := &r.result
	res.Status, res.Kind, res.Sampler, res.Figures = Done, None, s.sampler, map[string]Figure{}
	set := func(key string, e metrics.Estimate) {
		res.Figures[key] = Figure{Value: Number(e.Value), SE: Number(e.SE), N: e.N, NonFinite: e.NonFinite}
	}
	counted := func(key string, v float64) {
		if v > 0 {
			set(key, metrics.Estimate{Value: v, N: 1})
		}
	}
	clocked := func(key string, v float64) {
		if v > 0 {
			set(key, metrics.Estimate{Value: v, SE: math.NaN(), N: 1})
		}
	}
	x, micro := drawTimed(s.draw, k.plan.Samples, r.seed, s.stream)
	ds := s.of(r.set)
	seen := ds.Project(x)
	set("energy_distance", metrics.EnergyDistance(seen, t.seen))
	if plane := ds.Plane(); plane.Modes != nil {
		modes := metrics.Modes(seen, plane.Modes, plane.ModeWeights(), plane.HighQuality)
		set("modes", modes.Covered)
		set("high_quality", modes.HighQuality)
		set("mode_tv", modes.TV)
	}
	precision, recall, _, _ := metrics.PrecisionRecall(t.seen, seen, 5)
	set("precision", precision)
	set("recall", recall)
	if v, ok := ds.View.(datasets.Manifold); ok {
		set("off_manifold", metrics.Mean(v.OffManifold(x)))
	}
	counted("network_evaluations", float64(s.nfe))
	counted("params", float64(s.params))
	counted("steps", float64(s.steps))
	clocked("train_seconds", s.seconds)
	if r.model != Oracle {
		clocked("microseconds_per_sample", micro)
	}
	if err := k.likelihood(r, s, t, d, set); err != nil {
		return err
	}
	if err := k.sweep(r, s, t, micro); err != nil {
		return err
	}
	if err := savePoints(d, "samples.npy", x); err != nil {
		return err
	}
	b, err := json.MarshalIndent(measured{k.plan.Samples, k.plan.Points, r.result}, "", " ")
	if err != nil {
		return err
	}
	return d.WriteFile(measuredFile, b)
}

// savePoints writes points into the folder of a run.
func savePoints(d *rundir.Dir, name string, x *mat.Dense) error {
	path, err := d.Record(name)
	if err != nil {
		return err
	}
	return datasets.WritePoints(path, x)
}
