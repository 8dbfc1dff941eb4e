package sweep

import (
	"errors"
	"strconv"

	"genlab/internal/config"
	"genlab/internal/suggest"
)

// planKeys lists the keys of a plan in YAML.
var planKeys = []string{"model", "data", "seeds", "settings", "search", "trials", "search-seed", "halving", "metric"}

// ReadPlan reads a request in YAML:
//
//	model: [flow, vae]          # one, or a list
//	data: [moons, rings]
//	seeds: 5                    # 1 to 5; or a list of seeds
//	search: sobol               # grid (the default), random, sobol or halton
//	trials: 32
//	settings:
//	  steps: 2000               # one value is fixed
//	  lr: {from: 1e-4, to: 1e-2, scale: log}
//	  hidden: [32, 64, 128]
//	  bins: {values: [8, 16], when: {model: flow}}
//
// It fails with an error that has the line of what is wrong.
func ReadPlan(path string) (Request, error) {
	root, err := config.ReadTree(path)
	if err != nil {
		return Request{}, err
	}
	q := Request{Search: Grid, SearchSeed: 1, Seeds: Seeds(1), place: map[string]place{}}
	if root.Map == nil {
		return q, root.Errorf("want \"key: value\" lines")
	}
	for _, p := range root.Map {
		if err := q.set(p); err != nil {
			return q, err
		}
	}
	return q, nil
}

// set sets a part of the request from a line of a plan.
func (q *Request) set(p config.Pair) error {
	key, v := p.Key.Text, p.Value
	if err := suggest.Name("key", key, planKeys); err != nil {
		var unknown *suggest.Error
		if errors.As(err, &unknown) {
			return p.Key.Errorf("%v. Settings of the models go under settings:", unknown)
		}
		return err
	}
	q.place[key] = place{node: p.Key}
	var err error
	switch key {
	case "model":
		q.Models, err = scalars(v)
	case "data":
		q.Data, err = scalars(v)
	case "seeds":
		q.Seeds, err = seeds(v)
	case "settings":
		if v.Map == nil {
			return v.Errorf("settings: want \"key: value\" lines, indented")
		}
		for _, s := range v.Map {
			a, err := axis(s)
			if err != nil {
				return err
			}
			q.Axes = append(q.Axes, a)
		}
	case "search":
		if err := q.Search.UnmarshalText([]byte(v.Text)); err != nil {
			return v.Errorf("%v", err)
		}
	case "trials":
		q.Trials, err = integer(v, key)
	case "halving":
		q.Halving, err = integer(v, key)
	case "search-seed":
		var n int
		n, err = integer(v, key)
		q.SearchSeed = uint64(n)
	case "metric":
		q.Metric, err = scalar(v, key)
	}
	return err
}

// axis reads a setting: a value, a list, or a mapping.
func axis(p config.Pair) (Axis, error) {
	a := Axis{Key: p.Key.Text, place: place{node: p.Key}}
	if p.Value.Map == nil {
		var err error
		a.Values, err = scalars(p.Value)
		return a, err
	}
	r := new(Range)
	var from, to bool
	for _, part := range p.Value.Map {
		var err error
		switch v := part.Value; part.Key.Text {
		case "values", "value":
			a.Values, err = scalars(v)
		case "from":
			r.From, err = number(v, "from")
			from = true
		case "to":
			r.To, err = number(v, "to")
			to = true
		case "count":
			r.Count, err = integer(v, "count")
		case "scale":
			if err := suggest.Name("scale", v.Text, []string{"linear", "log"}); err != nil {
				return a, v.Errorf("%v", err)
			}
			r.Log = v.Text == "log"
		case "when":
			a.When, err = conditions(v)
		default:
			return a, part.Key.Errorf("%v", suggest.Name("key", part.Key.Text, []string{"values", "from", "to", "scale", "count", "when"}))
		}
		if err != nil {
			return a, err
		}
	}
	switch {
	case from != to, !from && a.Values == nil:
		return a, p.Key.Errorf("%s: want values, or from and to", a.Key)
	case from && a.Values != nil:
		return a, p.Key.Errorf("%s: values and a range exclude each other: give one of them", a.Key)
	case from:
		a.Range = r
	}
	return a, nil
}

func conditions(n config.Node) (list Conditions, err error) {
	if len(n.Map) == 0 {
		return nil, n.Errorf("when: want a mapping, such as {model: flow}")
	}
	for _, p := range n.Map {
		c := Condition{Key: p.Key.Text, place: place{node: p.Key}}
		if c.Values, err = scalars(p.Value); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// scalars returns a scalar or a list of them.
func scalars(n config.Node) ([]string, error) {
	if n.Scalar() {
		return []string{n.Text}, nil
	}
	if n.Map != nil {
		return nil, n.Errorf("want a value or a list of values, not a mapping")
	}
	if len(n.List) == 0 {
		return nil, n.Errorf("the list is empty: give at least one value")
	}
	list := make([]string, len(n.List))
	for i, item := range n.List {
		var err error
		if list[i], err = scalar(item, "a list"); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func scalar(n config.Node, key string) (string, error) {
	if !n.Scalar() {
		return "", n.Errorf("%s: want one value here, not a list or a mapping", key)
	}
	return n.Text, nil
}

func seeds(n config.Node) ([]uint64, error) {
	if n.Scalar() {
		k, err := integer(n, "seeds")
		return Seeds(min(k, maxSeeds+1)), err
	}
	texts, err := scalars(n)
	if err != nil {
		return nil, err
	}
	var list []uint64
	for i, s := range texts {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return nil, n.List[i].Errorf("a seed is a whole number from 0, not %q", s)
		}
		list = append(list, seed)
	}
	return list, nil
}

func integer(n config.Node, key string) (int, error) {
	k, err := strconv.Atoi(n.Text)
	if !n.Scalar() || err != nil || k < 0 {
		return 0, n.Errorf("%s is a whole number from 0, not %q", key, n.Text)
	}
	return k, nil
}

func number(n config.Node, key string) (float64, error) {
	x, err := strconv.ParseFloat(n.Text, 64)
	if !n.Scalar() || err != nil {
		return 0, n.Errorf("%s is a number, not %q", key, n.Text)
	}
	return x, nil
}
