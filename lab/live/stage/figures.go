package stage

import (
	"math"
	"time"

	"genlab"
	"genlab/lab/evaluate"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/train"
)

// row is a metric of a panel with the oracle's value.
type row struct {
	Name   string         `json:"name"`
	Title  string         `json:"title"`
	Value  metrics.Number `json:"value"`
	SE     metrics.Number `json:"se"`
	Oracle metrics.Number `json:"oracle"`
	N      int            `json:"n"`
	Kind   string         `json:"kind"`
	Unit   string         `json:"unit"`
	Better string         `json:"better"`
	Help   string         `json:"help"`
}

// figures is the message of the metrics of a panel.
type figures struct {
	Panel      string         `json:"panel"`
	Step       int            `json:"step"`
	Seconds    float64        `json:"seconds"`
	Rows       []row          `json:"rows"`
	Raced      metrics.Number `json:"raced"` // energy distance for the race
	Oracle     standard       `json:"oracle"`
	Likelihood string         `json:"likelihood"`
}

// history is the message of a panel's race so far.
type history struct {
	Panel  string              `json:"panel"`
	Points [][4]metrics.Number `json:"points"`
	Oracle standard            `json:"oracle"`
}

// mark is a point of a race.
type mark struct{ energy, kl float64 }

// messages returns what a new listener is told of a panel.
func (h *shown) messages(id string) (all []Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	points, of := append([][4]metrics.Number{}, h.history...), h.oracle
	if h.figures == nil {
		of = noStandard
	}
	all = append(all, encoded("history", history{id, points, of}))
	if h.frame != nil {
		all = append(all, *h.frame)
	}
	if h.figures != nil {
		all = append(all, *h.figures)
	}
	return all
}

// leastStep is the first step that has figures: in a browser, which has one thread, those of step 0 would hold up the first
// steps.
func (s *stage) leastStep() int {
	if s.of.o.Backend == "worker" {
		return 1
	}
	return 0
}

// dueFigures returns the panel whose metrics are the oldest of those that have changed, nil if none has.
func dueFigures(panels []*panel, least int) (due *panel) {
	for _, p := range panels {
		if p.cannot == "" && p.latest.Load().step >= least && p.shown.frame != nil && (p.shown.figureStep != p.latest.Load().step || p.shown.figures == nil) &&
			(due == nil || p.shown.lastFigures.Before(due.shown.lastFigures)) {
			due = p
		}
	}
	return due
}

// showFigures sends the metrics of a panel's model as it is now.
func (s *stage) showFigures(p *panel) {
	c := p.copy()
	s.mu.Lock()
	o := s.oracle
	s.mu.Unlock()
	f := figures{Panel: p.id, Step: c.step, Seconds: c.seconds, Rows: []row{}, Likelihood: likelihoodNotes[p.job.Of().About().Likelihood]}
	at, to := mark{math.NaN(), math.NaN()}, noStandard
	if m, err := p.trained(c); err == nil && o != nil {
		_, _, err := p.guardedSamples(c, 2) // no figures of a model that shows no samples
		if err == nil {
			err = guarded(func() error { f.Rows, at = o.rows(p, m, c.state == "done"); return nil })
		}
		if err != nil {
			f.Rows, at = []row{}, mark{math.NaN(), math.NaN()}
		}
		if c.step > 0 {
			to = o.race()
		}
	}
	f.Raced, f.Oracle = metrics.Number(at.energy), to
	e := encoded("figures", f)
	p.shown.mu.Lock()
	first := p.shown.figures == nil
	p.shown.figures, p.shown.oracle = &e, to
	point := [4]metrics.Number{metrics.Number(c.step), metrics.Number(c.seconds), metrics.Number(at.energy), metrics.Number(at.kl)}
	p.shown.history = append(p.shown.history, point)
	if h := p.shown.history; len(h) > maxHistory { // the older half is thinned
		for i := range maxHistory / 4 {
			h[i] = h[2*i]
		}
		p.shown.history = append(h[:maxHistory/4], h[maxHistory/2:]...)
	}
	p.shown.mu.Unlock()
	p.shown.figureStep, p.shown.lastFigures = c.step, time.Now()
	if first {
		m := p.shown.messages(p.id)[0] // the history has the oracle
		s.hub.send(m.Name+":"+p.id, m)
	}
	s.hub.send("figures:"+p.id, e)
}

// rows returns the metrics of a model and its point of the race; last says that it has taken its last step.
func (o *oracle) rows(p *panel, m registry.Trained, last bool) (all []row, at mark) {
	i, n, points, solved := 0, sampled, scored, byODE
	if last {
		i, n, points, solved = 1, sampledLast, scoredLast, byODELast
	}
	at = mark{math.NaN(), math.NaN()}
	all = o.likelihood(m, points, solved)
	for _, r := range all {
		if r.Name == "kl" {
			at.kl = float64(r.Value)
		}
	}
	s, nfe, err := p.with(m, *p.options.Load())
	if err != nil {
		return all, at
	}
	if rows, _ := o.truth[i].Dims(); rows < n {
		n = rows // held-out rows of a file
	}
	perfect := o.scores(i)
	x := o.points.Project(s.Sample(n, train.NewStream(o.seed, "sample").Rand))
	energy := metrics.EnergyDistance(x, o.truth[i])
	at.energy = energy.Value
	if last { // the race compares values of one sample size
		least, _ := o.truth[0].Dims()
		at.energy = metrics.EnergyDistance(x.Slice(0, min(n, least), 0, 2), o.truth[0]).Value
	}
	all = append(all, rowOf(energy.Row("energy_distance", perfect.energy.Value, "", "lower")))
	if info := registry.Described(o.points.Dataset); info.Modes != nil && info.Modes.Len() > 0 {
		r := metrics.Modes(x, info.Modes, info.Weights, info.HighQuality)
		all = append(all,
			rowOf(r.Hit.Row("modes", perfect.modes.Hit.Value, "", "higher")),
			rowOf(r.HighQuality.Row("high_quality", perfect.modes.HighQuality.Value, "", "")))
	}
	return append(all, rowOf(metrics.Estimate{Value: float64(nfe), SE: math.NaN(), N: n}.Row("network_evaluations", math.NaN(), "", "lower"))), at
}

// likelihood returns the NLL of a model at fresh points with the entropy as its oracle, and KL(p‖q), or the bound on
// both; nothing where it has neither.
func (o *oracle) likelihood(m genlab.Sampler, n, solved int) []row {
	ds := o.points.Evaluated()
	kind := ""
	if _, ode := m.(registry.ODELogProber); ode {
		n, kind = solved, "ODE"
	}
	x := evaluate.FreshPoints(o.points, o.seed, n)
	logq, of := evaluate.LogDensity(m, x, train.NewStream(o.seed, "bound").Rand)
	if of == evaluate.None {
		return nil
	}
	name := "nll"
	if of == evaluate.Bound {
		name = "nll_bound"
	}
	if kind == "" {
		kind = of.String()
	}
	all := []row{rowOf(evaluate.NLL(logq).Row(name, ds.Entropy, kind, "lower"))}
	if ds.Density != nil {
		all = append(all, rowOf(metrics.PairedMean(ds.Density.LogProb(x), logq).Row("kl", 0, kind, "lower")))
	}
	return all
}

// rowOf returns the message of a row.
func rowOf(r metrics.Row) row {
	t := texts[r.Name]
	return row{
		r.Name, t.title, metrics.Number(r.Value), metrics.Number(r.SE), metrics.Number(r.Oracle), r.N, r.Kind, t.unit, r.Better, t.help,
	}
}
