package stage

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/lab/evaluate"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/train"
)

// Numbers of points of the metrics: while a model trains, and after its last step.
const (
	sampled, sampledLast = 2000, 10000 // samples
	scored, scoredLast   = 2000, 10000 // points of a likelihood
	byODE, byODELast     = 128, 1000   // of one that solves an ODE
	perfectSamples       = 19          // more samples of the true distribution, of which the largest energy distance is the noise of a race
)

// oracle is a sample of the true distribution that plays the part of a perfect model.
type oracle struct {
	points        registry.Points
	seed          uint64
	truth, sample [2]*mat.Dense // on the plane; while a model trains, and after its last step

	mu     sync.Mutex // guards what is computed when it is first needed
	scored [2]*perfect
	noise  []float64 // energy distances of more samples
	rng    *rand.Rand
}

// perfect are the oracle's own metrics.
type perfect struct {
	energy metrics.Estimate
	modes  metrics.ModeReport
}

// standard is what a race is compared with: the energy distance of the oracle, that which a perfect model hardly
// exceeds, and the number of samples of all energy distances of the race.
type standard struct {
	Energy metrics.Number `json:"energy_distance"`
	Noise  metrics.Number `json:"noise"`
	N      int            `json:"n"`
}

var noStandard = standard{metrics.Number(math.NaN()), metrics.Number(math.NaN()), 0}

// newOracle returns the oracle of the first panel's data, which are those of all; nil where no panel trains or the
// held-out rows are too few.
func newOracle(ds *datasets.Dataset, panels []*panel, seed uint64) *oracle {
	for _, p := range panels {
		if p.cannot != "" {
			continue
		}
		o := &oracle{points: p.task, seed: seed}
		for i, n := range []int{sampled, sampledLast} {
			truth, sample := p.task.Truth(n, train.NewStream(seed, "evaluation").Rand)
			if rows, _ := sample.Dims(); rows < evaluate.FewestRows {
				return nil
			}
			if rows, _ := truth.Dims(); rows < evaluate.FewestRows {
				return nil
			}
			o.truth[i], o.sample[i] = ds.Project(truth), ds.Project(sample)
		}
		return o
	}
	return nil
}

// scores returns the oracle's own metrics of one size.
func (o *oracle) scores(i int) *perfect {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.scoresLocked(i)
}

func (o *oracle) scoresLocked(i int) *perfect {
	if o.scored[i] == nil {
		p := &perfect{energy: metrics.EnergyDistance(o.sample[i], o.truth[i])}
		if info := registry.Described(o.points.Dataset); info.Modes != nil && info.Modes.Len() > 0 {
			p.modes = metrics.Modes(o.sample[i], info.Modes, info.Weights, info.HighQuality)
		}
		o.scored[i] = p
	}
	return o.scored[i]
}

// raceTime is how long a call of [oracle.race] may take beyond its first sample.
const raceTime = 30 * time.Millisecond

// race returns the standard of a race, whose energy distances all compare [sampled] points with the same true ones. Its
// noise is the largest energy distance of nineteen more samples of the true distribution, which are compared with the same
// true points as the models: a perfect model exceeds it with probability 1/20, whatever the distribution. A file has no
// more samples, and its noise is two standard errors above the oracle's value. The samples are made in several calls, so that no
// picture waits for them, and the noise is NaN until there are all.
func (o *oracle) race() standard {
	o.mu.Lock()
	defer o.mu.Unlock()
	own := o.scoresLocked(0).energy
	n, _ := o.truth[0].Dims()
	s := standard{metrics.Number(own.Value), metrics.Number(math.NaN()), n}
	if _, file := o.points.Rows(); file {
		s.Noise = metrics.Number(math.Abs(own.Value) + 2*own.SE)
		return s
	}
	if o.rng == nil {
		o.rng = train.NewStream(o.seed, "perfect").Rand
	}
	for began := time.Now(); len(o.noise) < perfectSamples; {
		o.noise = append(o.noise, metrics.EnergyDistance(o.points.Project(o.points.Fresh(n, o.rng)), o.truth[0]).Value)
		if time.Since(began) > raceTime {
			break
		}
	}
	if len(o.noise) == perfectSamples {
		s.Noise = metrics.Number(max(0, slices.Max(o.noise)))
	}
	return s
}
