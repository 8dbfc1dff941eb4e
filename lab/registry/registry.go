package registry

import (
	"image/color"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/internal/usage"
	"genlab/metrics"
	"genlab/train"
)

// Role is the role of a model in comparisons.
type Role int

// Roles.
const (
	Paradigm Role = iota // compared by default
	Hybrid               // composed of several paradigms
	Baseline             // to be beaten
)

// String returns the role's name.
func (r Role) String() string { return [...]string{"paradigm", "hybrid", "baseline"}[r] }

// Info describes a registered model.
type Info struct {
	Name    string
	Summary string // one line, for help
	Role    Role
	// Likelihood says what the model can evaluate of log p: "exact", "ODE", "bound" or "none".
	Likelihood string
	Folder     string      // of its package, "" for the one named after it, or for hybrid
	Data       string      // default dataset, "" for 8gaussians
	Samples    int         // number of samples of the evaluation after a training, 0 for 10,000
	Colour     color.NRGBA // in every picture
	Marker     plot.Shape  // in charts
	// Constants are the numbers of the model that no setting gives, by name, for readers of a checkpoint; nil for none.
	Constants map[string]float64
	// Rate is the nominal number of training steps per second on one core, for a model that the calibrated
	// rates of comparisons lack.
	Rate float64
}

// Spec registers a model with the configuration of its package. Its functions fail as those of [Job] do.
type Spec[C Config] struct {
	Info
	Defaults func() C
	Tiny     func(*C)              // sets a smoke run, which takes seconds
	Loop     func(C) train.Options // batch and steps
	// Task finds the data of a name, or fails where the model cannot learn it.
	Task   func(c C, data string) (Task, error)
	New    func(c C, t Task, seed uint64) (Trainer, error)
	Resume func(c C, saved []checkpoint.Tensor, steps int) (Trainer, error)
	Load   func(C, []checkpoint.Tensor) (Trained, error)
	// Adapt, unless nil, sets the defaults for a dataset.
	Adapt func(c *C, data string)
}

// Config is the configuration of a package.
type Config interface {
	comparable
	Validate() error
}

// Model is a registered model of any configuration.
type Model interface {
	About() Info
	// Job returns the default settings for a dataset, "" for the model's default one, or those of a smoke run.
	Job(data string, smoke bool) Job
	// Smoke turns a job into a smoke run. It panics for a job of another model.
	Smoke(Job)
}

// Trainer is a learner whose state can be saved.
type Trainer interface {
	genlab.Learner
	State() []checkpoint.Tensor
}

// Trained is a trained model. The interfaces below tell what else it can do.
type Trained interface {
	genlab.Sampler
	Params() int // number of trained parameters
	// With returns the model's distribution under the options, and the number of network evaluations per
	// sample. It fails with a usage error for an option that does not apply or is out of range.
	With(Options) (s genlab.Sampler, nfe int, err error)
}

// Illustrator draws pictures of its own, which it does only for data on the plane unless it is an [AnyView].
type Illustrator interface {
	Pictures(ds *datasets.Dataset, seed uint64) ([]Picture, error)
}

// AnyView marks an [Illustrator] that also draws data of more than two coordinates.
type AnyView interface{ AnyView() }

// Reporter adds rows to the table of genlab eval, and a note below it.
type Reporter interface {
	Report(ds *datasets.Dataset, seed uint64) ([]metrics.Row, string)
}

// ODELogProber marks a [genlab.LogProber] that solves an ODE for every value.
type ODELogProber interface {
	genlab.LogProber
	ByODE()
}

// Tolerant is an [ODELogProber] of any tolerance.
type Tolerant interface {
	ODELogProber
	Tolerance() float64
	// WithTolerance returns the same model with another tolerance.
	WithTolerance(tolerance float64) Trained
}

// WithTolerance returns a model with the tolerance of its density, as it is for nil. It fails with a usage error where
// the tolerance is out of range or the model has no density by an ODE.
func WithTolerance(m Trained, tolerance *float64) (Trained, error) {
	if tolerance == nil {
		return m, nil
	}
	if !(*tolerance >= 1e-10 && *tolerance <= 0.1) {
		return nil, usage.Errorf("--tolerance is %v, but must be 1e-10 to 0.1", *tolerance)
	}
	t, ok := m.(Tolerant)
	if !ok {
		return nil, usage.Errorf("--tolerance does not apply: the model has no density that is the solution of an ODE")
	}
	return t.WithTolerance(*tolerance), nil
}

// Bound is a lower bound on log p with a name.
type Bound interface {
	genlab.LogBounder
	String() string
}

// TightBounder is a [genlab.LogBounder] that has tighter bounds too.
type TightBounder interface {
	genlab.LogBounder
	// ImportanceWeighted returns the bound with k importance samples of the latent per point, k >= 1.
	ImportanceWeighted(k int) Bound
	// TighterBounds returns the rows of tighter bounds at the rows of x (n x d), in nats.
	TighterBounds(x *mat.Dense, ds *datasets.Dataset, rng *rand.Rand) []metrics.Row
	// Gap returns the mean of log p minus the bounds at the rows of x, in nats, and false where log p cannot be
	// computed.
	Gap(x *mat.Dense, bounds []float64) (metrics.Estimate, bool)
}

// Picture is a file that illustrates a run.
type Picture struct {
	Name string
	Data []byte
}
