package registry

import (
	"image/color"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/metrics"
	"genlab/train"
)

// Role is what a model is registered as.
type Role int

// The roles.
const (
	Paradigm Role = iota // compared by default
	Hybrid               // made of several paradigms
	Baseline             // what a model should be better than
)

// String returns the role's name.
func (r Role) String() string { return [...]string{"paradigm", "hybrid", "baseline"}[r] }

// Info is what a registration says in words and numbers.
type Info struct {
	Name    string
	Summary string // one line, for help
	Role    Role
	// Likelihood is what the model knows of log p: "exact", "ODE", "bound", "none".
	Likelihood string
	Data       string      // data set it is trained on where none is named, "" for 8gaussians
	Samples    int         // samples that a training ends by measuring, 0 for 10,000
	Colour     color.NRGBA // in every picture
	Marker     plot.Shape  // in charts
	// Rate is the nominal number of steps a second on one core, where the calibrated rates of
	// comparisons have none.
	Rate float64
}

// Spec registers a model with its package's Config.
type Spec[C Config] struct {
	Info
	Defaults func() C
	Tiny     func(*C)              // makes a run of seconds, a smoke run
	Loop     func(C) train.Options // batch and steps
	// Task finds what the model learns from, or says why it does not learn from it.
	Task   func(c C, data string) (Task, error)
	New    func(c C, t Task, seed uint64) (Trainer, error)
	Resume func(c C, saved []checkpoint.Tensor, steps int) (Trainer, error)
	Load   func(C, []checkpoint.Tensor) (Trained, error)
	// Adapt, where it is not nil, sets the defaults for some data.
	Adapt func(c *C, data string)
}

// Config is a package's configuration.
type Config interface {
	comparable
	Validate() error
}

// Model is a registered model, whatever its Config.
type Model interface {
	About() Info
	// Job returns the default settings for some data, "" for the model's own; of a smoke run.
	Job(data string, smoke bool) Job
	// Smoke makes a job one of seconds. It panics on another model's.
	Smoke(Job)
}

// Trainer is a learner that can be saved.
type Trainer interface {
	genlab.Learner
	State() []checkpoint.Tensor
}

// Trained is a trained model. Of what else it can do, see the interfaces below.
type Trained interface {
	genlab.Sampler
	Params() int // number of trained parameters
	// With returns the model's distribution with the options given, and the number of network
	// evaluations that a sample takes. An option that does not apply is a usage error.
	With(Options) (s genlab.Sampler, nfe int, err error)
}

// Illustrator has pictures of its own beside those of every model.
type Illustrator interface {
	Pictures(ds *datasets.Dataset, seed uint64) ([]Picture, error)
}

// AnyView is an Illustrator of data that is not on the plane as well.
type AnyView interface{ AnyView() }

// Reporter has rows of its own in the table of eval, and a line below it.
type Reporter interface {
	Report(ds *datasets.Dataset, seed uint64) ([]metrics.Row, string)
}

// Integrated is a LogProber whose every value costs the solution of an ODE.
type Integrated interface {
	genlab.LogProber
	ByODE()
}

// Bound is a bound with a name.
type Bound interface {
	genlab.LogBounder
	String() string
}

// TightBounder is a LogBounder that knows tighter bounds on log p as well.
type TightBounder interface {
	genlab.LogBounder
	// Draws returns the bound from k samples of the latent for each point, k >= 1.
	Draws(k int) Bound
	// TighterBounds returns a row for each, at the rows of x (n x d).
	TighterBounds(x *mat.Dense, ds *datasets.Dataset, rng *rand.Rand) []metrics.Row
	// Gap returns how far bounds of the rows of x lie below log p in the mean, false where log p is
	// not to be had.
	Gap(x *mat.Dense, bounds []float64) (metrics.Estimate, bool)
}

// Picture is a file that a run is illustrated with.
type Picture struct {
	Name string
	Data []byte
}
