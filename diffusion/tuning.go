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

// Loss is a figure of a denoiser's answers that a Tuning makes small, under a name.
type Loss struct {
	Name   string
	Weight float64 // in the sum that is minimised
	// Of is the loss, 1 x 1, a mean over the rows, of standardised answers D(x, u) (rows x d). It may
	// declare inputs of its own.
	Of func(g *nn.Graph, answers *G.Node) *G.Node
}

// PseudoHuber is the distance of the answers from those of the input "target" (rows x d): the mean
// of sqrt(|D - target|² + c²) - c, a squared error near the target, a distance far from it. It
// panics unless c > 0.
func PseudoHuber(c float64) func(g *nn.Graph, answers *G.Node) *G.Node {
	if !(c > 0) {
		panic(fmt.Sprintf("diffusion: a distance with a scale of %v, want above 0", c))
	}
	return func(g *nn.Graph, answers *G.Node) *G.Node {
		off := nn.Sub(answers, g.Input("target", answers.Shape()[1]))
		return nn.Shift(-c, nn.Mean(nn.Sqrt(nn.Shift(c*c, nn.RowSum(nn.Square(off))))))
	}
}

// Beside is a loss of the answers with what an input says of each row beside them (rows x cols): rows
// x (d + cols).
func Beside(input string, cols int, of func(g *nn.Graph, answers *G.Node) *G.Node) func(g *nn.Graph, answers *G.Node) *G.Node {
	return func(g *nn.Graph, answers *G.Node) *G.Node { return of(g, nn.Concat(answers, g.Input(input, cols))) }
}

// Tuning fits a denoiser to any losses of its answers at noisy points that are given, whatever
// these mean: of how far they are from where a path ends, of what a critic makes of them. Its State is
// what a Trainer's is, and Load takes it as one.
type Tuning struct {
	*train.Descent[*Model]
	losses []Loss
	step   *nn.Step
}

// NewTuning returns one that has taken no step and begins as a model: cfg is that model's but for
// steps, batch, rates and sampling.
func NewTuning(from *Model, cfg Config, losses ...Loss) (*Tuning, error) {
	t := &Tuning{losses: losses}
	m, err := from.like(cfg)
	if err != nil {
		return nil, err
	}
	if t.Descent, err = m.descent(cfg.Settings); err != nil {
		return nil, err
	}
	t.step, err = nn.NewShardedStep(m.net.Parameters(), cfg.Batch, 1, m.parts.shardRows(), func(g *nn.Graph) G.Nodes {
		answers := t.answers(g)
		var sum *G.Node
		var each G.Nodes
		for _, l := range losses {
			own := l.Of(g, answers)
			each = append(each, own)
			if own = nn.Scale(l.Weight, own); sum == nil {
				sum = own
			} else {
				sum = nn.Add(sum, own)
			}
		}
		return append(G.Nodes{sum}, each...)
	})
	if err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	return t, nil
}

// answers is the denoiser as a formula: D = keep·x + gain·(the network's output).
func (t *Tuning) answers(g *nn.Graph) *G.Node {
	m := t.Model()
	d := m.dim()
	net := predict(g, m.net, d, m.parts.Width())
	return nn.Add(nn.MulCol(g.Input("x", d), g.Input("keep", 1)), nn.MulCol(net, g.Input("gain", 1)))
}

// Input is the memory of a loss's input, batch x its columns: fill it before Fit.
func (t *Tuning) Input(name string) []float32 { return t.step.Input(name) }

// Fit takes a step at noisy points x (batch x d) at the noise levels u = log(sigma/alpha)
// (batch), all standardised, in contexts as a network sees them (batch x the context's width; nil
// for a model without). It returns each loss by its name, before the weights.
func (t *Tuning) Fit(x, u, contexts []float32) (genlab.Losses, error) {
	m := t.Model()
	n, d, width := m.cfg.Batch, m.dim(), m.parts.Width()
	if len(x) != n*d || len(u) != n || len(contexts) != n*width {
		panic(fmt.Sprintf("diffusion: %d, %d and %d values for a tuning of %d rows of %d in contexts of %d",
			len(x), len(u), len(contexts), n, d, width))
	}
	if width > 0 {
		copy(t.step.Input("context"), contexts)
	}
	copy(t.step.Input("x"), x)
	copy(t.step.Input("noise level"), u)
	keep, gain := t.step.Input("keep"), t.step.Input("gain")
	for i, u := range u {
		ratio := math.Exp(float64(u))
		alpha := 1 / math.Sqrt(1+ratio*ratio)
		a, b := m.cfg.Prediction.data(alpha, ratio*alpha)
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

// ResumeTuning returns a tuning that continues from a saved State after the given number of steps.
func ResumeTuning(cfg Config, parts Parts, saved []checkpoint.Tensor, steps int, losses ...Loss) (*Tuning, error) {
	m, err := fromState(cfg, parts, saved)
	if err != nil {
		return nil, err
	}
	t, err := NewTuning(m, cfg, losses...)
	if err != nil {
		return nil, err
	}
	return t, t.Restore(saved, steps)
}
