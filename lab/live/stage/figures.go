package stage

import (
	"math"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/lab/evaluate"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/train"
)

// Numbers of points of the metrics: while a model trains, and after its last step.
const (
	sampled, sampledLast = 2000, 10000 // samples
	scored, scoredLast   = 2000, 10000 // points of a likelihood
	byODE, byODELast     = 128, 1000   // of one that solves an ODE
)

// oracle is a sample of the true distribution that plays the part of a perfect model.
type oracle struct {
	points        registry.Points
	seed          uint64
	truth, sample [2]*mat.Dense // on the plane; while a model trains, and after its last step
	energy        [2]float64
	modes         [2]metrics.ModeReport
}

// newOracle returns the oracle of the first panel's data, which are those of all; nil where no panel trains or the
// held-out rows are too few.
func newOracle(ds *datasets.Dataset, panels []*panel, seed uint64) *oracle {
	for _, p := range panels {
		if p.cannot != "" {
			continue
		}
		o := &oracle{points: p.task, seed: seed}
		for i, n := range []int{sampled, sampledLast} {
			truth, sample := p.task.Truth(n, train.NewStream(seed, "evaluation").Rand)
			if rows, _ := sample.Dims(); rows < evaluate.FewestRows {
				return nil
			}
			if rows, _ := truth.Dims(); rows < evaluate.FewestRows {
				return nil
			}
			o.truth[i], o.sample[i] = ds.Project(truth), ds.Project(sample)
			o.energy[i] = math.NaN() // computed when it is needed
		}
		return o
	}
	return nil
}

// ready computes the oracle's own metrics of one size.
func (o *oracle) ready(i int) {
	if !math.IsNaN(o.energy[i]) {
		return
	}
	o.energy[i] = metrics.EnergyDistance(o.sample[i], o.truth[i]).Value
	if info := registry.Described(o.points.Dataset); info.Modes != nil && info.Modes.Len() > 0 {
		o.modes[i] = metrics.Modes(o.sample[i], info.Modes, info.Weights, info.HighQuality)
	}
}

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
	Panel      string  `json:"panel"`
	Step       int     `json:"step"`
	Seconds    float64 `json:"seconds"`
	Rows       []row   `json:"rows"`
	Likelihood string  `json:"likelihood"`
}

// history is the message of a panel's race so far.
type history struct {
	Panel  string                    `json:"panel"`
	Points [][4]metrics.Number       `json:"points"`
	Oracle map[string]metrics.Number `json:"oracle"`
}

// messages returns what a new listener is told of a panel.
func (h *shown) messages(id string) (all []Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	points := append([][4]metrics.Number{}, h.history...)
	all = append(all, encoded("history", history{id, points, map[string]metrics.Number{"energy_distance": metrics.Number(h.oracle)}}))
	if h.frame != nil {
		all = append(all, *h.frame)
	}
	if h.figures != nil {
		all = append(all, *h.figures)
	}
	return all
}

// showFigures sends the metrics of a panel's model as it is now.
func (s *stage) showFigures(p *panel) {
	c := p.copy()
	s.mu.Lock()
	o := s.oracle
	s.mu.Unlock()
	f := figures{Panel: p.id, Step: c.step, Seconds: c.seconds, Rows: []row{}, Likelihood: likelihoodNotes[p.job.Of().About().Likelihood]}
	energy, kl, oracleEnergy := math.NaN(), math.NaN(), math.NaN()
	if m, err := p.trained(c); err == nil && o != nil {
		err := guarded(func() error { f.Rows = o.rows(p, m, c.state == "done"); return nil })
		if err != nil {
			f.Rows = []row{}
		}
		for _, r := range f.Rows {
			switch r.Name {
			case "energy_distance":
				energy, oracleEnergy = float64(r.Value), float64(r.Oracle)
			case "kl":
				kl = float64(r.Value)
			}
		}
	}
	e := encoded("figures", f)
	p.shown.mu.Lock()
	first := p.shown.figures == nil
	p.shown.figures, p.shown.oracle = &e, oracleEnergy
	point := [4]metrics.Number{metrics.Number(c.step), metrics.Number(c.seconds), metrics.Number(energy), metrics.Number(kl)}
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

// rows returns the metrics of a model; last says that it has taken its last step.
func (o *oracle) rows(p *panel, m registry.Trained, last bool) (all []row) {
	i, n, points, solved := 0, sampled, scored, byODE
	if last {
		i, n, points, solved = 1, sampledLast, scoredLast, byODELast
	}
	o.ready(i)
	all = append(all, o.likelihood(m, points, solved)...)
	s, nfe, err := p.with(m, *p.options.Load())
	if err != nil {
		return all
	}
	if rows, _ := o.truth[i].Dims(); rows < n {
		n = rows // held-out rows of a file
	}
	x := o.points.Project(s.Sample(n, train.NewStream(o.seed, "sample").Rand))
	all = append(all, rowOf(metrics.EnergyDistance(x, o.truth[i]).Row("energy_distance", o.energy[i], "", "lower")))
	if info := registry.Described(o.points.Dataset); info.Modes != nil && info.Modes.Len() > 0 {
		r := metrics.Modes(x, info.Modes, info.Weights, info.HighQuality)
		all = append(all,
			rowOf(r.Hit.Row("modes", o.modes[i].Hit.Value, "", "higher")),
			rowOf(r.HighQuality.Row("high_quality", o.modes[i].HighQuality.Value, "", "")))
	}
	return append(all, rowOf(metrics.Estimate{Value: float64(nfe), SE: math.NaN(), N: n}.Row("network_evaluations", math.NaN(), "", "lower")))
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
