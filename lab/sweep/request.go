package sweep

import (
	"slices"
	"strconv"
	"strings"

	"genlab/internal/config"
	"genlab/internal/suggest"
	"genlab/internal/usage"
	"genlab/lab/registry"
)

// Request is what a user asks of a sweep.
type Request struct {
	Models     []string
	Data       []string // nil for the default dataset of each model
	Seeds      []uint64
	Axes       []Axis // in the order of tables; fixed settings are axes of one value
	Search     Search
	Trials     int    // number of configurations of a search for each dataset, 0 for a grid
	SearchSeed uint64 // of the random numbers of a search
	Smoke      bool   // tiny models
	Halving    int    // 0: none; else 1 in so many configurations survives a rung
	Metric     string // by which halving ranks, and that is shown first

	place map[string]place // of models, data, seeds, search, trials, halving, metric
}

// Limits of a plan.
const (
	maxRuns  = 100000
	maxSeeds = 1000
)

// Seeds returns 1 to n.
func Seeds(n int) []uint64 {
	list := make([]uint64, 0, max(n, 0))
	for i := range n {
		list = append(list, uint64(i)+1)
	}
	return list
}

// at returns where a part of the request was written; one that was not given is a flag.
func (q *Request) at(key string) place {
	if p, ok := q.place[key]; ok {
		return p
	}
	return place{flag: "--" + key}
}

// check fails with an error that says where for a request that contradicts itself, and brings the values of the axes
// to their normal form.
func (q *Request) check(models registry.List) error {
	if len(q.Models) == 0 {
		return usage.Errorf("a sweep needs a model: genlab sweep MODEL, or a line model: in the plan; models are %s", strings.Join(models.Names(), ", "))
	}
	for _, list := range []struct {
		key   string
		names []string
	}{{"model", q.Models}, {"data", q.Data}} {
		for i, name := range list.names {
			if name == "" || slices.Contains(list.names[:i], name) {
				return q.at(list.key).errorf("%s names %q twice or not at all: give each name once", list.key, name)
			}
		}
	}
	for _, name := range q.Models {
		if err := suggest.Name("model", name, models.Names()); err != nil {
			return q.at("model").errorf("%w", err)
		}
	}
	if err := q.checkDefaultData(models); err != nil {
		return err
	}
	if n := len(q.Seeds); n < 1 || n > maxSeeds {
		return q.at("seeds").errorf("there are %d seeds, but must be 1 to %d", n, maxSeeds)
	}
	for i, s := range q.Seeds {
		if slices.Contains(q.Seeds[:i], s) {
			return q.at("seeds").errorf("seed %d is given twice", s)
		}
	}
	if err := q.checkSearch(); err != nil {
		return err
	}
	for i := range q.Axes {
		if err := q.checkAxis(models, i); err != nil {
			return err
		}
	}
	return nil
}

// checkDefaultData fails where no data are given and the models have different ones.
func (q *Request) checkDefaultData(models registry.List) error {
	var first, own string
	for i, name := range q.Models {
		m, err := models.Named(name)
		if err != nil {
			return err
		}
		data := m.Job("", q.Smoke).Data()
		if i == 0 {
			first, own = name, data
		} else if q.Data == nil && data != own {
			return q.at("data").errorf("data are not given, and %s learns %s by default, but %s %s: name them, or sweep the models apart", first, own, name, data)
		}
	}
	return nil
}

func (q *Request) checkSearch() error {
	varied := 0
	for _, a := range q.Axes {
		if a.varied() {
			varied++
		}
		if a.Range != nil && a.Range.Count == 0 && q.Search == Grid {
			return a.place.errorf("a range needs a number of values in a grid: write %v..%v:log:5 (in a file, count: 5), or sample it with search random", a.Range.From, a.Range.To)
		}
	}
	switch {
	case q.Search == Grid && q.Trials != 0:
		return q.at("trials").errorf("trials is %d, but a grid has as many configurations as there are combinations: choose a search, random, sobol or halton", q.Trials)
	case q.Search != Grid && (q.Trials < 1 || q.Trials > maxRuns):
		return q.at("trials").errorf("trials is %d, but the search %s needs a number from 1 to %d", q.Trials, q.Search, maxRuns)
	case q.Search != Grid && varied == 0:
		return q.at("search").errorf("there is nothing to search: give a setting several values or a range, such as --lr 1e-4..1e-2:log")
	case q.Halving == 1 || q.Halving < 0 || q.Halving > 10:
		return q.at("halving").errorf("halving is %d, but must be 2 to 10: one configuration in so many survives", q.Halving)
	}
	return nil
}

// checkAxis checks the key and every value of the i-th axis with each model that it applies to.
func (q *Request) checkAxis(models registry.List, i int) error {
	a := &q.Axes[i]
	applied := false
	for _, name := range q.Models {
		if !a.When.mayHold("model", name) {
			continue
		}
		applied = true
		model, err := models.Named(name)
		if err != nil {
			return err
		}
		if err := a.check(model.Job("", q.Smoke), len(q.Models) > 1); err != nil {
			return err
		}
	}
	if !applied {
		return a.place.errorf("the condition of %s holds for no model of the plan", a.Key)
	}
	for _, other := range q.Axes[:i] {
		if other.Key == a.Key {
			return a.place.errorf("%s is given twice: there is one axis for a setting", a.Key)
		}
	}
	for j := range a.Values {
		if slices.Contains(a.Values[:j], a.Values[j]) {
			return a.place.errorf("%s has the value %s twice", a.Key, a.Values[j])
		}
	}
	return nil
}

// check fails where the job has no such setting or a value is out of its range. It makes the key and the values those
// that the job prints.
func (a *Axis) check(job registry.Job, several bool) error {
	values := a.Values
	if a.Range != nil {
		if err := a.Range.check(a.place); err != nil {
			return err
		}
		values = []string{a.Range.at(0, false), a.Range.at(1, false)}
	}
	model := job.Of().About().Name
	for i, v := range values {
		err := config.Set(job.Settings(), a.Key, v)
		if unknown, ok := unwrap[*suggest.Error](err); ok && unknown.Kind == "key" {
			if several {
				return a.place.errorf("%s has no setting of that name: %w. Where only some models have it, add when: {model: ...}", model, unknown)
			}
			return a.place.errorf("%w", unknown)
		}
		if err == nil {
			err = config.Check(job.Settings())
		}
		if err != nil {
			return a.place.errorf("%w", err)
		}
		f := setting(job, a.Key)
		if a.Key = f.Key; slices.Contains([]string{"model", "data", "seed"}, a.Key) {
			return a.place.errorf("%s is no axis of settings: name models, data and seeds as such", a.Key)
		}
		if a.Range == nil {
			a.Values[i] = f.Default
		} else if !f.Value.CanInt() && !f.Value.CanUint() && !f.Value.CanFloat() {
			return a.place.errorf("%s is no number, and has no range: list its values", a.Key)
		}
	}
	return nil
}

// setting returns a setting of a job, as it is now, by its key or an alias. It panics where there is none.
func setting(job registry.Job, key string) config.Field {
	for _, f := range registry.Fields(job) {
		if f.Key == key || slices.Contains(f.Aliases, key) {
			return f
		}
	}
	panic("sweep: no setting " + strconv.Quote(key))
}

// mayHold reports whether no condition on the key excludes a value.
func (c Conditions) mayHold(key, value string) bool {
	for _, one := range c {
		if one.Key == key && !slices.Contains(one.Values, value) {
			return false
		}
	}
	return true
}

// ParseSeeds reads the seeds of a flag: their number, or a list. It fails with a usage error.
func ParseSeeds(text string) ([]uint64, error) {
	parts := strings.Split(text, ",")
	var list []uint64
	for _, part := range parts {
		n, err := strconv.ParseUint(part, 10, 64)
		if err != nil {
			return nil, usage.Errorf("--seeds is %q, but must be a number of seeds, or a list such as 3,4", text)
		}
		list = append(list, n)
	}
	if len(list) == 1 {
		return Seeds(int(min(list[0], maxSeeds+1))), nil
	}
	return list, nil
}
