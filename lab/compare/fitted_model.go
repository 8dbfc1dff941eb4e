package compare

import (
	"fmt"
	"runtime"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/lab/registry"
	"genlab/lab/rundir"
	"genlab/train"
)

// fittedModel is a trained model or a fitted reference, ready to be measured.
type fittedModel struct {
	density     genlab.Sampler // what has the likelihood
	sampler     genlab.Sampler
	planar      bool   // sampler and density are of the 2-D projection, not of the points
	stream      string // random stream of the samples
	description string // of the sampler
	nfe, params int
	steps       int
	seconds     float64
	withNFE     func(nfe int) (genlab.Sampler, error) // nil where the number is fixed
}

// dataset returns the dataset of the model's samples.
func (m *fittedModel) dataset(ds registry.Points) *datasets.Dataset {
	if m.planar {
		return ds.Plane()
	}
	return ds.Dataset
}

// openRun loads a trained run. It fails where the run was trained on other data.
func openRun(models registry.List, d *rundir.Dir, data registry.Points) (*fittedModel, error) {
	run, err := models.OpenDir(d)
	if err == nil {
		err = run.SetTask(data)
	}
	if err != nil {
		return nil, err
	}
	sampler, nfe, err := run.With(registry.Options{})
	if err != nil {
		return nil, err
	}
	env, err := run.Dir.ReadEnv()
	if err != nil {
		return nil, err
	}
	m := &fittedModel{
		density: run.Model, sampler: sampler, stream: "sample", nfe: nfe,
		params: run.Model.Params(), steps: run.Step, seconds: env.TrainSeconds,
	}
	if s, ok := sampler.(fmt.Stringer); ok {
		m.description = s.String()
	}
	withNFE := func(nfe int) (genlab.Sampler, error) {
		s, _, err := run.With(registry.Options{NFE: &nfe})
		return s, err
	}
	if _, err := withNFE(nfe); err == nil {
		m.withNFE = withNFE
	}
	return m, nil
}

// timedRows is the number of samples that are timed of a slow model, slowCall the time of 256 samples that makes it one.
const (
	timedRows = 2048
	slowCall  = 5 * time.Millisecond
)

// sampleTimed draws n samples and returns the microseconds per sample on one core. Those of a slow model are timed on a
// part of them, and drawn on all cores.
func sampleTimed(s genlab.Sampler, n int, seed uint64, stream string) (x *mat.Dense, micro float64) {
	cores := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(cores)
	timed := func(n int) (*mat.Dense, time.Duration) {
		start := time.Now()
		x := s.Sample(n, train.NewStream(seed, stream).Rand)
		return x, time.Since(start)
	}
	few := min(n, 256)
	timed(few) // the first call allocates buffers
	rows := n
	if _, spent := timed(few); spent > slowCall {
		rows = min(n, timedRows)
	}
	x, spent := timed(rows)
	if rows < n {
		runtime.GOMAXPROCS(cores)
		x, _ = timed(n)
	}
	return x, float64(spent.Nanoseconds()) / 1e3 / float64(rows)
}
