package matching

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/checkpoint"
	"genlab/nn"
	"genlab/standardize"
	"genlab/train"
)

// Trainer fits a model by conditional flow matching [lipman2023] (eq. 9): the mean over rows and coordinates of
// |v(x_t, t) - (α'·x_0 + σ'·ε)|², whose minimum is the velocity of the path.
type Trainer struct {
	*train.Descent[*Model]
	step *nn.Step
}

// NewTrainer returns a trainer of m that has taken no step.
func NewTrainer(m *Model) (*Trainer, error) {
	average, err := m.WithConfig(m.cfg)
	if err != nil {
		return nil, err
	}
	t := new(Trainer)
	if t.Descent, err = train.NewDescent(m.cfg.Settings, m, average); err != nil {
		return nil, fmt.Errorf("matching: %w", err)
	}
	t.step, err = nn.NewStep(&m.params, m.cfg.Batch, func(g *nn.Graph) G.Nodes {
		return G.Nodes{nn.MSE(m.predict(g, g.Input("x", m.Dim()), g.Input("level", 1)), g.Input("target", m.Dim()))}
	})
	if err != nil {
		return nil, fmt.Errorf("matching: %w", err)
	}
	return t, nil
}

// Learn implements genlab.Learner for batches of Config.Batch rows: it couples them with fresh noise and takes the step
// of [Trainer.Fit]. It panics on a batch of another size.
func (t *Trainer) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	n, d := batch.Dims()
	m := t.Model()
	if n != m.cfg.Batch || d != m.Dim() {
		panic(fmt.Sprintf("matching: a batch of %d x %d: want %d x %d", n, d, m.cfg.Batch, m.Dim()))
	}
	data := mat.DenseCopyOf(batch)
	m.scale.FromData(data)
	noise := mat.NewDense(n, d, nil)
	for i := range noise.RawMatrix().Data {
		noise.RawMatrix().Data[i] = rng.NormFloat64()
	}
	if m.cfg.Coupling == OT {
		Couple(data, noise, m.cfg.CouplingRows)
	}
	times := make([]float64, n)
	for i := range times {
		times[i] = m.cfg.time((float64(i) + rng.Float64()) / float64(n))
	}
	return t.Fit(data, noise, times)
}

// Fit takes one optimisation step on pairs of data and noise (batch x d, standardised) at times (batch values in [0, 1]).
// Its one loss is the mean squared error of the velocity, in squared standard deviations of the data. It returns an
// error, before any update, if a value is not finite.
func (t *Trainer) Fit(data, noise *mat.Dense, times []float64) (genlab.Losses, error) {
	t.fill(data, noise, times)
	losses, err := t.step.Gradient()
	if err != nil {
		return nil, err
	}
	t.Update(t.step)
	return genlab.Losses{{Name: "loss", Value: losses[0]}}, nil
}

// fill writes the inputs of a step.
func (t *Trainer) fill(data, noise *mat.Dense, times []float64) {
	m := t.Model()
	d := m.Dim()
	x, levels, target := t.step.Input("x"), t.step.Input("level"), t.step.Input("target")
	for i, time := range times {
		u, _ := level(time)
		levels[i] = float32(u)
		alpha, sigma := m.path.At(time)
		da, ds := m.path.Rate(time)
		e := noise.RawRowView(i)
		for j, z := range data.RawRowView(i) {
			x[i*d+j] = float32(alpha*z + sigma*e[j])
			target[i*d+j] = float32(da*z + ds*e[j])
		}
	}
}

// time returns the quantile p of the distribution of t in training: uniform [lipman2023], or logit-normal [esser2024].
// A batch has one time in each of its strata.
func (c Config) time(p float64) float64 {
	if c.TimeStd == 0 {
		return p
	}
	return 1 / (1 + math.Exp(-c.TimeMean-c.TimeStd*distuv.UnitNormal.Quantile(p)))
}

// Resume returns a trainer that continues from a saved State after a number of steps, bit for bit as if it
// had not been interrupted. It returns an error if the saved tensors do not fit cfg.
func Resume(cfg Config, saved []checkpoint.Tensor, steps int) (*Trainer, error) {
	m, err := fromState(cfg, saved)
	if err != nil {
		return nil, err
	}
	t, err := NewTrainer(m)
	if err != nil {
		return nil, err
	}
	return t, t.Restore(saved, steps)
}

// Load returns the model with the EMA weights of a trainer's saved State. It returns an error if the saved tensors do
// not fit cfg.
func Load(cfg Config, saved []checkpoint.Tensor) (*Model, error) {
	m, err := fromState(cfg, saved)
	if err != nil {
		return nil, err
	}
	return m, train.LoadAverage(m, saved)
}

// fromState returns a model with the saved tensors that are not trained; its weights are still random.
func fromState(cfg Config, saved []checkpoint.Tensor) (*Model, error) {
	scale, err := standardize.FromState("scale", saved)
	if err != nil {
		return nil, fmt.Errorf("matching: %w", err)
	}
	m, err := New(cfg, scale, rand.New(rand.NewPCG(0, 0)))
	if err != nil {
		return nil, err
	}
	return m, m.restore(saved)
}
