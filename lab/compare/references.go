package compare

import (
	"errors"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/internal/config"
	rundir "genlab/internal/run"
	"genlab/lab/baseline"
	"genlab/train"
)

// reference is the configuration of what is not trained.
type reference struct {
	Model string `yaml:"model" help:"oracle: a second sample of the truth; gaussian: one, by moments; mixture: of Gaussians, by expectation maximisation"`
	Data  string `yaml:"data" help:"data set"`
	Seed  uint64 `yaml:"seed" help:"seed of all random streams"`
	Parts int    `yaml:"parts" help:"Gaussians in it"`
}

// Baselines are fitted to this many points; a mixture has a part for each mode, and at least
// leastParts, so that bent modes are not left to one Gaussian each.
const (
	fitPoints  = 10000
	leastParts = 8
)

// refer makes the configuration of a reference.
func (r *entry) refer() (err error) {
	c := reference{Model: r.model, Data: r.data, Seed: r.seed}
	switch r.model {
	case Gaussian:
		c.Parts = 1
	case Mixture:
		c.Parts = leastParts
		if modes := r.set.Plane().Modes; modes != nil {
			c.Parts = max(c.Parts, modes.Len())
		}
	}
	r.dir = r.folder("")
	r.config, err = config.Marshal(&c)
	return err
}

// folderOf opens the run's folder for writing; that of a reference is made where there is none.
func (r *entry) folderOf(root *rundir.Dir) (*rundir.Dir, error) {
	path := root.Path(r.dir)
	d, err := rundir.Resume(path)
	if r.trained || !errors.Is(err, rundir.ErrNotRun) {
		return d, err
	}
	if d, err = rundir.Create(path, false); err != nil {
		return nil, err
	}
	if err := d.WriteFile(rundir.ConfigFile, r.config); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// second is the oracle: a sample of the truth that was drawn beforehand.
type second struct{ x *mat.Dense }

func (s second) Sample(n int, _ *rand.Rand) *mat.Dense {
	_, d := s.x.Dims()
	return mat.DenseCopyOf(s.x.Slice(0, n, 0, d))
}

// knownSecond is the oracle where the truth's density is known.
type knownSecond struct {
	second
	genlab.LogProber
}

// candidate opens or fits the model of a run.
func (k *Comparison) candidate(r *entry, d *rundir.Dir, t *target) (*candidate, error) {
	if r.trained {
		return opening(k.models, d)
	}
	fit := func() *mat.Dense { return r.set.Sampler.Sample(fitPoints, train.NewStream(r.seed, "data").Rand) }
	switch r.model {
	case Gaussian:
		g, err := baseline.FitGaussian(fit())
		if err != nil {
			return nil, err
		}
		s := &candidate{model: g, draw: g, stream: "sample", params: g.Params(), sampler: g.String()}
		if r.set.View != nil {
			s.sampler += ", of all coordinates"
		}
		return s, nil
	case Mixture:
		var c reference
		if err := config.DecodeYAML(d.Path(rundir.ConfigFile), r.config, &c); err != nil {
			return nil, err
		}
		// In many coordinates a mixture would have as many parameters as there are numbers to fit
		// it to: it is one of what is seen of them.
		m, err := baseline.FitMixture(r.set.Project(fit()), c.Parts, train.NewStream(r.seed, "init").Rand)
		if err != nil {
			return nil, err
		}
		s := &candidate{model: m, draw: m, stream: "sample", params: m.Params(), sampler: m.String()}
		if s.flat = r.set.View != nil; s.flat {
			s.sampler += ", of what is seen on the plane"
		}
		return s, nil
	}
	o := second{t.oracle}
	s := &candidate{model: o, draw: o, stream: "evaluation", sampler: "a second sample of the truth"}
	if r.set.Density != nil {
		s.model = knownSecond{o, r.set.Density}
	}
	return s, t.save(d)
}

// save writes the sample that every model is measured against into the oracle's folder.
func (t *target) save(d *rundir.Dir) error {
	return savePoints(d, "truth.npy", t.sample)
}
