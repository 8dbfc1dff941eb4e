package compare

import (
	"fmt"
	"runtime"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	rundir "genlab/internal/run"
	"genlab/lab/registry"
	"genlab/train"
)

// target is what all models of one data set and seed are measured against.
type target struct {
	ds     *datasets.Dataset
	seed   uint64
	sample *mat.Dense // never trained on
	seen   *mat.Dense // sample on the plane
	oracle *mat.Dense // another sample
	points *mat.Dense // where densities are asked for
	logp   []float64  // of points; nil where the density is not known
}

func newTarget(ds *datasets.Dataset, seed uint64, p Plan) *target {
	rng := train.NewStream(seed, "evaluation").Rand
	t := &target{ds: ds, seed: seed, sample: ds.Sampler.Sample(p.Samples, rng), oracle: ds.Sampler.Sample(p.Samples, rng)}
	t.seen = ds.Project(t.sample)
	points := p.Points
	if ds.View != nil {
		points = min(points, viewedPoints)
	}
	t.points = ds.Sampler.Sample(points, train.NewStream(seed, "likelihood").Rand)
	if ds.Density != nil {
		t.logp = ds.Density.LogProb(t.points)
	}
	return t
}

// viewedPoints is the largest number of points whose density is asked for where they have more
// coordinates than two.
const viewedPoints = 10000

// candidate is a model as it is measured.
type candidate struct {
	model       genlab.Sampler // asked for its density
	draw        genlab.Sampler
	flat        bool   // draws what is seen of the data on the plane, not its points
	stream      string // of the draw
	sampler     string
	nfe, params int
	steps       int
	seconds     float64
	other       func(nfe int) (genlab.Sampler, error) // with other network evaluations; nil where there is one way
}

// of returns what the candidate's draws are points of.
func (s *candidate) of(ds *datasets.Dataset) *datasets.Dataset {
	if s.flat {
		return ds.Plane()
	}
	return ds
}

// drawTimed draws n samples on one core and returns the microseconds that each took.
func drawTimed(s genlab.Sampler, n int, seed uint64, stream string) (x *mat.Dense, micro float64) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	s.Sample(min(n, 256), train.NewStream(seed, stream).Rand) // the first use builds buffers
	start := time.Now()
	x = s.Sample(n, train.NewStream(seed, stream).Rand)
	return x, float64(time.Since(start).Nanoseconds()) / 1e3 / float64(n)
}

// opening is a trained run.
func opening(models registry.List, d *rundir.Dir) (*candidate, error) {
	o, err := models.OpenDir(d)
	if err != nil {
		return nil, err
	}
	draw, nfe, err := o.With(registry.Options{})
	if err != nil {
		return nil, err
	}
	env, err := o.Dir.ReadEnv()
	if err != nil {
		return nil, err
	}
	s := &candidate{
		model: o.Model, draw: draw, stream: "sample", nfe: nfe,
		params: o.Model.Params(), steps: o.Step, seconds: env.TrainSeconds,
	}
	if named, ok := draw.(fmt.Stringer); ok {
		s.sampler = named.String()
	}
	if _, _, err := o.With(registry.Options{NFE: &nfe}); err == nil {
		s.other = func(nfe int) (genlab.Sampler, error) {
			with, _, err := o.With(registry.Options{NFE: &nfe})
			return with, err
		}
	}
	return s, nil
}
