package registry

import (
	"fmt"
	"slices"
	"strings"

	"genlab"
	"genlab/datasets"
	"genlab/internal/config"
	"genlab/internal/usage"
	"genlab/lab/rundir"
)

// Run is an opened run folder with its model, ready to be sampled.
type Run struct {
	Dir   *rundir.Dir
	Job   Job
	Model Trained
	Step  int

	state map[string][]byte // of the checkpoint
	task  Task              // nil until it is read
}

// Name returns the name of the registered model.
func (r *Run) Name() string { return r.Job.Of().About().Name }

// Task returns the data of the run. It fails with a usage error where a file of them is missing or has changed since
// the run was trained.
func (r *Run) Task() (Task, error) {
	if r.task != nil {
		return r.task, nil
	}
	var err error
	r.task, err = TaskOf(r.Job, r.Dir.Path(""), r.state)
	return r.task, err
}

// SetTask makes t the data of the run, so that a file that was read before is not read again. It fails as [CheckFiles]
// does.
func (r *Run) SetTask(t Task) error {
	r.task = t
	return CheckFiles(t, r.Dir.Path(""), r.state)
}

// With is [Trained].With after a label was looked up in the run's dataset. It also fails with a usage error where
// there is no such label or the run is not conditional.
func (r *Run) With(o Options) (genlab.Sampler, int, error) {
	if o.Label == "" {
		return r.Model.With(o)
	}
	t, err := r.Task()
	if err != nil {
		return nil, 0, err
	}
	p, ok := t.(Points)
	if !ok || p.Classes() == 0 {
		return nil, 0, usage.Errorf("--label needs a run trained with --conditional, and %s was not", r.Dir.Path(""))
	}
	class, err := p.Label(o.Label)
	if err != nil {
		return nil, 0, usage.Errorf("--label: %w", err)
	}
	o.Label, o.Class = "", &class
	return r.Model.With(o)
}

// Of returns the registered model of a run folder by its config.yaml. It fails where that cannot be read or names
// no registered model.
func (l List) Of(d *rundir.Dir) (Model, error) {
	b, err := d.ReadConfig()
	if err != nil {
		return nil, err
	}
	name, err := config.ValueOf(d.Path(rundir.ConfigFile), b, "model")
	if err != nil {
		return nil, err
	}
	m, err := l.Named(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.Path(rundir.ConfigFile), err)
	}
	return m, nil
}

// Open opens the run in a folder for reading. It fails where the folder is not a run or has no checkpoint, with a
// usage error where its settings are invalid, and with a *CorruptError of package lab/rundir where the
// checkpoint is damaged or does not belong to the settings.
func (l List) Open(path string) (*Run, error) {
	d, err := rundir.Open(path)
	if err != nil {
		return nil, err
	}
	return l.OpenDir(d)
}

// OpenDir is [List.Open] for an opened folder.
func (l List) OpenDir(d *rundir.Dir) (*Run, error) {
	m, err := l.Of(d)
	if err != nil {
		return nil, err
	}
	j, err := ReadJob(m, d)
	if err != nil {
		return nil, err
	}
	c, err := ReadCheckpoint(j, d)
	if err != nil {
		return nil, err
	}
	trained, err := j.Load(c.Tensors)
	if err != nil {
		return nil, &rundir.CorruptError{Path: d.Path(rundir.CheckpointFile), Reason: err.Error(), Err: err}
	}
	return &Run{Dir: d, Job: j, Model: trained, Step: c.Step, state: c.State}, nil
}

// ReadJob returns the settings of the run in a folder. It fails where they cannot be read, are invalid, or are
// those of another model than m.
func ReadJob(m Model, d *rundir.Dir) (Job, error) {
	b, err := d.ReadConfig()
	if err != nil {
		return nil, err
	}
	j, err := DecodeJob(m, d.Path(rundir.ConfigFile), b)
	if err != nil {
		return nil, err
	}
	if of, name := nameOf(j), m.About().Name; of != name {
		return nil, usage.Errorf("%s holds a run of %s, not of %s: choose another folder", d.Path(""), of, name)
	}
	return j, j.Validate()
}

// DecodeJob returns the job of a model whose settings are saved as YAML; file is its name in errors. Runs of
// versions without the setting holdout were trained on all rows of their file: theirs is 0. Other settings that they
// lack have the value of their absent tag. DecodeJob fails with a *config.Error where the text is no such settings.
func DecodeJob(m Model, file string, yaml []byte) (Job, error) {
	j := m.Job("", false)
	config.SetAbsent(j.Settings())
	holdout := field(j, "holdout")
	holdout.SetFloat(-1)
	if err := config.DecodeYAML(file, yaml, j.Settings()); err != nil {
		return nil, err
	}
	if holdout.Float() == -1 {
		holdout.SetFloat(DefaultHoldout)
		if strings.HasPrefix(j.Data(), datasets.FilePrefix) {
			holdout.SetFloat(0)
		}
	}
	return j, nil
}

// nameOf returns the model's name in a job's settings.
func nameOf(j Job) string { return Fields(j)[0].Value.String() }

// CheckName fails with a usage error unless the settings, read from a file, name the job's model.
func CheckName(j Job, file string) error {
	if of, name := nameOf(j), j.Of().About().Name; of != name {
		return usage.Errorf("%s: model is %q, but the command trains %s", file, of, name)
	}
	return nil
}

// ReadCheckpoint loads the checkpoint of the run in a folder. It fails where there is none, and with a
// *CorruptError of package lab/rundir where it is damaged, does not belong to the job's settings, is beyond
// its last step or holds a number that is not finite.
func ReadCheckpoint(j Job, d *rundir.Dir) (*rundir.Checkpoint, error) {
	c, err := d.Load()
	if err != nil {
		return nil, err
	}
	corrupt := func(format string, args ...any) error {
		return &rundir.CorruptError{Path: d.Path(rundir.CheckpointFile), Reason: fmt.Sprintf(format, args...)}
	}
	if name := j.Of().About().Name; c.Model != name {
		return nil, corrupt("it is a checkpoint of %.60q, but the run is of %s", c.Model, name)
	}
	if steps := j.Loop().Steps; c.Step > steps {
		return nil, corrupt("it is a checkpoint of step %d, but the run has %d steps", c.Step, steps)
	}
	for _, t := range c.Tensors {
		if i := slices.IndexFunc(t.Data, notFinite); i >= 0 {
			return nil, corrupt("the tensor %.60q has the value %v at position %d, but must be finite", t.Name, t.Data[i], i)
		}
	}
	saved, err := DecodeJob(j.Of(), "the checkpoint's configuration", c.Config)
	if err != nil {
		return nil, corrupt("%v", err)
	}
	if key := Differing(saved, j); key != "" {
		return nil, corrupt("its setting %s differs from that in %s", key, d.Path(rundir.ConfigFile))
	}
	return c, nil
}

func notFinite(v float32) bool { return v-v != 0 }
