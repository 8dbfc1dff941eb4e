package sweep

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/lab/rundir"
)

// Plan is a checked request with its runs.
type Plan struct {
	Entries []Entry
	request Request
	models  registry.List
	cost    *estimate // nil until it is asked for
}

// New checks every name and value of a request, and lists its runs. It fails with an error that says where and what:
// an unknown name, a value out of range, an empty grid, settings that contradict each other.
func New(models registry.List, q Request) (*Plan, error) {
	if q.Search == "" {
		q.Search = Grid
	}
	if err := q.check(models); err != nil {
		return nil, err
	}
	p := &Plan{request: q, models: models}
	var err error
	if p.Entries, err = q.expand(models); err != nil {
		return nil, err
	}
	if len(p.Entries) == 0 {
		return nil, usage.Errorf("the plan has no runs: there is no combination whose conditions hold")
	}
	return p, q.checkHalving(p.Entries)
}

// Sweep is a sweep with its folder.
type Sweep struct {
	*Plan
	Reused int // runs that the folder had before
	dir    *rundir.Dir
	path   string
}

// Open writes the plan to a folder, and makes it where there is none. Runs that the folder has already keep their
// index; new ones are appended. Open fails with a usage error where the folder holds something else, or a run that is not
// in the plan, and where it is being written by another process.
func (p *Plan) Open(out string) (*Sweep, error) {
	s := &Sweep{Plan: p, path: out}
	d, err := rundir.Resume(out)
	fresh := errors.Is(err, rundir.ErrNotRun)
	if fresh {
		d, err = rundir.Create(out, false)
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	s.dir = d
	if !fresh {
		if _, err := readHeader(d); err != nil {
			return nil, usage.Errorf("%s holds a run or a comparison, not a sweep: choose another --out", out)
		}
		if err := s.merge(); err != nil {
			return nil, err
		}
	}
	h := p.request.header()
	if h.Halving > 0 {
		h.Steps = p.Entries[0].job.Loop().Steps
	}
	if err := d.WriteFile(PlanFile, text(p.Entries)); err != nil {
		return nil, err
	}
	return s, d.WriteConfig(&h)
}

// merge gives the runs of the plan the indices that they have in the folder.
func (s *Sweep) merge() error {
	at := map[string]int{}
	for i, e := range s.Entries {
		at[settingsText(e.job)] = i
	}
	var ordered []Entry
	err := planLines(s.dir, func(i int, line []byte) (bool, error) {
		e, stored, err := parseLine(i, line)
		if err != nil {
			return false, err
		}
		k, ok := at[string(stored.Settings)]
		if !ok {
			return false, s.otherPlan(e, stored)
		}
		ordered = append(ordered, s.Entries[k])
		delete(at, string(stored.Settings))
		return true, nil
	})
	if other := new(otherPlanError); errors.As(err, &other) {
		return usage.Error{Err: other}
	}
	if err != nil {
		return err
	}
	s.Reused = len(ordered)
	for i, e := range s.Entries {
		if _, ok := at[settingsText(e.job)]; ok {
			ordered = append(ordered, s.Entries[i])
		}
	}
	for i := range ordered {
		ordered[i].Index = i
	}
	s.Entries = ordered
	return nil
}

// otherPlanError says that a folder holds another plan.
type otherPlanError struct{ msg string }

func (e *otherPlanError) Error() string { return e.msg }

// otherPlan returns the error of a folder with a run that the plan lacks.
func (s *Sweep) otherPlan(e Entry, stored storedLine) error {
	msg := fmt.Sprintf("%s holds another plan: its run %d (%v) is not in this one", s.path, e.Index, e)
	if was, err := decodeJob(s.models, stored); err == nil {
		for _, mine := range s.Entries {
			if mine.Model == e.Model && mine.Data == e.Data && mine.Seed == e.Seed {
				if key := registry.Differing(was, mine.job); key != "" {
					msg += fmt.Sprintf("; %s is %s there and %s here", key, setting(was, key).Default, setting(mine.job, key).Default)
				}
				break
			}
		}
	}
	return &otherPlanError{msg + ". Choose another --out; a plan with more values, trials or seeds continues the folder"}
}

// Configurations returns the number of configurations, each of which runs with every seed.
func (p *Plan) Configurations() int { return len(p.Entries) / len(p.request.Seeds) }

// Describe says what is run and how long it takes. It fails where the data cannot be read or do not fit the models.
func (p *Plan) Describe(cores int) (string, error) {
	e, err := p.estimate()
	if err != nil {
		return "", err
	}
	s := count(len(p.Entries), "run")
	if n := len(p.request.Seeds); n > 1 {
		s += fmt.Sprintf(": %s with %d seeds each", count(p.Configurations(), "configuration"), n)
	}
	if h := p.request.header(); h.Axes != "" {
		s += " of " + h.title()
	}
	return s + "\n" + e.String(len(p.Entries), cores), nil
}

// count prints a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// List returns a line for each configuration, at most some of them: the indices of its runs and what is particular to them.
func (p *Plan) List(most int) string {
	var b strings.Builder
	for lines, i := 0, 0; i < len(p.Entries); lines++ {
		if lines == most {
			fmt.Fprintf(&b, "and %s more\n", count(len(p.Entries)-i, "run"))
			break
		}
		first, n := p.Entries[i], 1
		for i+n < len(p.Entries) && maps.Equal(p.Entries[i+n].Axes, first.Axes) {
			n++
		}
		last := p.Entries[i+n-1]
		if i += n; n == 1 {
			fmt.Fprintf(&b, "%11d  %v\n", first.Index, first)
			continue
		}
		seeds := fmt.Sprintf("seeds %d to %d", first.Seed, last.Seed)
		if int(last.Seed-first.Seed) != n-1 {
			seeds = fmt.Sprintf("%d seeds", n)
		}
		fmt.Fprintf(&b, "%11s  %s\n", fmt.Sprintf("%d to %d", first.Index, last.Index), first.with(seeds))
	}
	return b.String()
}

// data returns the first run of each model on each dataset.
func (p *Plan) data() []Entry {
	var list []Entry
	for _, e := range p.Entries {
		if !slices.ContainsFunc(list, func(o Entry) bool { return o.Model == e.Model && o.Data == e.Data }) {
			list = append(list, e)
		}
	}
	return list
}
