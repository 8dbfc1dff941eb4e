package sweep

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/lab/rundir"
	"genlab/lab/term"
	"genlab/lab/trainer"
	"genlab/train"
)

// Folder returns the name of the run folder of an index.
func Folder(index int) string { return fmt.Sprintf("%05d", index) }

// Task does the run of an index of the sweep in a folder: it begins the training, or continues it, and measures the
// model. w takes the progress. A run that is finished is left as it is; while another process works on the run, Task
// waits. Task fails with a *train.DivergedError where the training diverges or has diverged before, with
// trainer.ErrInterrupted after ctx was cancelled and a checkpoint written, and with a usage error where there is no such
// run. The reason of a failure is kept in the run folder.
func Task(ctx context.Context, models registry.List, dir string, index int, w io.Writer) error {
	d, err := open(dir)
	if err != nil {
		return err
	}
	e, err := readEntry(models, d, index)
	if err != nil {
		return err
	}
	t := task{models: models, entry: e, path: d.Path(Folder(index)), w: w}
	if h, err := readHeader(d); err != nil {
		return err
	} else if t.smoke = h.Smoke; h.Halving > 0 {
		return t.halved(ctx, d, h)
	}
	return t.exclusively(ctx, func() error { return t.complete(ctx, 0) })
}

// open opens the folder of a sweep for reading.
func open(dir string) (*rundir.Dir, error) {
	d, err := rundir.Open(dir)
	if errors.Is(err, rundir.ErrNotRun) {
		return nil, usage.Errorf("%s holds no sweep: name a folder that genlab sweep has written", dir)
	}
	return d, err
}

// task is a run of a sweep that is to be done.
type task struct {
	models registry.List
	entry  Entry
	path   string
	smoke  bool
	w      io.Writer
}

// exclusively calls do until the run folder is not in use by another process. It returns at once where the run is
// finished, and with its error where it has diverged.
func (t *task) exclusively(ctx context.Context, do func() error) error {
	for waited := false; ; waited = true {
		switch o := readOutcome(t.path); {
		case o.Status == Done:
			fmt.Fprintf(t.w, "run %d (%v) is finished\n", t.entry.Index, t.entry)
			return nil
		case o.Status == Diverged:
			return &train.DivergedError{Step: o.Step, Err: errors.New(o.cause)}
		}
		err := do()
		if !errors.Is(err, rundir.ErrLocked) {
			return err
		}
		if !waited {
			fmt.Fprintf(t.w, "run %d: %v; waiting\n", t.entry.Index, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: run %d is in use by another process", trainer.ErrInterrupted, t.entry.Index)
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// complete trains the run to its end, or to a step where it pauses, and measures it. A failure is recorded.
func (t *task) complete(ctx context.Context, pause int) error {
	data, err := t.entry.job.Task()
	if err != nil {
		return t.fail(err)
	}
	k, err := trainer.Keep(t.path, t.entry.job, data, trainer.Options{SaveEvery: saveEvery, PauseAt: pause})
	if err != nil {
		return t.fail(err)
	}
	defer k.Close()
	if readOutcome(t.path).Status == Done { // by another process, before this one had the lock
		return nil
	}
	err = t.train(ctx, k, pause)
	if err == nil {
		err = t.measure(ctx, k.Dir(), data, pause)
	}
	if err != nil && !errors.Is(err, trainer.ErrInterrupted) {
		return errors.Join(err, record(k.Dir(), err))
	}
	return err
}

// saveEvery is the time between the checkpoints of a run: what a killed task loses at most.
const saveEvery = 10 * time.Second

// train takes the remaining steps under a progress bar.
func (t *task) train(ctx context.Context, k *trainer.Training, pause int) error {
	switch done := k.Loop().Done; {
	case pause > 0 && done > pause:
		return usage.Errorf("run %d is at step %d, beyond its rung of %d steps: keep --halving as it was, or choose another --out", t.entry.Index, done, pause)
	case pause > 0 && done == pause:
		return nil
	}
	bar := term.NewBar(t.w, k.Loop())
	defer bar.Stop()
	for p, err := range k.Steps(ctx) {
		if err != nil {
			return err
		}
		bar.Update(p)
	}
	return nil
}

// measure writes the report of the model as it is now. A signal does not wait for it: the checkpoint is complete.
func (t *task) measure(ctx context.Context, d *rundir.Dir, data registry.Task, pause int) error {
	n := cmp.Or(t.entry.job.Of().About().Samples, trainer.Samples)
	if t.smoke {
		n = trainer.SmokeSamples
	}
	file := trainer.EvalFile
	if pause > 0 {
		file = rungFile(pause)
	}
	done := make(chan error, 1)
	go func() {
		_, _, err := trainer.Measure(t.models, d, data, n, file)
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%w: the training is complete and saved in %s; the same command evaluates it", trainer.ErrInterrupted, t.path)
	}
}

// failureFile holds why a run has no report.
const failureFile = "failure.json"

// failure is the content of failureFile.
type failure struct {
	Status string `json:"status"` // Diverged or Failed
	Reason string `json:"reason"` // without paths, so that two sweeps of one plan give one table
	Step   int    `json:"step,omitempty"`
	Cause  string `json:"cause,omitempty"` // of a divergence
}

// record writes the reason of a failure to an opened run folder.
func record(d *rundir.Dir, cause error) error {
	f := failure{Status: Failed, Reason: cause.Error()}
	if diverged, ok := unwrap[*train.DivergedError](cause); ok {
		f = failure{Diverged, diverged.Error(), diverged.Step, diverged.Err.Error()}
	}
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return d.WriteFile(failureFile, append(b, '\n'))
}

// fail records a failure before the training in the run folder, unless another process has it, and returns the error.
func (t *task) fail(cause error) error {
	if errors.Is(cause, rundir.ErrLocked) {
		return cause
	}
	d, err := rundir.Resume(t.path)
	if errors.Is(err, rundir.ErrNotRun) {
		if d, err = rundir.Create(t.path, false); err == nil {
			err = d.WriteConfig(t.entry.job.Settings())
		}
	}
	if d == nil {
		return errors.Join(cause, err)
	}
	return errors.Join(cause, err, record(d, cause), d.Close())
}

// Statuses of a run.
const (
	Done     = "done"
	Diverged = "diverged"
	Failed   = "failed"
	Begun    = "begun" // running, or interrupted with a checkpoint
	Waiting  = "waiting"
)

// outcome is how far a run is.
type outcome struct {
	Status string
	Reason string
	Step   int // of a divergence
	cause  string
	eval   []byte // eval.json of a finished run
}

// readOutcome reads how far the run in a folder is. A file that cannot be read counts as missing.
func readOutcome(path string) outcome {
	if b, err := rundir.ReadFile(path + "/" + trainer.EvalFile); err == nil {
		return outcome{Status: Done, eval: b}
	}
	if b, err := rundir.ReadFile(path + "/" + failureFile); err == nil {
		var f failure
		if json.Unmarshal(b, &f) == nil {
			return outcome{Status: f.Status, Reason: f.Reason, Step: f.Step, cause: f.Cause}
		}
	}
	if _, err := os.Stat(path + "/" + rundir.CheckpointFile); err == nil {
		return outcome{Status: Begun}
	}
	return outcome{Status: Waiting}
}
