package compare

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	rundir "genlab/internal/run"
	"genlab/lab/term"
	"genlab/lab/trainer"
)

// train brings every run to its last step: one at a time on each core. A run that fails keeps
// its reason and stops no other.
func (k *Comparison) train(ctx context.Context, w io.Writer) error {
	var todo []*entry
	reused := 0
	for _, r := range k.runs {
		if !r.trained {
			continue
		}
		if step, err := r.progress(k.root); err == nil && step == r.steps {
			reused++
			continue
		}
		todo = append(todo, r)
	}
	if reused > 0 {
		fmt.Fprintf(w, "%d finished runs are reused\n", reused)
	}
	if len(todo) == 0 {
		return nil
	}
	fmt.Fprintf(w, "training %d runs, %d at a time, each on one core\n", len(todo), min(cores(), len(todo)))
	return each(ctx, todo, bars(w, todo), func(ctx context.Context, r *entry, update func(int)) error {
		return r.bring(ctx, k.root.Path(r.dir), update)
	})
}

// each trains runs, as many at a time as there are cores. A failure is noted in the run; what is
// returned is an interruption.
func each(ctx context.Context, runs []*entry, show term.Bars, train func(context.Context, *entry, func(int)) error) error {
	defer show.Stop()
	var g errgroup.Group
	g.SetLimit(cores())
	for i, r := range runs {
		g.Go(func() error {
			if ctx.Err() != nil {
				return trainer.ErrInterrupted
			}
			start := time.Now()
			err := train(ctx, r, func(step int) { show.Update(i, step) })
			if ctx.Err() != nil && err != nil {
				return trainer.ErrInterrupted
			}
			if err != nil {
				r.result.Reason = err.Error()
			}
			show.End(i, time.Since(start), err)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		show.Stop()
		return fmt.Errorf("%w: what was trained is saved; the same command goes on", err)
	}
	return nil
}

// progress is the step of a run's checkpoint.
func (r *entry) progress(root *rundir.Dir) (int, error) {
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

// bring starts a run, or goes on with one that was interrupted.
func (r *entry) bring(ctx context.Context, path string, update func(int)) error {
	if err := unused(ctx, path); err != nil {
		return err
	}
	d, err := rundir.Open(path)
	if errors.Is(err, rundir.ErrNotRun) {
		return r.fresh(ctx, path, update)
	}
	if err != nil {
		return err
	}
	switch c, err := d.Load(); {
	case errors.Is(err, fs.ErrNotExist):
		return r.fresh(ctx, path, update, "--overwrite")
	case err != nil:
		return fmt.Errorf("%w; --overwrite does not replace it, removing the folder does", err)
	case c.Step == r.steps: // it was finished while we waited
		return nil
	}
	_, err = child(ctx, update, "train", r.model, "--resume", "--out", path, "--train-only")
	return err
}

// unused waits until no other process works in the folder: the children of a comparison that was
// killed outlive it.
func unused(ctx context.Context, path string) error {
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

// fresh trains a run from its start.
func (r *entry) fresh(ctx context.Context, path string, update func(int), flags ...string) error {
	f, err := os.CreateTemp("", "genlab-*.yaml")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(r.config)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	r.processor, err = child(ctx, update, append([]string{"train", r.model, "--config", f.Name(), "--out", path, "--train-only"}, flags...)...)
	return err
}

// settingsOnly is a configuration without its comments, which may change between versions.
func settingsOnly(yaml []byte) string {
	var kept []byte
	for line := range bytes.Lines(yaml) {
		if !bytes.HasPrefix(line, []byte("#")) {
			kept = append(kept, line...)
		}
	}
	return string(kept)
}

// failed notes the reason of a run that cannot be in the table with figures.
func (r *entry) failed(reason string) {
	r.result.Status, r.result.Reason = Failed, reason
}

// bars shows several trainings at a time.
func bars(w io.Writer, runs []*entry) term.Bars {
	list := make([]term.Task, len(runs))
	for i, r := range runs {
		list[i] = term.Task{Name: r.String(), Steps: r.steps}
	}
	return term.NewBars(w, list)
}

func (r *entry) String() string {
	return fmt.Sprintf("%s on %s, seed %d", r.model, r.data, r.seed)
}
