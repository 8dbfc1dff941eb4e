package compare

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/lab/rundir"
)

// New checks a request and opens its folder, locked; close what it returns. It fails with a usage error
// where the request is invalid or the folder holds something else, and where the folder cannot be
// written or is in use.
func New(models registry.List, q Request) (*Comparison, error) {
	k, err := newComparison(models, q)
	if err != nil {
		return nil, err
	}
	return k, k.open(q.Out)
}

// open locks the comparison's folder, and makes it where there is none.
func (k *Comparison) open(out string) error {
	d, err := rundir.Resume(out)
	if errors.Is(err, rundir.ErrNotRun) {
		if d, err = rundir.Create(out, false); err == nil {
			err = d.WriteConfig(&folderConfig{Comparison: strings.Join(k.plan.Data, ",")})
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

// folderConfig marks the folder of a comparison; the plan is in compare.json.
type folderConfig struct {
	Comparison string `yaml:"comparison" help:"datasets of the first comparison in this folder of genlab compare"`
}

// Close releases the folder.
func (k *Comparison) Close() error { return k.root.Close() }

// Run trains what is not trained yet, measures it, and writes the comparison's files. w takes the
// progress. A run that fails keeps its row. Run itself fails where the folder cannot be read or written,
// where it holds a run of other settings and overwrite is not set, and with trainer.ErrInterrupted.
func (k *Comparison) Run(ctx context.Context, overwrite bool, w io.Writer) (*Result, error) {
	if err := k.listTrials(overwrite); err != nil {
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

// result returns the comparison as it is stored.
func (k *Comparison) result() *Result {
	r := &Result{Plan: k.plan, Machine: thisMachine()}
	for _, c := range k.trials {
		r.Runs = append(r.Runs, c.result)
	}
	r.Summarise()
	return r
}

// Files lists the files of a comparison in the order in which they are announced.
var Files = []string{"compare.json", "compare.csv", "compare.md", "compare.png", "quality.png", "report.html"}

// write writes the comparison's files.
func (k *Comparison) write(r *Result) error {
	b, err := r.Encode()
	if err != nil {
		return err
	}
	csv, err := r.CSV()
	if err != nil {
		return err
	}
	files := map[string][]byte{"compare.json": b, "compare.csv": csv, "compare.md": r.Markdown()}
	if files["compare.png"], err = k.samplePicture(); err != nil {
		return err
	}
	if files["quality.png"], err = r.Quality(); err != nil {
		return err
	}
	if files["report.html"], err = r.Report(files["compare.png"]); err != nil {
		return err
	}
	for _, name := range Files {
		if err := k.root.WriteFile(name, files[name]); err != nil {
			return err
		}
	}
	return nil
}

// Path returns the path of a file in the comparison's folder.
func (k *Comparison) Path(name string) string { return k.root.Path(name) }

// FailedError reports the runs of a comparison that failed.
type FailedError struct {
	Reasons  []string // one for each, with its model and dataset
	Every    bool     // none of the trained runs did not fail
	Diverged bool     // every failure is a training that diverged
}

func (e *FailedError) Error() string {
	if e.Every {
		return "every run failed; " + strings.Join(e.Reasons, "; ")
	}
	return fmt.Sprintf("%s failed (the table has the others; --keep-going accepts that); %s", count(len(e.Reasons), "run"), strings.Join(e.Reasons, "; "))
}

// Err returns a *[FailedError] where a run that was to be trained has failed, else nil.
func (k *Comparison) Err() error {
	e := &FailedError{Every: true, Diverged: true}
	for _, r := range k.trials {
		switch {
		case !r.trained:
		case r.result.Status == Done:
			e.Every = false
		default:
			e.Reasons = append(e.Reasons, fmt.Sprintf("%s on %s: %s", r.model, r.data, r.result.Reason))
			e.Diverged = e.Diverged && r.diverged
		}
	}
	if e.Reasons == nil {
		return nil
	}
	return e
}
