package sweep

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"genlab/internal/config"
	"genlab/lab/registry"
)

// Entry is a line of a plan: a run with its resolved settings.
type Entry struct {
	Index int
	Model string
	Data  string
	Seed  uint64
	Axes  map[string]string // values of the axes that apply, among them model and data where several are compared
	job   registry.Job
}

// String names the run by its axes and its seed.
func (e Entry) String() string { return e.with(fmt.Sprintf("seed %d", e.Seed)) }

// with names the configuration, the model and the data first, and then the seeds.
func (e Entry) with(seeds string) string {
	var parts []string
	for _, key := range []string{"model", "data"} {
		if v, ok := e.Axes[key]; ok {
			parts = append(parts, key+" "+v)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(e.Axes)) {
		if key != "model" && key != "data" {
			parts = append(parts, key+" "+e.Axes[key])
		}
	}
	return strings.Join(append(parts, seeds), ", ")
}

// expand returns the runs of a checked request, in the order of trials or combinations, the seeds of one after the
// other. Combinations that occur twice, in a search among few values, are left out.
func (q *Request) expand(models registry.List) ([]Entry, error) {
	p := planner{request: q, models: models, known: map[string]bool{}}
	data := q.Data
	if data == nil {
		data = []string{""}
	}
	if q.Search == Grid {
		for _, model := range q.Models {
			for _, name := range data {
				if err := p.grid(model, name); err != nil {
					return nil, err
				}
			}
		}
		return q.withSeeds(p.entries), nil
	}
	var varied []*Axis
	for i := range q.Axes {
		if q.Axes[i].varied() {
			varied = append(varied, &q.Axes[i])
		}
	}
	d := len(varied)
	if len(q.Models) > 1 {
		d++
	}
	points, err := q.Search.points(q.Trials, d, q.SearchSeed)
	if err != nil {
		return nil, q.at("search").errorf("%w", err)
	}
	for i := range q.Trials {
		u := points.RawRowView(i)
		model := q.Models[0]
		if len(q.Models) > 1 {
			model = q.Models[int(u[d-1]*float64(len(q.Models)))]
		}
		at := map[*Axis]float64{}
		for j, a := range varied {
			at[a] = u[j]
		}
		for _, name := range data {
			if err := p.trial(model, name, at); err != nil {
				return nil, err
			}
		}
	}
	return q.withSeeds(p.entries), nil
}

// planner collects configurations.
type planner struct {
	request *Request
	models  registry.List
	known   map[string]bool
	entries []Entry
}

// choice is a value of an axis.
type choice struct {
	axis  *Axis
	value string
}

// start returns the job of a model on some data, with the default settings of both.
func (p *planner) start(model, data string) (registry.Job, error) {
	m, err := p.models.Named(model)
	if err != nil {
		return nil, err
	}
	return m.Job(data, p.request.Smoke), nil
}

// grid adds every combination of the values of a model on some data.
func (p *planner) grid(model, data string) error {
	job, err := p.start(model, data)
	if err != nil {
		return err
	}
	return p.product(job, 0, nil)
}

// product sets the axes from the i-th on to all their values.
func (p *planner) product(job registry.Job, i int, chosen []choice) error {
	if i == len(p.request.Axes) {
		return p.add(job, chosen)
	}
	a := &p.request.Axes[i]
	holds, err := a.When.hold(job)
	if err != nil {
		return err
	}
	if !holds {
		return p.product(job, i+1, chosen)
	}
	values := a.Values
	if a.Range != nil {
		f := setting(job, a.Key)
		values = a.Range.grid(f.Value.CanInt() || f.Value.CanUint())
	}
	for _, v := range values {
		next := job.Clone()
		if err := config.Set(next.Settings(), a.Key, v); err != nil {
			return a.place.errorf("%w", err)
		}
		if err := p.product(next, i+1, append(chosen[:len(chosen):len(chosen)], choice{a, v})); err != nil {
			return err
		}
	}
	return nil
}

// trial adds the configuration at a point of the unit cube.
func (p *planner) trial(model, data string, at map[*Axis]float64) error {
	job, err := p.start(model, data)
	if err != nil {
		return err
	}
	var chosen []choice
	for i := range p.request.Axes {
		a := &p.request.Axes[i]
		holds, err := a.When.hold(job)
		if err != nil {
			return err
		}
		if !holds {
			continue
		}
		var v string
		switch f := setting(job, a.Key); {
		case a.Range != nil:
			v = a.Range.at(at[a], f.Value.CanInt() || f.Value.CanUint())
		default:
			v = a.Values[int(at[a]*float64(len(a.Values)))]
		}
		if err := config.Set(job.Settings(), a.Key, v); err != nil {
			return a.place.errorf("%w", err)
		}
		chosen = append(chosen, choice{a, v})
	}
	return p.add(job, chosen)
}

// add adds a configuration unless it is already there.
func (p *planner) add(job registry.Job, chosen []choice) error {
	axes := map[string]string{}
	if len(p.request.Models) > 1 {
		axes["model"] = job.Of().About().Name
	}
	if len(p.request.Data) > 1 {
		axes["data"] = job.Data()
	}
	for _, c := range chosen {
		if c.axis.varied() {
			axes[c.axis.Key] = c.value
		}
	}
	if err := job.Validate(); err != nil {
		return p.request.invalid(err, chosen)
	}
	id := settingsText(job)
	if p.known[id] {
		return nil
	}
	p.known[id] = true
	if (len(p.entries)+1)*len(p.request.Seeds) > maxRuns {
		return p.request.at("seeds").errorf("the plan has more than %d runs, seeds included: give fewer values, or search with --trials", maxRuns)
	}
	p.entries = append(p.entries, Entry{Model: job.Of().About().Name, Data: job.Data(), Axes: axes, job: job.Clone()})
	return nil
}

// withSeeds returns the runs of configurations: each with every seed, one after the other.
func (q *Request) withSeeds(configurations []Entry) []Entry {
	list := make([]Entry, 0, len(configurations)*len(q.Seeds))
	for _, e := range configurations {
		for _, seed := range q.Seeds {
			run := e
			run.Index, run.Seed, run.job = len(list), seed, e.job.Clone()
			setting(run.job, "seed").Value.SetUint(seed)
			list = append(list, run)
		}
	}
	return list
}

// invalid returns the error of settings that contradict each other, at the last axis that it names.
func (q *Request) invalid(err error, chosen []choice) error {
	var said []string
	at := q.at("model")
	for _, c := range chosen {
		said = append(said, c.axis.Key+" "+c.value)
		if strings.Contains(err.Error(), c.axis.Key) {
			at = c.axis.place
		}
	}
	if said == nil {
		return at.errorf("%w", err)
	}
	return at.errorf("%w (in the combination %s). A condition, when, keeps settings apart", err, strings.Join(said, ", "))
}

// hold reports whether a job fulfils the conditions. It fails for a key that the job's model does not have, unless a
// condition on the model excludes it.
func (c Conditions) hold(job registry.Job) (bool, error) {
	if !c.mayHold("model", job.Of().About().Name) {
		return false, nil
	}
	for _, one := range c {
		holds := false
		for _, v := range one.Values {
			wanted := job.Clone()
			if err := config.Set(wanted.Settings(), one.Key, v); err != nil {
				return false, one.place.errorf("in a condition: %w", err)
			}
			holds = holds || registry.Differing(job, wanted) == ""
		}
		if !holds {
			return false, nil
		}
	}
	return true, nil
}

// unwrap finds an error of a type.
func unwrap[E error](err error) (e E, ok bool) {
	ok = errors.As(err, &e)
	return e, ok
}
