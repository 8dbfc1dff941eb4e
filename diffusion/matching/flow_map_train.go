package matching

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"genlab"
	"genlab/checkpoint"
	"genlab/nn"
	"genlab/standardize"
	"genlab/train"
)

// FlowMapTrainer fits a flow map by its objective, without a teacher.
type FlowMapTrainer struct {
	*train.Descent[*FlowMap]
	objective objective
	step      *nn.Step
	// The points of a step and what its objective needs of them, in rows.
	x, velocity *mat.Dense
	r, t        []float64
}

// NewFlowMapTrainer returns a trainer of m that has taken no step.
func NewFlowMapTrainer(m *FlowMap) (*FlowMapTrainer, error) {
	average, err := NewFlowMap(m.cfg, m.scale, rand.New(rand.NewPCG(0, 0))) // its weights are replaced
	if err != nil {
		return nil, err
	}
	if err := checkpoint.Copy(average.Fixed(), m.Fixed()); err != nil {
		return nil, err
	}
	n, d := m.cfg.Batch, m.Dim()
	t := &FlowMapTrainer{x: mat.NewDense(n, d, nil), velocity: mat.NewDense(n, d, nil), r: make([]float64, n), t: make([]float64, n)}
	if t.Descent, err = train.NewDescent(m.cfg.Settings, m, average); err != nil {
		return nil, fmt.Errorf("matching: %w", err)
	}
	build, err := objectives.Lookup("objective", m.cfg.Objective)
	if err != nil {
		return nil, fmt.Errorf("matching: %w", err)
	}
	t.objective = build(m.cfg)
	t.step, err = nn.NewStep(&m.params, n, t.objective.loss(m))
	if err != nil {
		return nil, fmt.Errorf("matching: %w", err)
	}
	return t, nil
}

// Learn implements genlab.Learner for batches of Config.Batch rows. It panics on a batch of another size and returns an
// error, before any update, if a value is not finite. The first loss is what the step minimises, "error" the mean
// squared error of the average velocity, in squared standard deviations of the data.
func (t *FlowMapTrainer) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	n, d := batch.Dims()
	m := t.Model()
	if n != m.cfg.Batch || d != m.Dim() {
		panic(fmt.Sprintf("matching: a batch of %d x %d: want %d x %d", n, d, m.cfg.Batch, m.Dim()))
	}
	data := mat.DenseCopyOf(batch)
	m.scale.FromData(data)
	t.objective.times(t.r, t.t, rng)
	for i, time := range t.t {
		alpha, sigma := Straight{}.At(time)
		x, v := t.x.RawRowView(i), t.velocity.RawRowView(i)
		for j, z := range data.RawRowView(i) {
			e := rng.NormFloat64()
			x[j], v[j] = alpha*z+sigma*e, e-z
		}
	}
	if m.cfg.PosteriorTarget {
		posteriorVelocity(t.velocity, t.x, data, t.t)
	}
	return t.Fit()
}

// Fit takes one optimisation step on the points, velocities and times that Learn left.
func (t *FlowMapTrainer) Fit() (genlab.Losses, error) {
	t.objective.fill(t)
	losses, err := t.step.Gradient()
	if err != nil {
		return nil, err
	}
	t.Update(t.step)
	return genlab.Losses{{Name: "loss", Value: losses[0]}, {Name: "error", Value: losses[1]}}, nil
}

// posteriorVelocity replaces the velocities of noisy points x (n x d, at times t) by their means given x and that x_0 is a
// row of data: v = (x - E[x_0 | x])/t along the straight path [xu2023stf].
func posteriorVelocity(velocity, x, data *mat.Dense, t []float64) {
	n, d := data.Dims()
	weights, mean := make([]float64, n), make([]float64, d)
	for i, time := range t {
		alpha, sigma := Straight{}.At(time)
		row := x.RawRowView(i)
		largest := math.Inf(-1)
		for k := range n {
			var square float64
			for j, z := range data.RawRowView(k) {
				square += (row[j] - alpha*z) * (row[j] - alpha*z)
			}
			weights[k] = -square / (2 * sigma * sigma)
			largest = max(largest, weights[k])
		}
		clear(mean)
		total := 0.0
		for k, w := range weights {
			if w -= largest; w < -30 {
				continue // less than 1e-13 of the largest
			}
			w = math.Exp(w)
			total += w
			for j, z := range data.RawRowView(k) {
				mean[j] += w * z
			}
		}
		to := velocity.RawRowView(i)
		for j := range to {
			to[j] = (row[j] - mean[j]/total) / time
		}
	}
}

// quantile returns the quantile p of the distribution of t in training, above 0, where the velocity given a batch is that of
// one point.
func (c FlowMapConfig) quantile(p float64) float64 {
	if c.TimeStd > 0 {
		p = 1 / (1 + math.Exp(-c.TimeMean-c.TimeStd*distuv.UnitNormal.Quantile(p)))
	}
	return max(p, timeFloor/10)
}

// ResumeFlowMap returns a trainer that continues from a saved State after a number of steps, bit for bit as if it had
// not been interrupted. It returns an error if the saved tensors do not fit cfg.
func ResumeFlowMap(cfg FlowMapConfig, saved []checkpoint.Tensor, steps int) (*FlowMapTrainer, error) {
	m, err := flowMapFromState(cfg, saved)
	if err != nil {
		return nil, err
	}
	t, err := NewFlowMapTrainer(m)
	if err != nil {
		return nil, err
	}
	return t, t.Restore(saved, steps)
}

// LoadFlowMap returns the map with the EMA weights of a trainer's saved State. It returns an error if the saved tensors
// do not fit cfg.
func LoadFlowMap(cfg FlowMapConfig, saved []checkpoint.Tensor) (*FlowMap, error) {
	m, err := flowMapFromState(cfg, saved)
	if err != nil {
		return nil, err
	}
	return m, train.LoadAverage(m, saved)
}

func flowMapFromState(cfg FlowMapConfig, saved []checkpoint.Tensor) (*FlowMap, error) {
	scale, err := standardize.FromState("scale", saved)
	if err != nil {
		return nil, fmt.Errorf("matching: %w", err)
	}
	m, err := NewFlowMap(cfg, scale, rand.New(rand.NewPCG(0, 0)))
	if err != nil {
		return nil, err
	}
	return m, m.restore(saved)
}
