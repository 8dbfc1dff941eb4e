package main

import (
	"slices"
	"strings"

	"genlab/lab/compare"
)

// usualData are compared on where neither data is named nor a model has data of its own.
var usualData = []string{"25gaussians", "checkerboard", "moons"}

// calibrationData is what rates are measured on, but for models with data of their own.
const calibrationData = "25gaussians"

// choose returns the names of the data sets: those that were asked for, else the models' own, else
// the usual ones.
func (c *compareCmd) choose() ([]string, error) {
	if c.Calibrate {
		return []string{calibrationData}, nil
	}
	if c.Data != nil {
		return c.Data, once("--data", c.Data)
	}
	var own, said []string
	for _, model := range c.Models {
		if data := paradigmNamed(model).home(); data != "" && !slices.Contains(own, data) {
			own, said = append(own, data), append(said, model+" learns "+data)
		}
	}
	switch len(own) {
	case 0:
		return usualData, nil
	case 1:
		return own, nil
	}
	return nil, usagef("the models have different data of their own (%s): name one with --data, or compare them one by one", strings.Join(said, ", "))
}

// gather finds the data sets of the plan and describes them. It refuses a model that does not
// take one of them.
func (k *comparison) gather() error {
	views := false
	var coordinates []int
	for _, name := range k.plan.Data {
		m, err := planeOf(name)
		if err != nil {
			return err
		}
		ds := m.(plane).Dataset
		var refusal error
		var rest []string
		for _, model := range k.plan.Models {
			if _, err := paradigmNamed(model).learns(name); err == nil {
				rest = append(rest, model)
			} else if refusal == nil {
				refusal = err
			}
		}
		switch {
		case refusal != nil && rest == nil:
			return refusal
		case refusal != nil:
			return usagef("%w; these take %s: --models %s", refusal, name, strings.Join(rest, ","))
		}
		modes := 0
		if seen := ds.Plane().Modes; seen != nil {
			modes = seen.Len()
		}
		k.sets = append(k.sets, ds)
		k.plan.Modes = append(k.plan.Modes, modes)
		k.plan.Ceiling = append(k.plan.Ceiling, compare.Number(ds.Plane().HighQuality))
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
			return usagef("%s names %q twice or nothing at all", flag, n)
		}
		seen[n] = true
	}
	if len(names) == 0 {
		return usagef("%s names nothing", flag)
	}
	return nil
}
