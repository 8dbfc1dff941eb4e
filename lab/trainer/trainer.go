// Package trainer trains a registered model in a run folder: the same loop for the command line, for
// experiments and for comparisons. It saves checkpoints as it goes, and goes on from the last one to the same
// bits.
//
//	t, err := trainer.Begin("runs/moons", job, trainer.Options{})
//	defer t.Close()
//	for p, err := range t.Steps(ctx) { ... }
//	m, err := t.Model()
package trainer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"time"

	"genlab/internal/config"
	"genlab/internal/kernel"
	rundir "genlab/internal/run"
	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/train"
)

// ErrInterrupted follows a signal, after the checkpoint was written.
var ErrInterrupted = errors.New("interrupted")

// Options say how a training is kept. None of them changes a result.
type Options struct {
	Overwrite bool          // replace the run that is in the folder
	SaveEvery time.Duration // between two checkpoints
	// Build identifies the program, for who trains anew what another program has trained; nil:
	// any program goes on.
	Build []byte
}

// Training is a run under way in its folder.
type Training struct {
	dir     *rundir.Dir
	job     registry.Job
	task    registry.Task
	options Options
	loop    train.Options

	config  []byte // config.yaml
	learner registry.Trainer
	streams *train.Streams
	digest  []byte // of the file that is learned from, nil where there is none
	env     rundir.Env
	step    int
	since   time.Time // start of what env.TrainSeconds does not count yet
}

func prepare(job registry.Job, task registry.Task, o Options) (*Training, error) {
	t := &Training{
		job: job, task: task, options: o, loop: job.Loop(), digest: task.Digest(),
		streams: train.NewStreams(job.Seed()),
	}
	var err error
	t.config, err = config.Marshal(job.Settings())
	return t, err
}

// Begin makes a run directory and a trainer in it that has taken no step. All that can be wrong
// with the data or the settings is found before a folder is made. Close what it returns.
func Begin(path string, job registry.Job, task registry.Task, o Options) (*Training, error) {
	t, err := prepare(job, task, o)
	if err != nil {
		return nil, err
	}
	if t.learner, err = job.New(task); err != nil {
		return nil, err
	}
	t.env = rundir.NewEnv(kernel.CPULevel().String(), time.Now())
	if t.dir, err = rundir.Create(path, o.Overwrite); err != nil {
		return nil, err
	}
	if err := t.dir.WriteConfig(job.Settings()); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	if err := t.save(); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// Resume opens a run directory again and goes on from its last checkpoint. A file of data that has
// changed is a usage error.
func Resume(path string, job registry.Job, task registry.Task, o Options) (*Training, error) {
	t, err := prepare(job, task, o)
	if err != nil {
		return nil, err
	}
	if t.dir, err = rundir.Resume(path); err != nil {
		return nil, err
	}
	if err := t.restore(); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// restore brings back the trainer, the random streams and the log.
func (t *Training) restore() error {
	saved, err := registry.ReadCheckpoint(t.job, t.dir)
	if err != nil {
		return err
	}
	if was := saved.State["digest"]; len(was) > 0 && !bytes.Equal(was, t.digest) {
		return usage.Errorf("%s is not what run %s began with (its SHA-256 is %.6x…, and was %.6x…): a resumed run keeps its data. Put the old file back, or start anew with another --out",
			t.job.Data(), t.dir.Path(""), t.digest, was)
	}
	corrupt := func(err error) error {
		return &rundir.CorruptError{Path: t.dir.Path(rundir.CheckpointFile), Reason: err.Error(), Err: err}
	}
	if t.learner, err = t.job.Resume(saved.Tensors, saved.Step); err != nil {
		return corrupt(err)
	}
	if err := t.streams.Restore(saved.State); err != nil {
		return corrupt(err)
	}
	t.step, t.loop.Done = saved.Step, saved.Step
	// The environment that counts is the one that the run began in; a lost file is no reason
	// to lose the run.
	if t.env, err = t.dir.ReadEnv(); err != nil {
		t.env = rundir.NewEnv(kernel.CPULevel().String(), time.Now())
	}
	return t.dir.TrimLog(saved.Step)
}

// Keep resumes the run of a job in a folder, or begins it: where there is none yet, where it was ended
// before its first checkpoint, or where another program, by Options.Build, has trained it.
func Keep(path string, job registry.Job, task registry.Task, o Options) (*Training, error) {
	d, err := rundir.Open(path)
	if errors.Is(err, rundir.ErrNotRun) {
		return Begin(path, job, task, o)
	}
	if err != nil {
		return nil, err
	}
	c, err := d.Load()
	if errors.Is(err, fs.ErrNotExist) || err == nil && o.Build != nil && !bytes.Equal(c.State["build"], o.Build) {
		o.Overwrite = true
		return Begin(path, job, task, o)
	}
	if err != nil {
		return nil, fmt.Errorf("%w; remove the folder to train anew", err)
	}
	return Resume(path, job, task, o)
}

// logEvery is the number of steps between two lines of metrics.jsonl.
const logEvery = 10

// Loop says how long the training is, and how much of it is done.
func (t *Training) Loop() train.Options {
	o := t.loop
	o.Done = t.step
	return o
}

// Dir is the run directory.
func (t *Training) Dir() *rundir.Dir { return t.dir }

// Seconds is the time that the training has taken so far.
func (t *Training) Seconds() float64 { return t.env.TrainSeconds }

// Close gives up the run directory.
func (t *Training) Close() error { return t.dir.Close() }

// Model returns the trained model as it is now.
func (t *Training) Model() (registry.Trained, error) { return t.job.Load(t.learner.State()) }

// Steps takes the steps that are left, saving as it goes and at the end, and yields every tenth of
// them and the last. An error is the last thing it yields: ErrInterrupted after ctx was cancelled
// and the checkpoint written, a *train.DivergedError with the checkpoint that stays, or that of a file.
func (t *Training) Steps(ctx context.Context) iter.Seq2[train.Progress, error] {
	return func(yield func(train.Progress, error) bool) {
		t.since = time.Now()
		saved := t.since
		for p, err := range train.Run(ctx, t.learner, t.task.Batches(), t.loop, t.streams) {
			if err != nil {
				yield(p, t.stopped(err))
				return
			}
			t.step = p.Step
			last := p.Step == t.loop.Steps
			if p.Step%logEvery != 0 && !last {
				continue
			}
			fields := make([]rundir.Field, len(p.Losses))
			for i, l := range p.Losses {
				fields[i] = rundir.Field(l)
			}
			err := t.dir.Log(p.Step, fields...)
			if err == nil && (last || time.Since(saved) >= t.options.SaveEvery) {
				err, saved = t.save(), time.Now()
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// stopped turns the end of the loop into what the user is told.
func (t *Training) stopped(err error) error {
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
		return fmt.Errorf("%w at step %d of %d, saved in %s; the same command with --resume continues", ErrInterrupted, t.step, t.loop.Steps, t.dir.Path(""))
	}
	return err
}

// save writes the checkpoint of the present step, and the seconds it took to get there.
func (t *Training) save() error {
	if !t.since.IsZero() {
		now := time.Now()
		t.env.TrainSeconds += now.Sub(t.since).Seconds()
		t.since = now
	}
	if err := t.dir.WriteEnv(t.env); err != nil {
		return err
	}
	state := t.streams.State()
	if t.digest != nil {
		state["digest"] = t.digest
	}
	if t.options.Build != nil {
		state["build"] = t.options.Build
	}
	return t.dir.Save(&rundir.Checkpoint{
		Model: t.job.Of().About().Name, Step: t.step, Config: t.config, Tensors: t.learner.State(), State: state,
	})
}
