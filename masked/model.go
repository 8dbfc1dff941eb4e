package masked

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/alphabet"
	"genlab/checkpoint"
	"genlab/nn"
)

// Text is a masked diffusion model of text: a distribution over texts of any length with a lower bound on its
// logarithm. One class, uniform over all characters of Unicode outside the alphabet, keeps the bound of every text
// finite. A Text must not be used by several goroutines at once.
type Text struct {
	cfg      Config
	alphabet alphabet.Alphabet
	net      *network
	forward  *nn.Forward
}

// New returns a model over an alphabet, with random weights. It fails if the configuration is invalid or the
// alphabet has fewer than two characters.
func New(cfg Config, a alphabet.Alphabet, rng *rand.Rand) (*Text, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("masked: %w", err)
	}
	if len(a) < 2 || !slices.IsSorted(a) {
		return nil, fmt.Errorf("masked: an alphabet of %d characters", len(a))
	}
	t := &Text{cfg: cfg, alphabet: a, net: newNetwork(cfg, len(a), rng)}
	var err error
	t.forward, err = nn.NewGroupedForward(cfg.Context, func(g *nn.Graph) G.Nodes { return G.Nodes{t.net.logProb(g, g.Input("symbol", 1))} })
	return t, err
}

// Config returns the configuration of the model.
func (t *Text) Config() Config { return t.cfg }

// Alphabet returns the characters of the training text.
func (t *Text) Alphabet() alphabet.Alphabet { return t.alphabet }

// Parameters returns the trained parameters.
func (t *Text) Parameters() *nn.Params { return &t.net.params }

// Params returns the number of trained values.
func (t *Text) Params() int { return t.net.params.Count() }

// Fixed returns the tensors of a checkpoint besides the weights: the alphabet.
func (t *Text) Fixed() []checkpoint.Tensor { return t.alphabet.State() }

// Mask returns the symbol of a masked character in [Text.Conditionals].
func (t *Text) Mask() int { return t.net.mask() }

// Conditionals returns log p(xᵢ | visible characters) in nats of each class at each position of windows: symbols holds
// windows of Context symbols (indices of the alphabet, its length for an unknown character, Mask for a masked one); the
// result has len(alphabet)+1 values for each. Those of positions that are not masked have no meaning. It panics if a
// window is incomplete.
func (t *Text) Conditionals(symbols []int) []float32 {
	in, out := make([]float32, len(symbols)), make([]float32, len(symbols)*t.net.classes)
	for i, s := range symbols {
		in[i] = float32(s)
	}
	if err := t.forward.Run(len(symbols), nn.Columns{"symbol": in}, out); err != nil {
		panic(err) // cannot happen: the shapes are fixed
	}
	return out
}

// Sample returns n texts of Context characters, as rows of indices (n x Context), sampled with the configuration's
// settings: the format of [alphabet.Alphabet.Windows]. It panics if n < 1.
func (t *Text) Sample(n int, rng *rand.Rand) *mat.Dense {
	if n < 1 {
		panic(fmt.Sprintf("masked: Sample of n = %d, want n >= 1", n))
	}
	x := mat.NewDense(n, t.cfg.Context, nil)
	for i, ids := range t.generate(make([][]int, n), t.cfg.Context, t.cfg.Decoding(), rng) {
		for k, id := range ids {
			x.Set(i, k, float64(id))
		}
	}
	return x
}
