package registry

import (
	"cmp"
	"fmt"

	"genlab/checkpoint"
	"genlab/internal/config"
	"genlab/internal/suggest"
	"genlab/internal/usage"
	"genlab/train"
)

// Job is a training to be done: a registered model with its settings, a data set and a seed.
type Job interface {
	fmt.Stringer
	Of() Model
	Data() string
	Seed() uint64
	// Settings is what config.yaml holds, a pointer to a struct as package config has them.
	Settings() any
	Clone() Job
	Validate() error
	Loop() train.Options
	Task() (Task, error)
	New(Task) (Trainer, error)
	Resume(saved []checkpoint.Tensor, steps int) (Trainer, error)
	Load(saved []checkpoint.Tensor) (Trained, error)
}

// Settings are what config.yaml holds: what is trained, on what, and how.
type Settings[C Config] struct {
	Model  string `yaml:"model" help:"model" kong:"-"`
	Data   string `yaml:"data" help:"data set: a name that genlab datasets lists, or file:PATH" group:"data" main:"" predictor:"dataset"`
	Seed   uint64 `yaml:"seed" help:"seed of all random streams" group:"data" main:""`
	Config C      `yaml:",inline" embed:""`
}

// Recipe is the Job of a model with the Config C.
type Recipe[C Config] struct {
	set  Settings[C]
	spec *Spec[C]
}

// About implements Model.
func (s *Spec[C]) About() Info { return s.Info }

// Job implements Model.
func (s *Spec[C]) Job(data string, smoke bool) Job { return s.Recipe(data, smoke) }

// Recipe is Job with the Config in sight.
func (s *Spec[C]) Recipe(data string, smoke bool) *Recipe[C] {
	r := &Recipe[C]{Settings[C]{Model: s.Name, Data: cmp.Or(data, s.Info.Data, "8gaussians"), Seed: 1, Config: s.Defaults()}, s}
	if s.Adapt != nil {
		s.Adapt(&r.set.Config, r.set.Data)
	}
	if smoke {
		s.Tiny(&r.set.Config)
	}
	return r
}

// Smoke implements Model.
func (s *Spec[C]) Smoke(j Job) { s.Tiny(&j.(*Recipe[C]).set.Config) }

// With returns the job of a configuration, a data set and a seed.
func (s *Spec[C]) With(cfg C, data string, seed uint64) *Recipe[C] {
	return &Recipe[C]{Settings[C]{s.Name, data, seed, cfg}, s}
}

// Of implements Job.
func (r *Recipe[C]) Of() Model { return r.spec }

// Data implements Job.
func (r *Recipe[C]) Data() string { return r.set.Data }

// Seed implements Job.
func (r *Recipe[C]) Seed() uint64 { return r.set.Seed }

// Config is the model's configuration.
func (r *Recipe[C]) Config() *C { return &r.set.Config }

// Settings implements Job.
func (r *Recipe[C]) Settings() any { return &r.set }

// Clone implements Job.
func (r *Recipe[C]) Clone() Job {
	other := *r
	return &other
}

// Validate implements Job.
func (r *Recipe[C]) Validate() error { return r.set.Config.Validate() }

// Loop implements Job.
func (r *Recipe[C]) Loop() train.Options { return r.spec.Loop(r.set.Config) }

// Task implements Job.
func (r *Recipe[C]) Task() (Task, error) { return r.spec.Task(r.set.Config, r.set.Data) }

// New implements Job.
func (r *Recipe[C]) New(t Task) (Trainer, error) { return r.spec.New(r.set.Config, t, r.set.Seed) }

// Resume implements Job.
func (r *Recipe[C]) Resume(saved []checkpoint.Tensor, steps int) (Trainer, error) {
	return r.spec.Resume(r.set.Config, saved, steps)
}

// Load implements Job.
func (r *Recipe[C]) Load(saved []checkpoint.Tensor) (Trained, error) {
	return r.spec.Load(r.set.Config, saved)
}

// String names what is trained, on what.
func (r *Recipe[C]) String() string {
	return fmt.Sprintf("%s on %s, seed %d", r.set.Model, r.set.Data, r.set.Seed)
}

// Fields lists a job's settings.
func Fields(j Job) []config.Field { return config.Fields(j.Settings()) }

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

// Count returns the number of parameters of a job's model, for what it learns from.
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

// List is the models that are registered, in the order in which they are shown.
type List []Model

// Names returns the names of the models, of all roles where none is given.
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

// Named returns the model of a name, or an error that lists what there is.
func (l List) Named(name string) (Model, error) {
	for _, m := range l {
		if m.About().Name == name {
			return m, nil
		}
	}
	return nil, usage.Error{Err: suggest.Name("model", name, l.Names())}
}
