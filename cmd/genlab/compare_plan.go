package main

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
	"genlab/lab/compare"
)

// comparison is a plan and what has been done of it.
type comparison struct {
	plan  compare.Plan
	rates rates
	sets  []*datasets.Dataset // of plan.Data
	root  *rundir.Dir
	runs  []*contender // by data, seed, model: the references first
}

// contender is one model on one data set with one seed.
type contender struct {
	model, data string
	set         *datasets.Dataset
	seed        uint64
	trained     bool
	steps       int
	config      []byte // config.yaml
	dir         string // within the comparison's
	result      compare.Run
	processor   time.Duration // that its training took, if it began here
}

// equality is what a comparison keeps equal.
type equality string

const (
	equalSeconds equality = "seconds"
	equalParams  equality = "params"
)

// UnmarshalText accepts the names.
func (e *equality) UnmarshalText(text []byte) error {
	if err := suggest.Name("equality", string(text), []string{string(equalSeconds), string(equalParams)}); err != nil {
		return err
	}
	*e = equality(text)
	return nil
}

// Sizes of the measurement: samples of each model, and fresh points for its density.
const (
	comparePoints      = 100000
	smokeComparePoints = 4000
)

// plan checks what was asked for.
func (c *compareCmd) plan() (*comparison, error) {
	switch {
	case c.Models != nil:
	case c.Calibrate:
		c.Models = modelNames()
	default:
		c.Models = slices.Clone(theParadigms)
	}
	switch {
	case c.Seeds < 1 || c.Seeds > 1000:
		return nil, usagef("--seeds is %d, but must be 1 to 1000", c.Seeds)
	case c.Budget <= 0:
		return nil, usagef("--budget is %v, but must be above 0s: 15s is the default", c.Budget)
	case c.Calibrate && c.Smoke:
		return nil, usagef("--calibrate and --smoke exclude each other: the steps of a smoke run are fixed")
	case c.Calibrate && c.Data != nil:
		return nil, usagef("--calibrate and --data exclude each other: rates are measured on %s, or on a model's own data", calibrationData)
	}
	if err := environment(); err != nil {
		return nil, err
	}
	if err := once("--models", c.Models); err != nil {
		return nil, err
	}
	for _, m := range c.Models {
		if err := suggest.Name("model", m, modelNames()); err != nil {
			return nil, err
		}
	}
	data, err := c.choose()
	if err != nil {
		return nil, err
	}
	k := &comparison{plan: compare.Plan{
		Data: data, Models: c.Models, Seeds: c.Seeds, Equal: string(c.Equal), Budget: c.Budget.Seconds(),
		Samples: evalSamples, Points: comparePoints,
	}}
	if c.Smoke {
		k.plan.Smoke, k.plan.Budget, k.plan.Samples, k.plan.Points = true, 0, smokeSamples, smokeComparePoints
	}
	// The order of the table does not depend on that of the flag: the same runs, the same bytes.
	slices.SortFunc(k.plan.Models, func(a, b string) int { return slices.Index(modelNames(), a) - slices.Index(modelNames(), b) })
	if !c.Calibrate {
		if err := k.gather(); err != nil {
			return nil, err
		}
	}
	return k, k.rates.standard()
}

// theParadigms are compared where nothing else is asked for. Equal sizes are computed over them,
// so that a run is the same in whatever company.
var theParadigms = []string{"diffusion", "flow", "gan", "vae", "autoregressive"}

// enter lists the runs and looks at what the folder has of them, before anything is trained.
func (k *comparison) enter(overwrite bool) error {
	k.plan.Rates = k.rates.source()
	for i, name := range k.plan.Data {
		sizes, err := k.sizes(name)
		if err != nil {
			return err
		}
		for seed := range uint64(k.plan.Seeds) {
			for _, model := range slices.Concat(compare.References, k.plan.Models) {
				r := &contender{model: model, data: name, set: k.sets[i], seed: seed + 1}
				if slices.Contains(compare.References, model) {
					err = r.refer()
				} else {
					err = r.plan(sizes[model])
				}
				if err != nil {
					return err
				}
				r.result = compare.Run{Model: model, Data: name, Seed: r.seed, Dir: r.dir}
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
func (r *contender) folder(tail string) string {
	return filepath.Base(rundir.DefaultPath(r.model, r.data, r.seed)) + tail
}

// plan makes the configuration of a run that is trained.
func (r *contender) plan(s sizing) (err error) {
	r.trained = true
	if r.config, r.steps, err = paradigmNamed(r.model).planned(r.data, r.seed, s); err != nil {
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
func (r *contender) agree(root *rundir.Dir, overwrite bool) error {
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
		return usagef("%s was made with other settings: replace such runs with --overwrite, or choose another --out", d.Path(""))
	}
	d, err = rundir.Create(root.Path(r.dir), true)
	if err != nil {
		return err
	}
	return errors.Join(d.WriteFile(rundir.ConfigFile, r.config), d.Close())
}

// machine describes where the comparison is made.
func machine() compare.Machine {
	env := rundir.NewEnv(kernel.CPULevel().String(), time.Now())
	return compare.Machine{CPU: cpuName(), Kernels: env.CPU, Go: env.Go, Cores: cores(), Made: env.Started}
}
