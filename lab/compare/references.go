package compare

import (
	"gonum.org/v1/gonum/mat"

	"genlab/internal/config"
	rundir "genlab/lab/run"
	"genlab/lab/baseline"
	"genlab/train"
)

// referenceConfig is the configuration of a model that is not trained.
type referenceConfig struct {
	Model string `yaml:"model" help:"oracle: a second sample from the true distribution; gaussian: one Gaussian, fitted by moments; mixture: several, fitted by expectation maximisation"`
	Data  string `yaml:"data" help:"dataset"`
	Seed  uint64 `yaml:"seed" help:"seed of all random streams"`
	Parts int    `yaml:"parts" help:"number of Gaussians"`
}

// Baselines are fitted to fitPoints points. A mixture has a component for each mode, and at least
// minComponents, since one Gaussian cannot fit a bent mode.
const (
	fitPoints     = 10000
	minComponents = 8
)

// configureReference makes the configuration of a reference.
func (r *trial) configureReference() (err error) {
	c := referenceConfig{Model: r.model, Data: r.data, Seed: r.seed}
	switch r.model {
	case Gaussian:
		c.Parts = 1
	case Mixture:
		c.Parts = minComponents
		if modes := r.set.Plane().Modes; modes != nil {
			c.Parts = max(c.Parts, modes.Len())
		}
	}
	r.dir = r.folder("")
	r.config, err = config.Marshal(&c)
	return err
}

// fitReference fits a baseline, or returns the oracle and saves the true sample in its folder.
func (r *trial) fitReference(d *rundir.Dir, t *groundTruth) (*fittedModel, error) {
	data := func() *mat.Dense { return r.set.Sampler.Sample(fitPoints, train.NewStream(r.seed, "data").Rand) }
	switch r.model {
	case Gaussian:
		g, err := baseline.FitGaussian(data())
		if err != nil {
			return nil, err
		}
		m := &fittedModel{density: g, sampler: g, stream: "sample", params: g.Params(), description: g.String()}
		if r.set.View != nil {
			m.description += ", of all coordinates"
		}
		return m, nil
	case Mixture:
		var c referenceConfig
		if err := config.DecodeYAML(d.Path(rundir.ConfigFile), r.config, &c); err != nil {
			return nil, err
		}
		// In high dimension a mixture would have about as many parameters as there are numbers to fit: it
		// is fitted to the projection.
		g, err := baseline.FitMixture(r.set.Project(data()), c.Parts, train.NewStream(r.seed, "init").Rand)
		if err != nil {
			return nil, err
		}
		m := &fittedModel{density: g, sampler: g, stream: "sample", params: g.Params(), description: g.String(), planar: r.set.View != nil}
		if m.planar {
			m.description += ", of the 2-D projection"
		}
		return m, nil
	}
	o := oracleSampler{t.oracle}
	m := &fittedModel{density: o, sampler: o, stream: "evaluation", description: "a second sample from the true distribution"}
	if r.set.Density != nil {
		m.density = oracleWithDensity{o, r.set.Density}
	}
	return m, t.save(d)
}
