package registry

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"genlab/checkpoint"
	"genlab/internal/config"
	"genlab/internal/suggest"
	"genlab/internal/usage"
	"genlab/train"
)

// Job specifies a training: a registered model with its settings, a dataset and a seed.
type Job interface {
	fmt.Stringer
	Of() Model // the registered model
	Data() string
	Seed() uint64
	// Settings returns the content of config.yaml, a pointer to a struct with the tags of internal/config.
	Settings() any
	Clone() Job
	// Validate fails with a *config.Error for a setting out of range.
	Validate() error
	Loop() train.Options
	// Task finds the data. It fails with a usage error where there is none of that name or the model
	// cannot learn it.
	Task() (Task, error)
	// New returns a trainer before its first step. It fails where the settings do not fit the data.
	New(Task) (Trainer, error)
	// Resume and Load rebuild the trainer and the model from the tensors of a checkpoint. They fail where
	// those are not the job's.
	Resume(saved []checkpoint.Tensor, steps int) (Trainer, error)
	Load(saved []checkpoint.Tensor) (Trained, error)
}

// Settings is the content of config.yaml: model, data, seed and the model's configuration.
type Settings[C Config] struct {
	Model   string  `yaml:"model" help:"model" kong:"-"`
	Data    string  `yaml:"data" help:"dataset: a name listed by genlab datasets, or file:PATH" group:"data" main:"" predictor:"dataset"`
	Seed    uint64  `yaml:"seed" help:"seed of all random streams" group:"data" main:""`
	Holdout float64 `yaml:"holdout" range:"[0, 0.9]" help:"share of the rows of a file that are held out for evaluation" group:"data"`
	Test    string  `yaml:"test" help:"file:PATH of the points that are held out, instead of a share of the rows" group:"data" predictor:"dataset"`
	Config  C       `yaml:",inline" embed:""`
}

// DefaultHoldout is the share of the rows of a file that are held out unless a job says otherwise.
const DefaultHoldout = 0.1

// TypedJob is the [Job] of a model with the configuration C.
type TypedJob[C Config] struct {
	set  Settings[C]
	spec *Spec[C]
}

// About implements [Model].
func (s *Spec[C]) About() Info { return s.Info }

// Job implements [Model].
func (s *Spec[C]) Job(data string, smoke bool) Job { return s.TypedJob(data, smoke) }

// TypedJob is [Spec.Job] with access to the configuration.
func (s *Spec[C]) TypedJob(data string, smoke bool) *TypedJob[C] {
	r := &TypedJob[C]{Settings[C]{Model: s.Name, Data: cmp.Or(data, s.Info.Data, "8gaussians"), Seed: 1, Config: s.Defaults(), Holdout: DefaultHoldout}, s}
	if s.Adapt != nil {
		s.Adapt(&r.set.Config, r.set.Data)
	}
	if smoke {
		s.Tiny(&r.set.Config)
	}
	return r
}

// Smoke implements [Model].
func (s *Spec[C]) Smoke(j Job) { s.Tiny(&j.(*TypedJob[C]).set.Config) }

// With returns the job of a configuration, a dataset and a seed.
func (s *Spec[C]) With(cfg C, data string, seed uint64) *TypedJob[C] {
	return &TypedJob[C]{Settings[C]{Model: s.Name, Data: data, Seed: seed, Config: cfg, Holdout: DefaultHoldout}, s}
}

// Of implements [Job].
func (r *TypedJob[C]) Of() Model { return r.spec }

// Data implements [Job].
func (r *TypedJob[C]) Data() string { return r.set.Data }

// Seed implements [Job].
func (r *TypedJob[C]) Seed() uint64 { return r.set.Seed }

// Config returns the model's configuration, to read or change.
func (r *TypedJob[C]) Config() *C { return &r.set.Config }

// Settings implements [Job].
func (r *TypedJob[C]) Settings() any { return &r.set }

// Clone implements [Job].
func (r *TypedJob[C]) Clone() Job {
	other := *r
	return &other
}

// Validate implements [Job].
func (r *TypedJob[C]) Validate() error {
	if err := config.Check(&r.set); err != nil {
		return err
	}
	if r.set.Test != "" && r.set.Holdout != DefaultHoldout && r.set.Holdout != 0 {
		return fmt.Errorf("test and holdout exclude each other, but test is %s and holdout %v: leave one of them out", r.set.Test, r.set.Holdout)
	}
	return r.set.Config.Validate()
}

// Loop implements [Job].
func (r *TypedJob[C]) Loop() train.Options { return r.spec.Loop(r.set.Config) }

// Task implements [Job].
func (r *TypedJob[C]) Task() (Task, error) {
	t, err := r.spec.Task(r.set.Config, r.set.Data)
	if err != nil {
		return nil, err
	}
	if p, ok := t.(Points); ok {
		return Divide(p, r.set.Holdout, r.set.Test, r.set.Seed)
	}
	return t, onlyForFiles(r.set.Data, r.set.Holdout, r.set.Test)
}

// New implements [Job].
func (r *TypedJob[C]) New(t Task) (Trainer, error) { return r.spec.New(r.set.Config, t, r.set.Seed) }

// Resume implements [Job].
func (r *TypedJob[C]) Resume(saved []checkpoint.Tensor, steps int) (Trainer, error) {
	return r.spec.Resume(r.set.Config, saved, steps)
}

// Load implements [Job].
func (r *TypedJob[C]) Load(saved []checkpoint.Tensor) (Trained, error) {
	return r.spec.Load(r.set.Config, saved)
}

// String names the model, the dataset and the seed.
func (r *TypedJob[C]) String() string {
	return fmt.Sprintf("%s on %s, seed %d", r.set.Model, r.set.Data, r.set.Seed)
}

// Fields lists a job's settings.
func Fields(j Job) []config.Field { return config.Fields(j.Settings()) }

// field returns a setting of every job, by its key.
func field(j Job, key string) reflect.Value {
	all := Fields(j)
	return all[slices.IndexFunc(all, func(f config.Field) bool { return f.Key == key })].Value
}

// Differing returns the first key at which two jobs of one model differ, "" if none does.
func Differing(a, b Job) string {
	fb := Fields(b)
	for i, fa := range Fields(a) {
		if fa.Value.Interface() != fb[i].Value.Interface() {
			return fa.Key
		}
	}
	return ""
}

// Count returns the number of parameters of a job's model on its data. It fails where the settings are invalid
// or do not fit the data.
func Count(j Job, t Task) (int, error) {
	if err := j.Validate(); err != nil {
		return 0, err
	}
	trainer, err := j.New(t)
	if err != nil {
		return 0, err
	}
	m, err := j.Load(trainer.State())
	if err != nil {
		return 0, err
	}
	return m.Params(), nil
}

// List is a list of registered models in the order in which they are shown.
type List []Model

// Names returns the names of the models of some roles, of all where none is given.
func (l List) Names(roles ...Role) []string {
	var names []string
	for _, m := range l {
		info := m.About()
		ok := len(roles) == 0
		for _, r := range roles {
			ok = ok || r == info.Role
		}
		if ok {
			names = append(names, info.Name)
		}
	}
	return names
}

// Named returns the model of a name. It fails with a usage error that lists the names.
func (l List) Named(name string) (Model, error) {
	for _, m := range l {
		if m.About().Name == name {
			return m, nil
		}
	}
	return nil, usage.Error{Err: suggest.Name("model", name, l.Names())}
}
