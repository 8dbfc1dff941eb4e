package compare

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"genlab/lab/process"
	"genlab/lab/rundir"
	"genlab/lab/term"
	"genlab/lab/trainer"
)

// train completes the training of every trial, one per core at a time. A trial that fails records the
// reason and stops no other.
func (k *Comparison) train(ctx context.Context, w io.Writer) error {
	var todo []*trial
	reused := 0
	for _, r := range k.trials {
		if !r.trained {
			continue
		}
		if step, err := r.savedStep(k.root); err == nil && step == r.steps {
			reused++
			continue
		}
		todo = append(todo, r)
	}
	if reused > 0 {
		fmt.Fprintf(w, "%s reused\n", count(reused, "finished run"))
	}
	if len(todo) == 0 {
		return nil
	}
	fmt.Fprintf(w, "training %s, %d at a time, each on one core\n", count(len(todo), "run"), min(cores(), len(todo)))
	return trainAll(ctx, todo, bars(w, todo), func(ctx context.Context, r *trial, update func(int)) error {
		return r.complete(ctx, k.root.Path(r.dir), update)
	})
}

// trainAll trains in parallel, as many trials at a time as there are cores. A failure is recorded in the
// trial; the error returned is an interruption.
func trainAll(ctx context.Context, runs []*trial, progress term.Bars, train func(context.Context, *trial, func(int)) error) error {
	defer progress.Stop()
	var g errgroup.Group
	g.SetLimit(cores())
	for i, r := range runs {
		g.Go(func() error {
			if ctx.Err() != nil {
				return trainer.ErrInterrupted
			}
			start := time.Now()
			err := train(ctx, r, func(step int) { progress.Update(i, step) })
			if ctx.Err() != nil && err != nil {
				return trainer.ErrInterrupted
			}
			if err != nil {
				r.result.Reason = err.Error()
				ended := (*process.Error)(nil)
				r.diverged = errors.As(err, &ended) && ended.Status == process.Diverged
			}
			progress.End(i, time.Since(start), err)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		progress.Stop()
		return fmt.Errorf("%w: trained runs are saved; the same command continues", err)
	}
	return nil
}

// savedStep returns the step of the trial's checkpoint.
func (r *trial) savedStep(root *rundir.Dir) (int, error) {
	d, err := rundir.Open(root.Path(r.dir))
	if err != nil {
		return 0, err
	}
	c, err := d.Load()
	if err != nil {
		return 0, err
	}
	return c.Step, nil
}

// complete starts a training, or continues one that was interrupted.
func (r *trial) complete(ctx context.Context, path string, update func(int)) error {
	if err := waitUntilUnlocked(ctx, path); err != nil {
		return err
	}
	d, err := rundir.Open(path)
	if errors.Is(err, rundir.ErrNotRun) {
		return r.start(ctx, path, update)
	}
	if err != nil {
		return err
	}
	switch c, err := d.Load(); {
	case errors.Is(err, fs.ErrNotExist):
		return r.start(ctx, path, update, "--overwrite")
	case err != nil:
		return fmt.Errorf("%w; remove the folder to train it again (--overwrite does not)", err)
	case c.Step == r.steps: // finished during the wait
		return nil
	}
	_, err = process.Run(ctx, update, "train", r.model, "--resume", "--out", path, "--train-only")
	return err
}

// waitUntilUnlocked waits until no other process writes to the folder: the child processes of a
// comparison that was killed outlive it.
func waitUntilUnlocked(ctx context.Context, path string) error {
	for {
		d, err := rundir.Resume(path)
		if err == nil {
			return d.Close()
		}
		if !errors.Is(err, rundir.ErrLocked) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// start trains from the first step.
func (r *trial) start(ctx context.Context, path string, update func(int), flags ...string) error {
	f, err := os.CreateTemp("", "genlab-*.yaml")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(r.config)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	r.cpuTime, err = process.Run(ctx, update, append([]string{"train", r.model, "--config", f.Name(), "--out", path, "--train-only"}, flags...)...)
	return err
}

// bars shows the progress of several trainings.
func bars(w io.Writer, runs []*trial) term.Bars {
	list := make([]term.Training, len(runs))
	for i, r := range runs {
		list[i] = term.Training{Name: r.String(), Steps: r.steps}
	}
	return term.NewBars(w, list)
}

// count prints a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
