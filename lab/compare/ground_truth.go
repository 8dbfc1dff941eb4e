package compare

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/lab/evaluate"
	"genlab/lab/registry"
	"genlab/lab/rundir"
	"genlab/train"
)

// groundTruth is what the models of one dataset and seed are measured against.
type groundTruth struct {
	ds        registry.Points
	seed      uint64
	sample    *mat.Dense // never trained on
	projected *mat.Dense // sample in the plane
	oracle    *mat.Dense // a second sample
	points    *mat.Dense // where densities are evaluated
	own       *mat.Dense // training rows, where the densities of memorised points are; nil for a distribution
	logp      []float64  // true log-density at points; nil where it is unknown
}

// maxProjectedPoints limits the points at which densities of more than two coordinates are evaluated.
const maxProjectedPoints = 10000

func newGroundTruth(ds registry.Points, seed uint64, p Plan) *groundTruth {
	t := &groundTruth{ds: ds, seed: seed}
	t.sample, t.oracle = ds.Truth(p.Samples, train.NewStream(seed, "evaluation").Rand)
	t.projected = ds.Project(t.sample)
	points := p.Points
	if ds.View != nil {
		points = min(points, maxProjectedPoints)
	}
	t.points = ds.Evaluated().Fresh(points, train.NewStream(seed, "likelihood").Rand)
	if ds.HeldOut != nil {
		t.own = ds.Fresh(points, train.NewStream(seed, "training likelihood").Rand)
	}
	if ds.Density != nil {
		t.logp = ds.Density.LogProb(t.points)
	}
	return t
}

// scored returns as many samples as are compared with the truth: fewer than its rows are not too few for sample
// metrics, false where there are.
func (t *groundTruth) scored(x *mat.Dense) (*mat.Dense, bool) {
	rows, _ := t.sample.Dims()
	others, _ := t.oracle.Dims()
	n, d := x.Dims()
	n = min(n, rows, others)
	return x.Slice(0, n, 0, d).(*mat.Dense), n >= evaluate.FewestRows
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

// Sample implements [genlab.Sampler]: rows beyond the second sample are left out.
func (s oracleSampler) Sample(n int, _ *rand.Rand) *mat.Dense {
	rows, d := s.x.Dims()
	return mat.DenseCopyOf(s.x.Slice(0, min(n, rows), 0, d))
}

// oracleWithDensity is the oracle where the true density is known.
type oracleWithDensity struct {
	oracleSampler
	genlab.LogProber
}
