package main

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/metrics"
	"genlab/train"
)

// evalCmd measures a run.
type evalCmd struct {
	Run_ string `arg:"" name:"RUN" help:"Run directory."`
	N    int    `short:"n" default:"10000" help:"Number of samples, at least 100."`
	JSON bool   `name:"json" help:"Print JSON."`

	Sweep string `placeholder:"FILE" help:"Draw the quality of all samplers of a diffusion run against their network evaluations to this .png instead."`
	samplingFlags
}

// report is what eval prints as JSON.
type report struct {
	Model        string            `json:"model"`
	Data         string            `json:"data"`
	Seed         uint64            `json:"seed"`
	Params       int               `json:"params"`
	TrainSeconds float64           `json:"train_seconds"`
	Steps        int               `json:"steps"`
	Sampler      string            `json:"sampler,omitempty"`
	Metrics      map[string]figure `json:"metrics"`

	order []string
	note  string // below the summary
}

func newReport(r *opened) *report {
	rep := &report{Model: r.model, Data: r.data, Seed: r.seed, Params: r.sampled.Params(), Steps: r.step, Metrics: map[string]figure{}}
	if env, err := r.dir.ReadEnv(); err == nil {
		rep.TrainSeconds = env.TrainSeconds
	}
	return rep
}

// figure is a metric's value with its standard error, and what a second sample of the truth
// scores. What is not known or not finite is null.
type figure struct {
	Value  number `json:"value"`
	SE     number `json:"se"`
	Oracle number `json:"oracle"`
	N      int    `json:"n"`
	Kind   string `json:"kind,omitempty"`

	better string
}

// number is a float64 whose NaN and infinities are null in JSON.
type number float64

// MarshalJSON implements json.Marshaler.
func (n number) MarshalJSON() ([]byte, error) {
	if f := float64(n); math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// Run measures and prints.
func (c *evalCmd) Run(con *console) error {
	if c.N < 100 {
		return usagef("-n is %d, but must be at least 100", c.N)
	}
	if c.Label != "" {
		return usagef("eval measures all labels together; genlab sample and score take --label")
	}
	r, err := openRun(c.Run_)
	if err != nil {
		return err
	}
	m, err := r.subject()
	if err != nil {
		return err
	}
	if c.Sweep != "" {
		return c.sweep(con, r, m)
	}
	rep, _, err := m.evaluate(r, c.N, c.samplingFlags)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.stdout, rep)
	}
	rep.print(con.stdout)
	return nil
}

// evaluate draws n samples and measures them against two fresh samples of the truth.
func evaluate(r *opened, ds *datasets.Dataset, n int, flags samplingFlags) (*report, *mat.Dense, error) {
	s, nfe, err := r.draw(flags)
	if err != nil {
		return nil, nil, err
	}
	if flags.Prompt != nil || flags.Refine != nil {
		return nil, nil, usagef("eval measures all prompts together; genlab sample takes --prompt and --refine")
	}
	start := time.Now()
	x := s.Sample(n, train.NewStream(r.seed, "sample").Rand)
	spent := time.Since(start)
	rng, plane := train.NewStream(r.seed, "evaluation").Rand, ds.Plane()
	truth, oracle := ds.Law.Sample(n, rng), ds.Law.Sample(n, rng)
	rows := metrics.Evaluate(ds.Project(x), ds.Project(truth), ds.Project(oracle), metrics.Described{
		Modes: plane.Modes, Weights: plane.ModeWeights(), Ceiling: plane.HighQuality,
	})
	rep := newReport(r)
	if named, ok := s.(fmt.Stringer); ok {
		rep.Sampler = named.String()
	}
	for _, row := range rows {
		rep.add(row.Name, figure{number(row.Value), number(row.SE), number(row.Oracle), row.N, row.Kind, row.Better})
	}
	if v, ok := ds.View.(datasets.Manifold); ok {
		rep.add("off_manifold", offManifold(v, x, oracle))
	}
	rep.note = fmt.Sprintf("The oracle is a second sample of the truth: what a perfect model scores. n = %d, ± is one standard error.", n)
	for _, l := range likelihoods(r, r.sampled, ds, n) {
		rep.add(l.name, l.figure)
	}
	more, note := r.remarks(ds)
	for _, l := range more {
		rep.add(l.name, l.figure)
	}
	if note != "" {
		rep.note += "\n" + note
	}
	none := number(math.NaN())
	micro := float64(spent.Microseconds()) / float64(n)
	rep.add("network_evaluations", figure{number(nfe), 0, none, n, "", "lower"})
	rep.add("microseconds_per_sample", figure{number(micro), none, none, n, "", "lower"})
	rep.add("samples_per_second", figure{number(1e6 / micro), none, none, n, "", "higher"})
	return rep, x, nil
}

// offManifold is the mean distance of points from the set near which the data lie, of at most 2000,
// beside that of the oracle.
func offManifold(v datasets.Manifold, x, oracle *mat.Dense) figure {
	of := func(x *mat.Dense) metrics.Estimate {
		n, d := x.Dims()
		return metrics.Mean(v.OffManifold(x.Slice(0, min(n, 2000), 0, d)))
	}
	off := of(x)
	return figure{number(off.Value), number(off.SE), number(of(oracle).Value), off.N, "", "lower"}
}

func (r *report) add(name string, f figure) {
	r.order = append(r.order, name)
	r.Metrics[name] = f
}
