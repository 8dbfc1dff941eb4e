package compare

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	rundir "genlab/internal/run"
	"genlab/internal/usage"
	"genlab/lab/registry"
)

// Request is what is asked of a comparison; its tags are those of the command line.
type Request struct {
	Data      []string      `placeholder:"NAME,..." help:"Data sets (default: the models' own where they have one, else 25gaussians,checkerboard,moons)."`
	Models    []string      `placeholder:"NAME,..." help:"Models (default: the paradigms)."`
	Seeds     int           `default:"1" help:"Number of seeds of each model, counted from 1; five or more give honest intervals."`
	Budget    time.Duration `default:"15s" help:"Training time of a run on one core, at nominal rates."`
	Equal     Equality      `default:"seconds" help:"What is kept equal: seconds of training, or params (parameters within 5 % and training points)."`
	Smoke     bool          `help:"Train tiny models for a few hundred steps, to show that everything works."`
	Calibrate bool          `help:"Measure this machine's nominal rates, of the paradigms and of --models (default: all), write them to DIR, where later comparisons find them, and stop."`
	Overwrite bool          `help:"Replace runs that were made with other settings."`
	Out       string        `default:"runs/compare" placeholder:"DIR" help:"Folder of the comparison and its runs."`
}

// New checks a request and opens its folder, locked. Close what it returns.
func New(models registry.List, q Request) (*Comparison, error) {
	k, err := plan(models, q)
	if err != nil {
		return nil, err
	}
	return k, k.open(q.Out)
}

// Close gives up the folder.
func (k *Comparison) Close() error { return k.root.Close() }

// Run trains what is not trained yet, measures it, and writes the comparison's files. w takes the
// progress. The error is that of the folder, or trainer.ErrInterrupted; a run that fails
// keeps its row.
func (k *Comparison) Run(ctx context.Context, overwrite bool, w io.Writer) (*Result, error) {
	if err := k.enter(overwrite); err != nil {
		return nil, err
	}
	if err := k.train(ctx, w); err != nil {
		return nil, err
	}
	if err := k.measure(ctx, w); err != nil {
		return nil, err
	}
	r := k.result()
	return r, k.write(r)
}

// Path is that of a file in the comparison's folder.
func (k *Comparison) Path(name string) string { return k.root.Path(name) }

// Verdict is an error where no run of any model came to its end.
func (k *Comparison) Verdict() error {
	var reasons []string
	for _, r := range k.runs {
		switch {
		case !r.trained:
		case r.result.Status == Done:
			return nil
		default:
			reasons = append(reasons, fmt.Sprintf("%s on %s: %s", r.model, r.data, r.result.Reason))
		}
	}
	return errors.New("every run failed; " + strings.Join(reasons, "; "))
}

// open locks the comparison's folder, which it makes where there is none.
func (k *Comparison) open(out string) error {
	d, err := rundir.Resume(out)
	if errors.Is(err, rundir.ErrNotRun) {
		if d, err = rundir.Create(out, false); err == nil {
			err = d.WriteConfig(&comparisonSettings{Comparison: strings.Join(k.plan.Data, ",")})
		}
	}
	if err != nil {
		if d != nil {
			d.Close()
		}
		return err
	}
	if b, err := d.ReadConfig(); err != nil || !strings.Contains(string(b), "comparison:") {
		d.Close()
		return usage.Errorf("%s holds a run, not a comparison: choose another --out", d.Path(""))
	}
	k.root = d
	return k.rates.read(d)
}

// comparisonSettings marks the folder of a comparison; all that was asked stands in compare.json.
type comparisonSettings struct {
	Comparison string `yaml:"comparison" help:"a folder of genlab compare; the data sets of its first comparison"`
}
