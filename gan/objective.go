package gan

import (
	"fmt"
	"math"
	"strconv"

	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
	"genlab/internal/suggest"
	"genlab/nn"
)

// Objective is the pair of losses that critic and generator minimise.
type Objective interface {
	// Critic returns the critic's loss on a batch, followed by metrics to report.
	Critic(out *CriticOutput) []Term
	// Generator returns the generator's loss, 1 x 1, from the critic's values at generated samples
	// (rows x 1).
	Generator(fake *G.Node) *G.Node
	String() string
}

// Term is a named loss or metric of a batch.
type Term struct {
	Name string
	Node *G.Node // 1 x 1, averaged over the rows; or rows x 1
	// Max reports the maximum over the rows of Node (rows x 1) instead of the mean.
	Max bool
}

// CriticOutput is the critic's output on a batch: its values (rows x 1) on data and on generated
// samples, and on request its gradient norms between them.
type CriticOutput struct {
	Real, Fake *G.Node

	graph      *nn.Graph
	value      func(x *G.Node) *G.Node // the critic
	data, fake *G.Node                 // rows x d, standardised
	mix        func() *G.Node          // u ~ U(0, 1), rows x 1, the weight of the data
}

// newCriticOutput applies a critic to data and generated samples. mix is called only if an objective
// needs gradient norms.
func newCriticOutput(g *nn.Graph, value func(x *G.Node) *G.Node, data, fake *G.Node, mix func() *G.Node) *CriticOutput {
	return &CriticOutput{value(data), value(fake), g, value, data, fake, mix}
}

// GradientNorms returns |∇D|, rows x 1, at a random interpolation between each data point and its
// generated sample. It costs as much as the rest of a step.
func (o *CriticOutput) GradientNorms() *G.Node {
	between := nn.Add(o.fake, nn.MulCol(nn.Sub(o.data, o.fake), o.mix()))
	return gradientNorm(o.graph, o.value(between), between)
}

// Wasserstein is the objective of WGAN-GP [gulrajani2017] eq. 3. Its terms are the critic's loss, the
// critic's estimate E D(x) - E D(G(z)) of the distance W1, which is no distance (a critic that is not yet optimal, or not
// 1-Lipschitz, is below or above it), the penalty E(|∇D| - 1)² without its weight, and the
// mean and maximum of |∇D|.
type Wasserstein struct {
	Lambda float64 // weight of the penalty
	// OneSided penalises only gradient norms above one, E max(0, |∇D| - 1)² [petzka2018]: the
	// critic may be flat where the two distributions agree, and the generator can converge.
	OneSided bool
}

// Critic implements [Objective].
func (w Wasserstein) Critic(out *CriticOutput) []Term {
	norms := out.GradientNorms()
	distance := nn.Sub(nn.Mean(out.Real), nn.Mean(out.Fake))
	excess := nn.Shift(-1, norms)
	if w.OneSided {
		excess = nn.Act(excess, kernel.ReLU)
	}
	penalty := nn.Mean(nn.Square(excess))
	return []Term{
		{Name: "critic", Node: nn.Sub(nn.Scale(w.Lambda, penalty), distance)},
		{Name: "w1_estimate", Node: distance},
		{Name: "penalty", Node: penalty},
		{Name: "slope_mean", Node: nn.Mean(norms)},
		{Name: "slope_max", Node: norms, Max: true},
	}
}

// Generator implements [Objective]: -E D(G(z)).
func (w Wasserstein) Generator(fake *G.Node) *G.Node { return nn.Scale(-1, nn.Mean(fake)) }

func (w Wasserstein) String() string {
	if w.OneSided {
		return fmt.Sprintf("wgan-lp(λ=%g)", w.Lambda)
	}
	return fmt.Sprintf("wgan-gp(λ=%g)", w.Lambda)
}

// Minimax is the original objective [goodfellow2014] eq. 1. Its terms are the critic's loss in nats
// (log 4 for a critic at chance, 0 for a perfect one) and the lower bound log 2 - loss/2 on the
// Jensen-Shannon divergence.
type Minimax struct{}

// Critic implements [Objective].
func (Minimax) Critic(out *CriticOutput) []Term {
	loss := nn.Add(nn.Mean(crossEntropy(out.Real, 1)), nn.Mean(crossEntropy(out.Fake, -1)))
	return []Term{
		{Name: "critic", Node: loss},
		{Name: "jensen_shannon", Node: nn.Shift(math.Ln2, nn.Scale(-0.5, loss))},
	}
}

// crossEntropy is -log s(sign·v), in nats.
func crossEntropy(v *G.Node, sign float64) *G.Node {
	return nn.Act(nn.Scale(-sign, v), kernel.Softplus)
}

// Generator implements [Objective]: E log(1 - s(D(G(z)))), which saturates where the critic is confident.
func (Minimax) Generator(fake *G.Node) *G.Node { return nn.Scale(-1, nn.Mean(crossEntropy(fake, -1))) }

func (Minimax) String() string { return "minimax" }

// NonSaturating is [Minimax] with the generator loss -E log s(D(G(z))) [goodfellow2014] section 3: the
// same fixed point, with a gradient where Minimax saturates.
type NonSaturating struct{ Minimax }

// Generator implements [Objective].
func (NonSaturating) Generator(fake *G.Node) *G.Node { return nn.Mean(crossEntropy(fake, 1)) }

func (NonSaturating) String() string { return "non-saturating" }

// ObjectiveName is the name of an [Objective] in a configuration.
type ObjectiveName string

// Penalty is the weight λ of a gradient penalty in a configuration: at least 0, or [DefaultPenalty].
type Penalty float64

// DefaultPenalty, "own" as text, is the objective's own default: 0.1 for [Wasserstein], since the usual 10
// smooths away the fine structure of two-dimensional data, and no penalty for the other objectives.
const DefaultPenalty Penalty = -1

const defaultLambda = 0.1

// UnmarshalText accepts "own" and finite numbers of at least 0.
func (p *Penalty) UnmarshalText(text []byte) error {
	if string(text) == "own" {
		*p = DefaultPenalty
		return nil
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(v >= 0) || math.IsInf(v, 0) {
		return fmt.Errorf("must be own or a number of at least 0, not %q", text)
	}
	*p = Penalty(v)
	return nil
}

// MarshalText returns the text that UnmarshalText accepts for p. It never fails.
func (p Penalty) MarshalText() ([]byte, error) {
	if p == DefaultPenalty {
		return []byte("own"), nil
	}
	return strconv.AppendFloat(nil, float64(p), 'g', -1, 64), nil
}

// lambda is the weight of a Wasserstein penalty.
func (p Penalty) lambda() float64 {
	if p == DefaultPenalty {
		return defaultLambda
	}
	return float64(p)
}

// objectives is the table of objectives; a new objective needs a line here.
var objectives = []struct {
	name      ObjectiveName
	of        func(Penalty) Objective
	noPenalty bool
}{
	{"wgan-gp", func(p Penalty) Objective { return Wasserstein{Lambda: p.lambda()} }, false},
	{"wgan-lp", func(p Penalty) Objective { return Wasserstein{Lambda: p.lambda(), OneSided: true} }, false},
	{"minimax", func(Penalty) Objective { return Minimax{} }, true},
	{"non-saturating", func(Penalty) Objective { return NonSaturating{} }, true},
}

// Choices lists the names in the order shown to users.
func (ObjectiveName) Choices() []string {
	names := make([]string, len(objectives))
	for i, o := range objectives {
		names[i] = string(o.name)
	}
	return names
}

// UnmarshalText accepts the Choices; its error for any other text lists them.
func (n *ObjectiveName) UnmarshalText(text []byte) error { return suggest.Set("objective", n, text) }

// with returns the objective with penalty weight lambda. It fails if there is no objective of that name or
// lambda is invalid for it.
func (n ObjectiveName) with(lambda Penalty) (Objective, error) {
	for _, o := range objectives {
		switch {
		case o.name != n:
		case lambda == DefaultPenalty, lambda >= 0 && !math.IsInf(float64(lambda), 0) && !o.noPenalty:
			return o.of(lambda), nil
		case o.noPenalty:
			return nil, fmt.Errorf("lambda is %v, but objective %s has no gradient penalty: choose wgan-gp or wgan-lp, or leave lambda at own", float64(lambda), n)
		default:
			return nil, fmt.Errorf("lambda is %v, but must be own or a number of at least 0", float64(lambda))
		}
	}
	return nil, suggest.Name("objective", string(n), n.Choices())
}
