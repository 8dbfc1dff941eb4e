package compare

import (
	"gonum.org/v1/gonum/mat"

	"genlab/internal/config"
	"genlab/lab/baseline"
	"genlab/lab/registry"
	"genlab/lab/rundir"
	"genlab/train"
)

// referenceConfig is the configuration of a model that is not trained.
type referenceConfig struct {
	Model string `yaml:"model" help:"oracle: a second sample from the true distribution; gaussian: one Gaussian, fitted by moments; mixture: several, fitted by expectation maximisation"`
	Data  string `yaml:"data" help:"dataset"`
	Seed  uint64 `yaml:"seed" help:"seed of all random streams"`
	Parts int    `yaml:"parts" help:"number of Gaussians"`
	// A change of the file or of the split is seen in these.
	Digest  string  `yaml:"digest" help:"SHA-256 of the file of the data, empty where there is none"`
	Holdout float64 `yaml:"holdout" help:"share of the rows of a file that are held out"`
}

// Baselines are fitted to fitPoints points. A mixture has a component for each mode, and at least
// minComponents, since one Gaussian cannot fit a bent mode.
const (
	fitPoints     = 10000
	minComponents = 8
)

// configureReference makes the configuration of a reference.
func (r *trial) configureReference() (err error) {
	c := referenceConfig{Model: r.model, Data: r.data, Seed: r.seed, Digest: r.digest()}
	rows, finite := r.set.Rows()
	if finite {
		c.Holdout = registry.DefaultHoldout
	}
	switch r.model {
	case Gaussian:
		c.Parts = 1
	case Mixture:
		c.Parts = minComponents
		if modes := r.set.Plane().Modes; modes != nil {
			c.Parts = max(c.Parts, modes.Len())
		}
		if finite { // ten rows for each
			n, _ := rows.Dims()
			c.Parts = max(1, min(c.Parts, n/10))
		}
	}
	r.dir = r.folder("")
	r.config, err = config.Marshal(&c)
	return err
}

// fitReference fits a baseline, or returns an added model, or the oracle and saves the true sample in its folder.
func (r *trial) fitReference(d *rundir.Dir, t *groundTruth) (*fittedModel, error) {
	if r.added != nil {
		return &fittedModel{sampler: r.added, description: r.added.String()}, nil
	}
	data := func() *mat.Dense { return r.set.Fresh(fitPoints, train.NewStream(r.seed, "data").Rand) }
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
	if t.own != nil {
		m.description = "training rows"
	}
	if r.set.Density != nil {
		m.density = oracleWithDensity{o, r.set.Density}
	}
	return m, t.save(d)
}
