package compare

import (
	"slices"
	"strings"

	"genlab/datasets"
	"genlab/internal/usage"
	"genlab/lab/registry"
)

// usualData are compared on where neither data is named nor a model has data of its own.
var usualData = []string{"25gaussians", "checkerboard", "moons"}

// calibrationData is what rates are measured on, but for models with data of their own.
const calibrationData = "25gaussians"

// choose returns the names of the data sets: those that were asked for, else the models' own, else
// the usual ones.
func (q *Request) choose(models registry.List) ([]string, error) {
	if q.Calibrate {
		return []string{calibrationData}, nil
	}
	if q.Data != nil {
		return q.Data, once("--data", q.Data)
	}
	var own, said []string
	for _, model := range q.Models {
		if data := named(models, model).About().Data; data != "" && !slices.Contains(own, data) {
			own, said = append(own, data), append(said, model+" learns "+data)
		}
	}
	switch len(own) {
	case 0:
		return usualData, nil
	case 1:
		return own, nil
	}
	return nil, usage.Errorf("the models have different data of their own (%s): name one with --data, or compare them one by one", strings.Join(said, ", "))
}

// gather finds the data sets of the plan and describes them. It refuses a model that does not
// take one of them.
func (k *Comparison) gather() error {
	views := false
	var coordinates []int
	for _, name := range k.plan.Data {
		ds, err := dataset(name)
		if err != nil {
			return err
		}
		var refusal error
		var rest []string
		for _, model := range k.plan.Models {
			if _, err := named(k.models, model).Job(name, false).Task(); err == nil {
				rest = append(rest, model)
			} else if refusal == nil {
				refusal = err
			}
		}
		switch {
		case refusal != nil && rest == nil:
			return refusal
		case refusal != nil:
			return usage.Errorf("%w; these take %s: --models %s", refusal, name, strings.Join(rest, ","))
		}
		modes := 0
		if seen := ds.Plane().Modes; seen != nil {
			modes = seen.Len()
		}
		k.sets = append(k.sets, ds)
		k.plan.Modes = append(k.plan.Modes, modes)
		k.plan.Ceiling = append(k.plan.Ceiling, Number(ds.Plane().HighQuality))
		coordinates, views = append(coordinates, ds.Dim()), views || ds.View != nil
	}
	if views {
		k.plan.Coordinates = coordinates
	}
	return nil
}

// once refuses a list with nothing in it, or one thing twice.
func once(flag string, names []string) error {
	seen := map[string]bool{}
	for _, n := range names {
		if seen[n] || n == "" {
			return usage.Errorf("%s names %q twice or nothing at all", flag, n)
		}
		seen[n] = true
	}
	if len(names) == 0 {
		return usage.Errorf("%s names nothing", flag)
	}
	return nil
}

// named returns the model of a name that was checked.
func named(models registry.List, name string) registry.Model {
	m, err := models.Named(name)
	if err != nil {
		panic(err)
	}
	return m
}

// dataset returns the data set of a name.
func dataset(name string) (*datasets.Dataset, error) {
	p, err := registry.FindPoints("", name, false, 0)
	return p.Dataset, err
}
