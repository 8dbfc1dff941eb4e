// Package trainer trains a registered model in a run folder, with the same loop for the command line, for
// experiments and for comparisons. It saves checkpoints along the way; a resumed training gives the same result to
// the last bit.
//
//	t, err := trainer.Begin("runs/moons", job, trainer.Options{})
//	defer t.Close()
//	for p, err := range t.Steps(ctx) { ... }
//	m, err := t.Model()
package trainer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"time"

	"genlab/internal/config"
	"genlab/internal/kernel"
	"genlab/lab/registry"
	"genlab/lab/rundir"
	"genlab/train"
)

// ErrInterrupted is the error of an interruption, after the checkpoint was written.
var ErrInterrupted = errors.New("interrupted")

// Options says how a training is saved. None of the fields changes a result.
type Options struct {
	Overwrite bool          // replace the run that is in the folder
	SaveEvery time.Duration // time between checkpoints
	// Build identifies the program: [Keep] starts again what another build has trained. nil accepts any.
	Build []byte
	// PauseAt is a step at which the training stops after a checkpoint, to be resumed later; 0 for none. It does
	// not change the steps before or after it.
	PauseAt int
}

// Training is a run in progress, with its folder locked.
type Training struct {
	dir     *rundir.Dir
	job     registry.Job
	task    registry.Task
	options Options
	loop    train.Options

	config  []byte // config.yaml
	learner registry.Trainer
	streams *train.Streams
	// replaced: a run of an earlier version, whose batches are rows of a file drawn with replacement
	replaced bool
	env      rundir.Env
	step     int
	since    time.Time // start of the time that env.TrainSeconds does not include yet
}

func prepare(job registry.Job, task registry.Task, o Options) (*Training, error) {
	t := &Training{
		job: job, task: task, options: o, loop: job.Loop(),
		streams: train.NewStreams(job.Seed()),
	}
	var err error
	t.config, err = config.Marshal(job.Settings())
	return t, err
}

// Begin starts a training in a new run folder, before its first step; close what it returns. It fails, before
// it makes the folder, where the data or the settings are invalid, and where the folder cannot be made, holds
// a run that may not be overwritten, or is in use.
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

// Resume continues a training from its last checkpoint; close what it returns. It fails with a usage error where
// the file of the data has changed, with a *CorruptError of package lab/rundir where the checkpoint is
// damaged or does not belong to the job, and where the folder is not a run or is in use.
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
	if err := registry.CheckFiles(t.task, t.dir.Path(""), saved.State); err != nil {
		return err
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
	t.replaced = t.fromFile() && saved.State[orderKey] == nil
	// The environment of a run is the one that it was started in. A lost file is replaced.
	if t.env, err = t.dir.ReadEnv(); err != nil {
		t.env = rundir.NewEnv(kernel.CPULevel().String(), time.Now())
	}
	return t.dir.TrimLog(saved.Step)
}

// Keep resumes the run in a folder, or begins it where there is none, where it has no checkpoint, or where
// another build, by Options.Build, has trained it. It fails as [Begin] and [Resume] do.
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
		return nil, fmt.Errorf("%w; remove the folder to train it again", err)
	}
	return Resume(path, job, task, o)
}

// orderKey is the key, in the state of a checkpoint, of the order in which the rows of a file are trained on.
const orderKey = "order"

// fromFile reports whether the batches are rows of a file.
func (t *Training) fromFile() bool {
	_, ok := t.task.(registry.Points)
	return ok && len(t.task.Files()) > 0
}

// logEvery is the number of steps between two lines of metrics.jsonl.
const logEvery = 10

// Loop returns the number of steps, the batch size and the steps done.
func (t *Training) Loop() train.Options {
	o := t.loop
	o.Done = t.step
	return o
}

// Dir returns the run folder.
func (t *Training) Dir() *rundir.Dir { return t.dir }

// Seconds returns the training time up to the last checkpoint.
func (t *Training) Seconds() float64 { return t.env.TrainSeconds }

// Close releases the run folder. It fails where the buffered log cannot be written.
func (t *Training) Close() error { return t.dir.Close() }

// Model returns the model as trained so far. It fails where the learner's state is not that of the job's model.
func (t *Training) Model() (registry.Trained, error) { return t.job.Load(t.learner.State()) }

// Steps takes the remaining steps, saves checkpoints on the way and at the end, and yields the progress every 10
// steps and at the last. It ends with the first error: [ErrInterrupted] after ctx was cancelled and a
// checkpoint written, a [*train.DivergedError], or that of a file.
func (t *Training) Steps(ctx context.Context) iter.Seq2[train.Progress, error] {
	return func(yield func(train.Progress, error) bool) {
		t.since = time.Now()
		saved := t.since
		data := t.task.Batches(t.job.Seed(), t.step*t.loop.Batch)
		if t.replaced {
			data = t.task.(registry.Points).Sampler
		}
		for p, err := range train.Run(ctx, t.learner, data, t.Loop(), t.streams) {
			if err != nil {
				yield(p, t.stopped(err))
				return
			}
			t.step = p.Step
			last := p.Step == t.loop.Steps || p.Step == t.options.PauseAt
			if !Logged(p.Step, t.loop.Steps) && !last {
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
			if !yield(p, err) || err != nil || last {
				return
			}
		}
	}
}

// stopped returns the error of the end of the loop for the user, after saving an interrupted training.
func (t *Training) stopped(err error) error {
	diverged := new(train.DivergedError)
	if errors.As(err, &diverged) {
		last := "there is no checkpoint"
		if c, err := t.dir.Load(); err == nil {
			last = fmt.Sprintf("the checkpoint of step %d is kept in %s", c.Step, t.dir.Path(""))
		}
		return errors.Join(fmt.Errorf("%w; %s. Try a smaller --lr", err, last), t.dir.Flush())
	}
	if errors.Is(err, context.Canceled) {
		if err := t.save(); err != nil {
			return err
		}
		return fmt.Errorf("%w at step %d of %d, saved in %s: the same command with --resume continues it", ErrInterrupted, t.step, t.loop.Steps, t.dir.Path(""))
	}
	return err
}

// save writes the checkpoint of the current step and the training time.
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
	for _, f := range t.task.Files() {
		state[f.Key] = f.Digest
	}
	if t.fromFile() && !t.replaced {
		state[orderKey] = []byte("epochs")
	}
	if t.options.Build != nil {
		state["build"] = t.options.Build
	}
	about := t.job.Of().About()
	constants, err := json.Marshal(about.Constants) // in the order of their names
	if err != nil {
		return err
	}
	c := &rundir.Checkpoint{Model: about.Name, Step: t.step, Config: t.config, Tensors: t.learner.State(), State: state}
	if about.Constants != nil {
		c.Meta = map[string]string{"constants": string(constants)}
	}
	return t.dir.Save(c)
}
