package compare

import (
	"slices"
	"strings"
	"time"

	"genlab/internal/suggest"
	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/lab/trainer"
)

// Request is what a user asks of a comparison; the tags are those of the command line.
type Request struct {
	Data      []string      `placeholder:"NAME,..." help:"Datasets (default: the dataset that a model is made for, else 25gaussians,checkerboard,moons)."`
	Models    []string      `placeholder:"NAME,..." help:"Models (default: the paradigms)."`
	Seeds     int           `default:"1" help:"Number of seeds per model, 1 to 1000; use five or more for reliable intervals."`
	Budget    time.Duration `default:"12s" help:"Training time per run on one core, at nominal rates."`
	Equal     Equality      `default:"seconds" help:"Quantity kept equal: seconds (training time) or params (parameters within 5 %, and training points)."`
	Add       []string      `sep:"none" placeholder:"NAME=FILE" help:"Add, as a row of one measurement, samples that another program drew (.npy or .csv); repeatable. Then, separated by commas: logp=FILE and logq=FILE as for genlab eval, data=DATASET where several are compared."`
	Smoke     bool          `help:"Train tiny models for a few hundred steps, to check that everything works."`
	Calibrate bool          `help:"Measure the nominal rates of this machine for the paradigms and for --models (default: all), write them to --out for later comparisons there, and stop."`
	Overwrite bool          `help:"Replace runs that were trained with other settings."`
	Out       string        `default:"runs/compare" placeholder:"DIR" help:"Folder of the comparison and its runs."`
}

// Largest numbers of fresh points that densities are averaged over.
const (
	comparePoints      = 100000
	smokeComparePoints = 4000
)

// newComparison checks a request and plans the comparison.
func newComparison(models registry.List, c Request) (*Comparison, error) {
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
		return nil, usage.Errorf("--budget is %v, but must be above 0s: 12s is the default", c.Budget)
	case c.Calibrate && c.Smoke:
		return nil, usage.Errorf("--calibrate and --smoke exclude each other: the steps of a smoke run are fixed")
	case c.Calibrate && c.Add != nil:
		return nil, usage.Errorf("--calibrate and --add exclude each other: rates are those of trainings")
	case c.Calibrate && c.Data != nil:
		return nil, usage.Errorf("--calibrate and --data exclude each other: rates are measured on %s, or on the dataset that a model is made for", calibrationData)
	}
	if err := checkNames("--models", c.Models); err != nil {
		return nil, err
	}
	for _, m := range c.Models {
		if err := suggest.Name("model", m, models.Names()); err != nil {
			return nil, err
		}
	}
	data, err := c.chooseData(models)
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
	// The order of --models does not matter: the same runs give the same bytes.
	order := models.Names()
	slices.SortFunc(k.plan.Models, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
	if !c.Calibrate {
		if err := k.loadData(); err != nil {
			return nil, err
		}
		if err := k.addModels(c.Add); err != nil {
			return nil, err
		}
	}
	return k, k.rates.loadReference()
}

// defaultData lists the datasets where neither --data nor a model names one.
var defaultData = []string{"25gaussians", "checkerboard", "moons"}

// chooseData returns the names of the datasets: those of --data, else the one that the models are made
// for, else the defaults.
func (q *Request) chooseData(models registry.List) ([]string, error) {
	if q.Calibrate {
		return []string{calibrationData}, nil
	}
	if q.Data != nil {
		return q.Data, checkNames("--data", q.Data)
	}
	var own, needs []string
	for _, model := range q.Models {
		if data := mustNamed(models, model).About().Data; data != "" && !slices.Contains(own, data) {
			own, needs = append(own, data), append(needs, model+" learns "+data)
		}
	}
	switch len(own) {
	case 0:
		return defaultData, nil
	case 1:
		return own, nil
	}
	return nil, usage.Errorf("the models have no default dataset in common (%s): choose one with --data, or compare them separately", strings.Join(needs, ", "))
}

// loadData finds the datasets of the plan and describes them. It fails where a model cannot learn one of
// them.
func (k *Comparison) loadData() error {
	projected := false
	var coordinates []int
	for _, name := range k.plan.Data {
		ds, err := dataset(name)
		if err != nil {
			return err
		}
		var mismatch error
		var rest []string
		for _, model := range k.plan.Models {
			if _, err := mustNamed(k.models, model).Job(name, false).Task(); err == nil {
				rest = append(rest, model)
			} else if mismatch == nil {
				mismatch = err
			}
		}
		switch {
		case mismatch != nil && rest == nil:
			return mismatch
		case mismatch != nil:
			return usage.Errorf("%w; models that take %s: --models %s", mismatch, name, strings.Join(rest, ","))
		}
		if err := k.describeFile(ds); err != nil {
			return err
		}
		modes := 0
		if seen := ds.Plane().Modes; seen != nil {
			modes = seen.Len()
		}
		k.sets = append(k.sets, ds)
		k.plan.Modes = append(k.plan.Modes, modes)
		k.plan.Ceiling = append(k.plan.Ceiling, Number(ds.Plane().HighQuality))
		coordinates, projected = append(coordinates, ds.Dim()), projected || ds.View != nil
	}
	if projected {
		k.plan.Coordinates = coordinates
	}
	if !slices.ContainsFunc(k.plan.Files, func(f DataFile) bool { return f.Rows > 0 }) {
		k.plan.Files = nil
	}
	return nil
}

// describeFile adds a dataset to the plan's files.
func (k *Comparison) describeFile(ds registry.Points) error {
	split, err := ds.Split(registry.DefaultHoldout, 1)
	if err != nil {
		return err
	}
	var f DataFile
	if split.HeldOut != nil {
		train, _ := split.Rows()
		held, _ := split.HeldOut.Rows()
		f.Digest = digest(ds)
		f.Rows, _ = train.Dims()
		f.HeldOut, _ = held.Dims()
	}
	k.plan.Files = append(k.plan.Files, f)
	return nil
}

// checkNames fails for an empty list, an empty name and a name that occurs twice.
func checkNames(flag string, names []string) error {
	seen := map[string]bool{}
	for _, n := range names {
		if n == "" {
			return usage.Errorf("%s has an empty name: separate the names by single commas", flag)
		}
		if seen[n] {
			return usage.Errorf("%s names %q twice: name it once", flag, n)
		}
		seen[n] = true
	}
	if len(names) == 0 {
		return usage.Errorf("%s is empty: name at least one, or leave it out", flag)
	}
	return nil
}
