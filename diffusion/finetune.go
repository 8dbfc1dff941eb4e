package diffusion

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/checkpoint"
	"genlab/nn"
	"genlab/train"
)

// Loss is a term of the objective of a [FineTuner].
type Loss struct {
	Name   string
	Weight float64 // of the term in the objective, a weighted sum
	// Build returns the term, a 1 x 1 mean over the rows, of the standardised denoised points D(x, u)
	// (rows x d). It may declare inputs of its own.
	Build func(g *nn.Graph, denoised *G.Node) *G.Node
}

// PseudoHuber returns a loss between the denoised points and the input "target" (rows x d): the mean
// of sqrt(|D - target|² + c²) - c, quadratic for distances below c and linear above. It panics unless
// c > 0.
func PseudoHuber(c float64) func(g *nn.Graph, denoised *G.Node) *G.Node {
	if !(c > 0) {
		panic(fmt.Sprintf("diffusion: a pseudo-Huber loss with c = %v: want c > 0", c))
	}
	return func(g *nn.Graph, denoised *G.Node) *G.Node {
		off := nn.Sub(denoised, g.Input("target", denoised.Shape()[1]))
		return nn.Shift(-c, nn.Mean(nn.Sqrt(nn.Shift(c*c, nn.RowSum(nn.Square(off))))))
	}
}

// WithInput returns a loss that concatenates the denoised points with a named input (rows x cols) and
// passes the result, rows x (d + cols), to build.
func WithInput(input string, cols int, build func(g *nn.Graph, points *G.Node) *G.Node) func(g *nn.Graph, denoised *G.Node) *G.Node {
	return func(g *nn.Graph, denoised *G.Node) *G.Node {
		return build(g, nn.Concat(denoised, g.Input(input, cols)))
	}
}

// FineTuner trains the denoiser of a model on any differentiable losses of its output, at noisy points
// that the caller supplies: a distance to the endpoint of a trajectory, the score of a critic. Its State
// has the format of a Trainer's, and [Load] reads it.
type FineTuner struct {
	*train.Descent[*Model]
	losses []Loss
	step   *nn.Step
}

// NewFineTuner returns a fine-tuner that has taken no step and starts from the weights of a model. cfg
// may differ from that model's configuration in the training and sampling settings. It returns an error
// if cfg is invalid.
func NewFineTuner(from *Model, cfg Config, losses ...Loss) (*FineTuner, error) {
	t := &FineTuner{losses: losses}
	m, err := from.clone(cfg)
	if err != nil {
		return nil, err
	}
	if t.Descent, err = m.descent(cfg.Settings); err != nil {
		return nil, err
	}
	t.step, err = nn.NewShardedStep(m.net.Parameters(), cfg.Batch, 1, m.parts.shardRows(), func(g *nn.Graph) G.Nodes {
		denoised := t.denoised(g)
		var sum *G.Node
		var terms G.Nodes
		for _, l := range losses {
			term := l.Build(g, denoised)
			terms = append(terms, term)
			if term = nn.Scale(l.Weight, term); sum == nil {
				sum = term
			} else {
				sum = nn.Add(sum, term)
			}
		}
		return append(G.Nodes{sum}, terms...)
	})
	if err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	return t, nil
}

// denoised builds D = a·x + b·(network output), with a and b from the inputs "keep" and "gain".
func (t *FineTuner) denoised(g *nn.Graph) *G.Node {
	m := t.Model()
	d := m.dim()
	net := predict(g, m.net, d, m.parts.ContextWidth())
	return nn.Add(nn.MulCol(g.Input("x", d), g.Input("keep", 1)), nn.MulCol(net, g.Input("gain", 1)))
}

// Input returns the memory of a loss's input (batch x its columns), to be filled before Fit.
func (t *FineTuner) Input(name string) []float32 { return t.step.Input(name) }

// Fit takes one optimisation step at noisy points x (batch x d) of noise levels u = log(σ/α) (batch),
// all standardised, in encoded contexts (batch x the context's width; nil for an unconditional model).
// It returns the losses by name, before the update. It panics on slices of other lengths and returns an
// error, before any update, if a value is not finite.
func (t *FineTuner) Fit(x, u, contexts []float32) (genlab.Losses, error) {
	m := t.Model()
	n, d, width := m.cfg.Batch, m.dim(), m.parts.ContextWidth()
	if len(x) != n*d || len(u) != n || len(contexts) != n*width {
		panic(fmt.Sprintf("diffusion: %d, %d and %d values of points, noise levels and contexts: want %d, %d and %d",
			len(x), len(u), len(contexts), n*d, n, n*width))
	}
	if width > 0 {
		copy(t.step.Input("context"), contexts)
	}
	copy(t.step.Input("x"), x)
	copy(t.step.Input("noise level"), u)
	keep, gain := t.step.Input("keep"), t.step.Input("gain")
	for i, u := range u {
		a, b := m.cfg.Prediction.data(alphaSigma(float64(u)))
		keep[i], gain[i] = float32(a), float32(b)
	}
	values, err := t.step.Gradient()
	if err != nil {
		return nil, err
	}
	t.Update(t.step)
	losses := make(genlab.Losses, len(t.losses))
	for i, l := range t.losses {
		losses[i] = genlab.Loss{Name: l.Name, Value: values[1+i]}
	}
	return losses, nil
}

// alphaSigma returns α and σ of a noise level u = log(σ/α).
func alphaSigma(u float64) (alpha, sigma float64) {
	ratio := math.Exp(u)
	alpha = 1 / math.Sqrt(1+ratio*ratio)
	return alpha, ratio * alpha
}

// ResumeFineTuner returns a fine-tuner that continues from a saved State after a number of steps. It
// returns an error if the saved tensors do not fit the configuration.
func ResumeFineTuner(cfg Config, parts Components, saved []checkpoint.Tensor, steps int, losses ...Loss) (*FineTuner, error) {
	m, err := fromState(cfg, parts, saved)
	if err != nil {
		return nil, err
	}
	t, err := NewFineTuner(m, cfg, losses...)
	if err != nil {
		return nil, err
	}
	return t, t.Restore(saved, steps)
}
