package compare

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"genlab/datasets"
	"genlab/internal/kernel"
	rundir "genlab/internal/run"
	"genlab/internal/suggest"
	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/lab/trainer"
)

// Comparison is a plan and what has been done of it.
type Comparison struct {
	models registry.List
	plan   Plan
	rates  rates
	sets   []*datasets.Dataset // of plan.Data
	root   *rundir.Dir
	runs   []*entry // by data, seed, model: the references first
}

// entry is one model on one data set with one seed.
type entry struct {
	model, data string
	set         *datasets.Dataset
	seed        uint64
	trained     bool
	steps       int
	config      []byte // config.yaml
	dir         string // within the comparison's
	result      Run
	processor   time.Duration // that its training took, if it began here
}

// Equality is what a comparison keeps equal.
type Equality string

const (
	equalSeconds Equality = "seconds"
	equalParams  Equality = "params"
)

// UnmarshalText accepts the names.
func (e *Equality) UnmarshalText(text []byte) error {
	if err := suggest.Name("equality", string(text), []string{string(equalSeconds), string(equalParams)}); err != nil {
		return err
	}
	*e = Equality(text)
	return nil
}

// Sizes of the measurement: samples of each model, and fresh points for its density.
const (
	comparePoints      = 100000
	smokeComparePoints = 4000
)

// plan checks what was asked for.
func plan(models registry.List, c Request) (*Comparison, error) {
	switch {
	case c.Models != nil:
	case c.Calibrate:
		c.Models = models.Names()
	default:
		c.Models = models.Names(registry.Paradigm)
	}
	switch {
	case c.Seeds < 1 || c.Seeds > 1000:
		return nil, usage.Errorf("--seeds is %d, but must be 1 to 1000", c.Seeds)
	case c.Budget <= 0:
		return nil, usage.Errorf("--budget is %v, but must be above 0s: 15s is the default", c.Budget)
	case c.Calibrate && c.Smoke:
		return nil, usage.Errorf("--calibrate and --smoke exclude each other: the steps of a smoke run are fixed")
	case c.Calibrate && c.Data != nil:
		return nil, usage.Errorf("--calibrate and --data exclude each other: rates are measured on %s, or on a model's own data", calibrationData)
	}
	if err := once("--models", c.Models); err != nil {
		return nil, err
	}
	for _, m := range c.Models {
		if err := suggest.Name("model", m, models.Names()); err != nil {
			return nil, err
		}
	}
	data, err := c.choose(models)
	if err != nil {
		return nil, err
	}
	k := &Comparison{models: models, plan: Plan{
		Data: data, Models: c.Models, Seeds: c.Seeds, Equal: string(c.Equal), Budget: c.Budget.Seconds(),
		Samples: trainer.Samples, Points: comparePoints,
	}}
	if c.Smoke {
		k.plan.Smoke, k.plan.Budget, k.plan.Samples, k.plan.Points = true, 0, trainer.SmokeSamples, smokeComparePoints
	}
	// The order of the table does not depend on that of the flag: the same runs, the same bytes.
	order := models.Names()
	slices.SortFunc(k.plan.Models, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
	if !c.Calibrate {
		if err := k.gather(); err != nil {
			return nil, err
		}
	}
	return k, k.rates.standard()
}

// enter lists the runs and looks at what the folder has of them, before anything is trained.
func (k *Comparison) enter(overwrite bool) error {
	k.plan.Rates = k.rates.source()
	for i, name := range k.plan.Data {
		sizes, err := k.sizes(name)
		if err != nil {
			return err
		}
		for seed := range uint64(k.plan.Seeds) {
			for _, model := range slices.Concat(References, k.plan.Models) {
				r := &entry{model: model, data: name, set: k.sets[i], seed: seed + 1}
				if slices.Contains(References, model) {
					err = r.refer()
				} else {
					err = r.plan(named(k.models, model), sizes[model])
				}
				if err != nil {
					return err
				}
				r.result = Run{Model: model, Data: name, Seed: r.seed, Dir: r.dir}
				k.runs = append(k.runs, r)
			}
		}
	}
	for _, r := range k.runs {
		if err := r.agree(k.root, overwrite); err != nil {
			return err
		}
	}
	return nil
}

// folder is the name of a run's folder: two comparisons of other budgets live side by side.
func (r *entry) folder(tail string) string {
	return filepath.Base(rundir.DefaultPath(r.model, r.data, r.seed)) + tail
}

// plan makes the configuration of a run that is trained.
func (r *entry) plan(m registry.Model, s sizing) error {
	var err error
	r.trained = true
	if r.config, r.steps, err = planned(m, r.data, r.seed, s); err != nil {
		return err
	}
	tail := fmt.Sprintf("-%dsteps", r.steps)
	switch {
	case s.smoke:
		tail = "-smoke"
	case s.hidden > 0:
		tail = fmt.Sprintf("-h%d%s", s.hidden, tail)
	}
	r.dir = r.folder(tail)
	return nil
}

// agree refuses a folder with a run of other settings, or marks it as one to be replaced.
func (r *entry) agree(root *rundir.Dir, overwrite bool) error {
	d, err := rundir.Open(root.Path(r.dir))
	if err != nil {
		return nil // there is none, or training it will say what is wrong
	}
	was, err := d.ReadConfig()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if settingsOnly(was) == settingsOnly(r.config) {
		return nil
	}
	if !overwrite {
		return usage.Errorf("%s was made with other settings: replace such runs with --overwrite, or choose another --out", d.Path(""))
	}
	d, err = rundir.Create(root.Path(r.dir), true)
	if err != nil {
		return err
	}
	return errors.Join(d.WriteFile(rundir.ConfigFile, r.config), d.Close())
}

// machine describes where the comparison is made.
func machine() Machine {
	env := rundir.NewEnv(kernel.CPULevel().String(), time.Now())
	return Machine{CPU: cpuName(), Kernels: env.CPU, Go: env.Go, Cores: cores(), Made: env.Started}
}
