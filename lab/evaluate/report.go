package evaluate

import (
	"encoding/json"
	"fmt"
	"math"
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
	}
	all := map[string]metric{}
	for _, row := range r.Rows {
		all[row.Name] = metric{metrics.Number(row.Value), metrics.Number(row.SE), metrics.Number(row.Oracle), row.N, row.Kind}
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
	t, err := r.Job.Task()
	if err != nil {
		return nil, nil, err
	}
	if text, ok := t.(models.Text); ok {
		return runText(r, text, n, o)
	}
	ds := t.(registry.Points).Dataset
	rep, x, err := runPoints(r, ds, n, o)
	return rep, func() ([]registry.Picture, error) { return pictures(r, ds, x) }, err
}

// Samples scores samples x (n x Dim) against two fresh samples from the true distribution of a dataset, one of
// them the oracle, both determined by the seed. It returns the rows of [metrics.Evaluate] and, for data on a
// manifold, the distance from it.
func Samples(x *mat.Dense, ds *datasets.Dataset, seed uint64) []metrics.Row {
	n, _ := x.Dims()
	rng := train.NewStream(seed, "evaluation").Rand
	truth, oracle := ds.Sampler.Sample(n, rng), ds.Sampler.Sample(n, rng)
	rows := metrics.Evaluate(ds.Project(x), ds.Project(truth), ds.Project(oracle), registry.Described(ds))
	if off, ok := registry.OffManifold(ds, x, oracle); ok {
		rows = append(rows, off)
	}
	return rows
}

// noteOn says how to read the metrics of n samples.
func noteOn(n int) string {
	return fmt.Sprintf("The oracle is a fresh sample from the true distribution: the score of a perfect model. %d samples; ± is one standard error.", n)
}

func runPoints(r *registry.Run, ds *datasets.Dataset, n int, o registry.Options) (*Report, *mat.Dense, error) {
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
	rep.Rows = Samples(x, ds, seed)
	rep.Note = noteOn(n)
	rep.Rows = append(rep.Rows, likelihoods(r.Model, ds, seed, n)...)
	if own, ok := r.Model.(registry.Reporter); ok {
		more, note := own.Report(ds, seed)
		rep.Rows = append(rep.Rows, more...)
		if note != "" {
			rep.Note += "\n" + note
		}
	}
	micro := float64(spent.Microseconds()) / float64(n)
	timed := func(v float64) metrics.Estimate { return metrics.Estimate{Value: v, SE: math.NaN(), N: n} }
	rep.Rows = append(rep.Rows,
		metrics.Estimate{Value: float64(nfe), N: n}.Row("network_evaluations", math.NaN(), "", "lower"),
		timed(micro).Row("microseconds_per_sample", math.NaN(), "", "lower"),
		timed(1e6/micro).Row("samples_per_second", math.NaN(), "", "higher"))
	return rep, x, nil
}
