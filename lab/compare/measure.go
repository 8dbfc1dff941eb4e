package compare

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/lab/rundir"
	"genlab/lab/trainer"
	"genlab/metrics"
)

// measuredFile caches the measurements of a run for later comparisons.
const measuredFile = "measured.json"

// measured is the content of measuredFile: the measurements and their sample sizes.
type measured struct {
	Samples int `json:"samples"`
	Points  int `json:"points"`
	// Digest is the SHA-256 of the file of the data in hexadecimal, "" where there is none.
	Digest string `json:"digest,omitempty"`
	Run    Run    `json:"run"`
}

// measure measures the trials one after the other, so that timings are those of an idle machine.
func (k *Comparison) measure(ctx context.Context, w io.Writer) error {
	var t *groundTruth
	done, start := 0, time.Now()
	for _, r := range k.trials {
		if ctx.Err() != nil {
			return fmt.Errorf("%w: what was trained and measured is saved; the same command continues", trainer.ErrInterrupted)
		}
		if r.result.Reason != "" {
			r.fail(r.result.Reason)
			continue
		}
		if k.readMeasured(r) {
			continue
		}
		if t == nil || t.ds.Dataset != r.set.Dataset || t.seed != r.seed {
			t = newGroundTruth(r.set, r.seed, k.plan)
		}
		if err := k.score(r, t); err != nil {
			r.fail(err.Error())
		}
		done++
	}
	if done > 0 {
		fmt.Fprintf(w, "%s measured in %.1f s\n", count(done, "model"), time.Since(start).Seconds())
	}
	return nil
}

// readMeasured takes the measurements from the trial's folder, and reports whether it has those of the
// plan's sample sizes.
func (k *Comparison) readMeasured(r *trial) bool {
	b, err := rundir.ReadFile(k.root.Path(r.dir + "/" + measuredFile))
	var m measured
	if err != nil || json.Unmarshal(b, &m) != nil || m.Samples != k.plan.Samples || m.Points != k.plan.Points || m.Digest != r.digest() || m.Run.Model != r.model {
		return false
	}
	r.result = m.Run
	r.result.Dir = r.dir
	return true
}

// score opens or fits a trial's model and measures it. A panic is an error of this trial alone.
func (k *Comparison) score(r *trial, t *groundTruth) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("measurement failed: %v", p)
		}
	}()
	d, err := r.openFolder(k.root)
	if err != nil {
		return err
	}
	defer d.Close()
	fit := func() (*fittedModel, error) { return r.fitReference(d, t) }
	if r.trained {
		fit = func() (*fittedModel, error) { return openRun(k.models, d, r.set) }
	}
	m, err := fit()
	if err != nil {
		return err
	}
	return k.metrics(r, m, t, d)
}

// openFolder opens the trial's folder for writing; that of a reference is made where there is none.
func (r *trial) openFolder(root *rundir.Dir) (*rundir.Dir, error) {
	path := root.Path(r.dir)
	d, err := rundir.Resume(path)
	if r.trained || !errors.Is(err, rundir.ErrNotRun) {
		return d, err
	}
	if d, err = rundir.Create(path, false); err != nil {
		return nil, err
	}
	if err := d.WriteFile(rundir.ConfigFile, r.config); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// sampleMetrics measures projected samples against those of the true distribution.
func sampleMetrics(ds *datasets.Dataset, projected, truth *mat.Dense, set func(string, metrics.Estimate)) {
	set("energy_distance", metrics.EnergyDistance(projected, truth))
	if plane := ds.Plane(); plane.Modes != nil {
		modes := metrics.Modes(projected, plane.Modes, plane.ModeWeights(), plane.HighQuality)
		set("modes", modes.Covered)
		set("high_quality", modes.HighQuality)
		set("mode_tv", modes.TV)
	}
	precision, recall, _, _ := metrics.PrecisionRecall(truth, projected, 5)
	set("precision", precision)
	set("recall", recall)
}

// metrics measures one model and saves samples, scores and measurements in its folder.
func (k *Comparison) metrics(r *trial, m *fittedModel, t *groundTruth, d *rundir.Dir) error {
	res := &r.result
	res.Status, res.Kind, res.Sampler, res.Metrics = Done, None, m.description, map[string]Metric{}
	set := func(key string, e metrics.Estimate) {
		res.Metrics[key] = Metric{Value: Number(e.Value), SE: Number(e.SE), N: e.N, NonFinite: e.NonFinite}
	}
	setPositive := func(key string, v, se float64) {
		if v > 0 {
			set(key, metrics.Estimate{Value: v, SE: se, N: 1})
		}
	}
	x, micro := sampleTimed(m.sampler, k.plan.Samples, r.seed, m.stream)
	ds := m.dataset(r.set)
	if few, enough := t.scored(x); enough {
		sampleMetrics(ds, ds.Project(few), t.projected, set)
	}
	if v, ok := ds.View.(datasets.Manifold); ok {
		set("off_manifold", metrics.Mean(v.OffManifold(x)))
	}
	setPositive("network_evaluations", float64(m.nfe), 0)
	setPositive("params", float64(m.params), 0)
	setPositive("steps", float64(m.steps), 0)
	setPositive("train_seconds", m.seconds, math.NaN())
	if r.model != Oracle && r.added == nil {
		setPositive("microseconds_per_sample", micro, math.NaN())
	}
	if err := k.likelihood(r, m, t, d, set); err != nil {
		return err
	}
	if err := k.sweep(r, m, t, micro); err != nil {
		return err
	}
	if err := savePoints(d, "samples.npy", x); err != nil {
		return err
	}
	b, err := json.MarshalIndent(measured{k.plan.Samples, k.plan.Points, r.digest(), r.result}, "", " ")
	if err != nil {
		return err
	}
	return d.WriteFile(measuredFile, b)
}
