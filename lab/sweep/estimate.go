package sweep

import (
	"fmt"
	"math"
	"time"

	"genlab/internal/usage"
	"genlab/lab/compare"
	"genlab/lab/registry"
)

// estimate is what a plan will take.
type estimate struct {
	seconds float64 // of training on one core, at nominal rates; NaN where a model has none
	missing string  // the model without a rate
	source  string  // of the rates
	bytes   float64 // on the disk
}

// sampled is the number of runs that are built to estimate the cost of all.
const sampled = 24

// estimate builds some runs of the plan, the first of each model on each dataset among them, and scales their cost to
// all. It fails where data cannot be read or do not fit a model.
func (p *Plan) estimate() (estimate, error) {
	if p.cost != nil {
		return *p.cost, nil
	}
	tasks := map[string]registry.Task{}
	chosen := p.data()
	for i := range sampled {
		chosen = append(chosen, p.Entries[i*len(p.Entries)/sampled])
	}
	var e estimate
	known := map[string]measuredCost{}
	for _, run := range chosen {
		key := run.Model + "\x00" + run.Data
		if tasks[key] == nil {
			task, err := run.job.Task()
			if err != nil {
				return e, p.request.at("data").errorf("%w", err)
			}
			tasks[key] = task
		}
		c, err := p.costOf(run, tasks[key], known, &e)
		if err != nil {
			return e, usage.Errorf("run %d (%v): %w", run.Index, run, err)
		}
		e.seconds += c.seconds / float64(len(chosen)) * float64(len(p.Entries))
		e.bytes += c.bytes / float64(len(chosen)) * float64(len(p.Entries))
	}
	p.cost = &e
	return e, nil
}

// measuredCost is the cost of a run; for the usual step of a model, its time and parameters times batch size.
type measuredCost struct{ seconds, bytes, size float64 }

// costOf returns that of a run: its steps at the nominal rate of its model, times its share of parameters and of the batch.
func (p *Plan) costOf(run Entry, task registry.Task, known map[string]measuredCost, e *estimate) (measuredCost, error) {
	params, err := registry.Count(run.job, task)
	if err != nil {
		return measuredCost{}, err
	}
	loop := run.job.Loop()
	// float32: weights, averaged weights and two moments of the optimiser; then the log and the report.
	c := measuredCost{bytes: 1.1*16*float64(params) + 6*float64(loop.Steps) + 20e3}
	m := run.job.Of()
	rate, source, err := compare.NominalRate(m)
	if err != nil {
		e.missing = run.Model
		c.seconds = math.NaN()
		return c, nil
	}
	e.source = source
	base, ok := known[run.Model]
	if !ok {
		usual := m.Job("", false)
		data, err := usual.Task()
		if err != nil {
			return c, err
		}
		n, err := registry.Count(usual, data)
		if err != nil {
			return c, err
		}
		base = measuredCost{seconds: 1 / rate, size: float64(n) * float64(usual.Loop().Batch)}
		known[run.Model] = base
	}
	const smallest = 0.1 // of the usual step: a step of a tiny network is bound by its overhead
	c.seconds = base.seconds * float64(loop.Steps) * max(smallest, float64(params)*float64(loop.Batch)/base.size)
	return c, nil
}

// String says how long the runs take.
func (e estimate) String(runs, cores int) string {
	if math.IsNaN(e.seconds) {
		return fmt.Sprintf("The time is not known: %s has no nominal rate.", e.missing)
	}
	at := min(runs, cores)
	wall := time.Duration(e.seconds / float64(at) * 1e9)
	unit := time.Second
	if wall > time.Hour {
		unit = time.Minute
	}
	return fmt.Sprintf("about %v of training, %d at a time, each on one core, and the measurement of each run; nominal rates, %s", max(wall.Round(unit), time.Second), at, e.source)
}

// CheckSpace fails where the disk of a folder has too little space left for the plan.
func (p *Plan) CheckSpace(out string) error { return p.checkSpace(out, freeBytes) }

func (p *Plan) checkSpace(out string, free func(string) (float64, bool)) error {
	e, err := p.estimate()
	if err != nil {
		return err
	}
	have, ok := free(out)
	if !ok || have >= e.bytes {
		return nil
	}
	return fmt.Errorf("the runs need about %s, but the disk of %s has %s left: free some, plan fewer runs, or choose another --out", size(e.bytes), out, size(have))
}

func size(bytes float64) string {
	for _, unit := range []string{"KB", "MB", "GB"} {
		if bytes /= 1e3; bytes < 1e3 {
			return fmt.Sprintf("%.3g %s", bytes, unit)
		}
	}
	return fmt.Sprintf("%.3g TB", bytes/1e3)
}
