package compare

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	rundir "genlab/lab/run"
	"genlab/train"
)

// groundTruth is what the models of one dataset and seed are measured against.
type groundTruth struct {
	ds        *datasets.Dataset
	seed      uint64
	sample    *mat.Dense // never trained on
	projected *mat.Dense // sample in the plane
	oracle    *mat.Dense // a second sample
	points    *mat.Dense // where densities are evaluated
	logp      []float64  // true log-density at points; nil where it is unknown
}

// maxProjectedPoints limits the points at which densities of more than two coordinates are evaluated.
const maxProjectedPoints = 10000

func newGroundTruth(ds *datasets.Dataset, seed uint64, p Plan) *groundTruth {
	rng := train.NewStream(seed, "evaluation").Rand
	t := &groundTruth{ds: ds, seed: seed, sample: ds.Sampler.Sample(p.Samples, rng), oracle: ds.Sampler.Sample(p.Samples, rng)}
	t.projected = ds.Project(t.sample)
	points := p.Points
	if ds.View != nil {
		points = min(points, maxProjectedPoints)
	}
	t.points = ds.Sampler.Sample(points, train.NewStream(seed, "likelihood").Rand)
	if ds.Density != nil {
		t.logp = ds.Density.LogProb(t.points)
	}
	return t
}

// save writes the sample to the oracle's folder.
func (t *groundTruth) save(d *rundir.Dir) error {
	return savePoints(d, "truth.npy", t.sample)
}

// savePoints writes points to the folder of a run.
func savePoints(d *rundir.Dir, name string, x *mat.Dense) error {
	path, err := d.Record(name)
	if err != nil {
		return err
	}
	return datasets.WritePoints(path, x)
}

// oracleSampler is the oracle: it returns rows of the second sample.
type oracleSampler struct{ x *mat.Dense }

// Sample implements [genlab.Sampler].
func (s oracleSampler) Sample(n int, _ *rand.Rand) *mat.Dense {
	_, d := s.x.Dims()
	return mat.DenseCopyOf(s.x.Slice(0, n, 0, d))
}

// oracleWithDensity is the oracle where the true density is known.
type oracleWithDensity struct {
	oracleSampler
	genlab.LogProber
}
