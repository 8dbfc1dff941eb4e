package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"genlab"
	rundir "genlab/internal/run"
	"genlab/train"
)

// training is a run under way.
type training struct {
	dir     *rundir.Dir
	model   string
	config  []byte // config.yaml
	learner trainee
	options train.Options
	streams *train.Streams
	digest  []byte // of the file that is learnt from, nil where there is none
	env     rundir.Env
	step    int
	// saveEvery is the time between two checkpoints. Resuming gives the same bits wherever it
	// starts, so the clock may choose the step.
	saveEvery time.Duration
	since     time.Time // start of what env.TrainSeconds does not count yet
}

// logEvery is the number of steps between two lines of metrics.jsonl.
const logEvery = 10

// run takes the steps that are left, saving as it goes and at the end.
func (t *training) run(con *console, law genlab.Sampler) error {
	t.step = t.options.Done
	bar := newProgress(con.stdout, t.options)
	defer bar.stop()
	t.since = time.Now()
	saved := t.since
	for p, err := range train.Run(con.ctx, t.learner, law, t.options, t.streams) {
		if err != nil {
			bar.stop()
			return t.stopped(err)
		}
		t.step = p.Step
		if p.Step%logEvery == 0 || p.Step == t.options.Steps {
			fields := make([]rundir.Field, len(p.Losses))
			for i, l := range p.Losses {
				fields[i] = rundir.Field(l)
			}
			if err := t.dir.Log(p.Step, fields...); err != nil {
				return err
			}
			bar.update(p)
		}
		if p.Step == t.options.Steps || p.Step%logEvery == 0 && time.Since(saved) >= t.saveEvery {
			if err := t.save(); err != nil {
				return err
			}
			saved = time.Now()
		}
	}
	return nil
}

// stopped turns the end of the loop into what the user is told.
func (t *training) stopped(err error) error {
	diverged := new(train.DivergedError)
	if errors.As(err, &diverged) {
		last := "there is no checkpoint"
		if c, err := t.dir.Load(); err == nil {
			last = fmt.Sprintf("the checkpoint of step %d stays in %s", c.Step, t.dir.Path(""))
		}
		return errors.Join(fmt.Errorf("%w; %s. A smaller --lr is the usual remedy", err, last), t.dir.Flush())
	}
	if errors.Is(err, context.Canceled) {
		if err := t.save(); err != nil {
			return err
		}
		return fmt.Errorf("%w at step %d of %d, saved in %s; the same command with --resume goes on", errInterrupted, t.step, t.options.Steps, t.dir.Path(""))
	}
	return err
}

// save writes the checkpoint of the present step, and the seconds it took to get there.
func (t *training) save() error {
	if !t.since.IsZero() {
		now := time.Now()
		t.env.TrainSeconds += now.Sub(t.since).Seconds()
		t.since = now
	}
	if err := t.dir.WriteEnv(t.env); err != nil {
		return err
	}
	streams := t.streams.State()
	if t.digest != nil {
		streams["digest"] = t.digest
	}
	return t.dir.Save(&rundir.Checkpoint{
		Model: t.model, Step: t.step, Config: t.config, Tensors: t.learner.State(), State: streams,
	})
}
