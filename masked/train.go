package masked

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/alphabet"
	"genlab/checkpoint"
	"genlab/nn"
	"genlab/train"
)

// Trainer fits a model by maximising the bound in continuous time. The loss is the negative bound in nats a character.
type Trainer struct {
	*train.Descent[*Text]
	step *nn.Step
}

// NewTrainer returns a trainer of m that has taken no step. It fails if the optimiser rejects its settings.
func NewTrainer(m *Text) (*Trainer, error) {
	average, err := New(m.cfg, m.alphabet, rand.New(rand.NewPCG(0, 0))) // overwritten by the weights of m
	if err != nil {
		return nil, err
	}
	t := new(Trainer)
	if t.Descent, err = train.NewDescent(m.cfg.Settings, m, average); err != nil {
		return nil, fmt.Errorf("masked: %w", err)
	}
	length := m.cfg.Context
	t.step, err = nn.NewShardedStep(&m.net.params, m.cfg.Batch*length, length, (nn.ShardRows+length-1)/length*length, func(g *nn.Graph) G.Nodes {
		return G.Nodes{m.loss(g, g.Input("symbol", 1), g.Input("weight", m.net.classes))}
	})
	if err != nil {
		return nil, fmt.Errorf("masked: %w", err)
	}
	return t, nil
}

// loss builds -1/rows Σ w·log p(x | visible) of symbols (rows x 1) and weights w (rows x classes), which are zero but in the
// columns of the masked characters.
func (t *Text) loss(g *nn.Graph, symbols, weights *G.Node) *G.Node {
	return nn.Scale(-float64(t.net.classes), nn.Mean(nn.Mul(t.net.logProb(g, symbols), weights)))
}

// Learn takes one optimisation step and returns its loss. The batch has Config.Batch rows, windows of text as indices
// (n x Context); it panics for another shape. It fails, and leaves the parameters unchanged, if a value is not finite. It
// implements [genlab.Learner].
func (t *Trainer) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	m := t.Model()
	if n, d := batch.Dims(); n != m.cfg.Batch || d != m.cfg.Context {
		panic(fmt.Sprintf("masked: Learn of a batch of %d x %d, want %d x %d", n, d, m.cfg.Batch, m.cfg.Context))
	}
	m.corrupt(t.step.Input("symbol"), t.step.Input("weight"), batch, rng)
	losses, err := t.step.Gradient()
	if err != nil {
		return nil, err
	}
	t.Update(t.step)
	return genlab.Losses{{Name: "loss", Value: losses[0]}}, nil
}

// corrupt masks the windows of a batch (n x Context): the symbols, and Context/M as the weight of each of the M masked
// characters of a window. M is stratified over the batch, separately for whole windows and for blocks at their end.
func (t *Text) corrupt(symbols, weights []float32, batch *mat.Dense, rng *rand.Rand) {
	n, length := batch.Dims()
	clear(weights)
	whole := int(float64(n)*t.cfg.Whole + rng.Float64())
	shift := rng.Float64()
	for i := range n {
		lo, j, strata := 0, i, whole
		if i >= whole {
			lo, j, strata = length-t.cfg.Block, i-whole, n-whole
		}
		u := (float64(j) + shift) / float64(strata)
		masked := choose(lo, length, 1+min(int(u*float64(length-lo)), length-lo-1), rng)
		row := batch.RawRowView(i)
		for k, v := range row {
			symbols[i*length+k] = float32(v)
		}
		for _, p := range masked {
			symbols[i*length+p] = float32(t.net.mask())
			weights[(i*length+p)*t.net.classes+int(row[p])] = float32(length) / float32(len(masked))
		}
	}
}

// Resume returns a trainer that continues from a saved State after the given number of steps. It fails if the state
// lacks a tensor or a shape differs.
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

// Load returns the model with the EMA weights of a trainer's saved State. It fails as [Resume] does.
func Load(cfg Config, saved []checkpoint.Tensor) (*Text, error) {
	m, err := fromState(cfg, saved)
	if err != nil {
		return nil, err
	}
	return m, train.LoadAverage(m, saved)
}

// fromState returns a model over the saved alphabet, with random weights.
func fromState(cfg Config, saved []checkpoint.Tensor) (*Text, error) {
	a, err := alphabet.FromState(saved)
	if err != nil {
		return nil, fmt.Errorf("masked: %w", err)
	}
	return New(cfg, a, rand.New(rand.NewPCG(0, 0)))
}
