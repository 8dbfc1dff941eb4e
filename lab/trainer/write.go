package trainer

import (
	"errors"
	"slices"
	"time"

	"genlab/checkpoint"
	"genlab/internal/kernel"
	"genlab/lab/registry"
	"genlab/lab/rundir"
	"genlab/train"
)

// Snapshot is the state of a training that was taken outside of a run folder.
type Snapshot struct {
	Step    int
	Tensors []checkpoint.Tensor // of the learner
	Streams *train.Streams      // after the batches of these steps
	Log     []rundir.Entry      // the losses of the steps that [Logged] says
	Started time.Time
	Seconds float64 // training time
}

// Logged reports whether the losses of a step are written to the log of a training of so many steps.
func Logged(step, steps int) bool { return step%logEvery == 0 || step == steps }

// Write writes the folder of a run from a snapshot: what [Begin] and [Training.Steps] would have written at that
// step, except for times. Close what it returns. It fails as [Begin] does.
func Write(path string, job registry.Job, task registry.Task, s Snapshot) (*Training, error) {
	t, err := prepare(job, task, Options{})
	if err != nil {
		return nil, err
	}
	t.learner, t.streams, t.step = saved(s.Tensors), s.Streams, s.Step
	t.env = rundir.NewEnv(kernel.CPULevel().String(), s.Started)
	t.env.TrainSeconds = s.Seconds
	if t.dir, err = rundir.Create(path, false); err != nil {
		return nil, err
	}
	if err = t.dir.WriteConfig(job.Settings()); err == nil {
		err = t.save() // the list of files has them in the order of Begin
	}
	for _, e := range s.Log {
		if err == nil {
			err = t.dir.Log(e.Step, e.Fields...)
		}
	}
	if err == nil {
		err = t.save()
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// savedTrainer is a trainer of which only the state is known.
type savedTrainer struct {
	registry.Trainer
	tensors []checkpoint.Tensor
}

func saved(tensors []checkpoint.Tensor) registry.Trainer {
	return savedTrainer{tensors: slices.Clip(tensors)}
}

// State implements [registry.Trainer].
func (s savedTrainer) State() []checkpoint.Tensor { return s.tensors }
