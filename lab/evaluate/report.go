package evaluate

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/train"
)

// Report is the evaluation of a run, or of a model of another program. Its JSON has the metrics by name.
type Report struct {
	Model        string
	Data         string
	Seed         uint64
	Params       int
	TrainSeconds float64
	Steps        int
	Sampler      string // "" where the model has only one
	Rows         []metrics.Row
	Note         string // how to read the rows
	Text         string // sampled by a model of text
	Foreign      bool   // of a [Foreign] model, whose parameters, steps and seconds are not known
}

// MarshalJSON implements [json.Marshaler]. Numbers that are unknown or not finite are null.
func (r *Report) MarshalJSON() ([]byte, error) {
	type metric struct {
		Value  metrics.Number `json:"value"`
		SE     metrics.Number `json:"se"`
		Oracle metrics.Number `json:"oracle"`
		N      int            `json:"n"`
		Kind   string         `json:"kind,omitempty"`
		Better string         `json:"better,omitempty"`
	}
	all := map[string]metric{}
	for _, row := range r.Rows {
		all[row.Name] = metric{metrics.Number(row.Value), metrics.Number(row.SE), metrics.Number(row.Oracle), row.N, row.Kind, row.Better}
	}
	params, seconds, steps := &r.Params, &r.TrainSeconds, &r.Steps
	if r.Foreign {
		params, seconds, steps = nil, nil, nil
	}
	return json.Marshal(struct {
		Model        string            `json:"model"`
		Data         string            `json:"data"`
		Seed         uint64            `json:"seed"`
		Params       *int              `json:"params"`
		TrainSeconds *float64          `json:"train_seconds"`
		Steps        *int              `json:"steps"`
		Sampler      string            `json:"sampler,omitempty"`
		Metrics      map[string]metric `json:"metrics"`
	}{r.Model, r.Data, r.Seed, params, seconds, steps, r.Sampler, all})
}

// Row returns the row of a name, false where there is none.
func (r *Report) Row(name string) (metrics.Row, bool) {
	for _, row := range r.Rows {
		if row.Name == name {
			return row, true
		}
	}
	return metrics.Row{}, false
}

func newReport(r *registry.Run) *Report {
	rep := &Report{Model: r.Name(), Data: r.Job.Data(), Seed: r.Job.Seed(), Params: r.Model.Params(), Steps: r.Step}
	if env, err := r.Dir.ReadEnv(); err == nil {
		rep.TrainSeconds = env.TrainSeconds
	}
	return rep
}

// Run evaluates a run with n samples, drawn with the options, against two fresh samples from the true
// distribution. illustrate draws the pictures of what was measured. Run fails with a usage error for options
// that do not apply, and where the data cannot be read.
func Run(r *registry.Run, n int, o registry.Options) (rep *Report, illustrate func() ([]registry.Picture, error), err error) {
	t, err := r.Task()
	if err != nil {
		return nil, nil, err
	}
	if text, ok := t.(models.Text); ok {
		return runText(r, text, n, o)
	}
	p := t.(registry.Points)
	rep, x, err := runPoints(r, p, n, o)
	return rep, func() ([]registry.Picture, error) { return pictures(r, p.Evaluated(), x) }, err
}

// Samples scores samples x (n x Dim) against two fresh samples from the true distribution of a dataset, one of
// them the oracle, both determined by the seed. It returns the rows of [metrics.Evaluate] and, for data on a
// manifold, the distance from it.
func Samples(x *mat.Dense, ds *datasets.Dataset, seed uint64) []metrics.Row {
	return Against(x, registry.Points{Dataset: ds}, seed)
}

// FewestRows is the number of held-out rows that sample metrics take at least: [metrics.PrecisionRecall] needs them.
const FewestRows = 6

// Against is [Samples] for points with held-out rows: the truth is of those, the oracle has as many training rows,
// and as many of the samples are scored. Below [FewestRows] it returns no rows.
func Against(x *mat.Dense, p registry.Points, seed uint64) []metrics.Row {
	n, d := x.Dims()
	truth, oracle := p.Truth(n, train.NewStream(seed, "evaluation").Rand)
	rows, _ := truth.Dims()
	others, _ := oracle.Dims()
	if n = min(rows, others); n < FewestRows {
		return nil
	}
	x = x.Slice(0, n, 0, d).(*mat.Dense)
	table := metrics.Evaluate(p.Project(x), p.Project(truth), p.Project(oracle), registry.Described(p.Dataset))
	if off, ok := registry.OffManifold(p.Dataset, x, oracle); ok {
		table = append(table, off)
	}
	return table
}

// note says how to read a report of n samples with these rows.
func note(p registry.Points, rows []metrics.Row, n int) string {
	all, finite := p.Rows()
	if !finite {
		return fmt.Sprintf("The oracle is a fresh sample from the true distribution: the score of a perfect model. %d samples; ± is one standard error.", n)
	}
	trained, _ := all.Dims()
	if p.HeldOut == nil {
		return fmt.Sprintf("All %d rows are training rows, none is held out: a model that memorises them scores best. Train with --holdout or --test to see that. "+
			"Sample metrics compare as many samples with one half of the rows; the oracle is the other half. ± is one standard error.", trained)
	}
	held, _ := p.HeldOut.Rows()
	h, _ := held.Dims()
	text, end := fmt.Sprintf("%d of %d rows are held out", h, h+trained), ""
	if h == 1 {
		text = fmt.Sprintf("1 of %d rows is held out", h+trained)
	}
	for _, r := range rows {
		if name, own := strings.CutSuffix(r.Name, "_train"); own {
			end = fmt.Sprintf("%s is of the training rows: far below %s, it shows that the model has memorised them. ", r.Name, name)
		}
		if (r.Name == "nll" || r.Name == "nll_bound") && r.SE > 0 {
			text += fmt.Sprintf(": differences of %s below %.2g, two standard errors, cannot be seen", r.Name, 2*r.SE)
		}
	}
	if text += ". "; h < FewestRows || trained < FewestRows {
		text += fmt.Sprintf("They are too few for sample metrics, which take %d. ", FewestRows)
	} else {
		text += fmt.Sprintf("Sample metrics compare %d samples with them; the oracle is as many training rows. ", min(n, h, trained))
	}
	return text + end + "± is one standard error."
}

func runPoints(r *registry.Run, p registry.Points, n int, o registry.Options) (*Report, *mat.Dense, error) {
	model, err := registry.WithTolerance(r.Model, o.Tolerance)
	if err != nil {
		return nil, nil, err
	}
	o.Tolerance = nil
	s, nfe, err := r.With(o)
	if err != nil {
		return nil, nil, err
	}
	seed := r.Job.Seed()
	start := time.Now()
	x := s.Sample(n, train.NewStream(seed, "sample").Rand)
	spent := time.Since(start)
	rep := newReport(r)
	if named, ok := s.(fmt.Stringer); ok {
		rep.Sampler = named.String()
	}
	// The sample metrics do not use the model: they fill the processors where its likelihood leaves one idle.
	var sampleMetrics sync.WaitGroup
	sampleMetrics.Go(func() { rep.Rows = Against(x, p, seed) })
	own := likelihoods(model, p, seed, n)
	var more []metrics.Row
	var ofModel string
	if m, ok := r.Model.(registry.Reporter); ok {
		more, ofModel = m.Report(p.Evaluated(), seed)
	}
	sampleMetrics.Wait()
	rep.Rows = append(rep.Rows, own...)
	rep.Note = note(p, rep.Rows, n)
	if t, ok := model.(registry.Tolerant); ok {
		rep.Note += fmt.Sprintf("\nnll and kl are exact up to the tolerance of the probability-flow ODE, %g (--tolerance).", t.Tolerance())
	}
	rep.Rows = append(rep.Rows, more...)
	if ofModel != "" {
		rep.Note += "\n" + ofModel
	}
	micro := float64(spent.Microseconds()) / float64(n)
	timed := func(v float64) metrics.Estimate { return metrics.Estimate{Value: v, SE: math.NaN(), N: n} }
	rep.Rows = append(rep.Rows,
		metrics.Estimate{Value: float64(nfe), N: n}.Row("network_evaluations", math.NaN(), "", "lower"),
		timed(micro).Row("microseconds_per_sample", math.NaN(), "", "lower"),
		timed(1e6/micro).Row("samples_per_second", math.NaN(), "", "higher"))
	return rep, x, nil
}
