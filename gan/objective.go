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

// Objective is a game: what the critic minimises, and what the generator.
type Objective interface {
	// Critic returns the critic's figures over a batch; the first is minimised.
	Critic(r *Round) []Term
	// Generator returns the generator's loss, 1 x 1, from the critic's values at its samples
	// (rows x 1).
	Generator(fake *G.Node) *G.Node
	String() string
}

// Term is a named figure of a batch.
type Term struct {
	Name string
	Node *G.Node // 1 x 1, a mean over the rows; or rows x 1
	// Largest says that the figure is the largest over the rows (Node is rows x 1) instead of
	// their mean.
	Largest bool
}

// Round is what the critic sees of a batch: its values (rows x 1) at the data and at the
// generator's samples, and, if asked for, its slope between them.
type Round struct {
	Real, Fake *G.Node

	graph      *nn.Graph
	value      func(x *G.Node) *G.Node // the critic
	data, made *G.Node                 // rows x d, standardised
	place      func() *G.Node          // rows x 1 in [0, 1]: 1 is the data
}

// newRound applies a critic to data and samples. place is asked for only where an objective
// wants slopes.
func newRound(g *nn.Graph, value func(x *G.Node) *G.Node, data, made *G.Node, place func() *G.Node) *Round {
	return &Round{value(data), value(made), g, value, data, made, place}
}

// Slopes is the norm of the critic's gradient, rows x 1, at a random place between each point of
// the data and its sample. It costs as much as all else.
func (r *Round) Slopes() *G.Node {
	between := nn.Add(r.made, nn.MulCol(nn.Sub(r.data, r.made), r.place()))
	return slope(r.graph, r.value(between), between)
}

// Wasserstein is the game of WGAN-GP [gulrajani2017] eq. 3. Its figures are the critic's loss,
// the estimate E D(x) - E D(G(z)) of the distance W1, the penalty E(|∇D| - 1)² before its
// weight, and the mean and the largest |∇D|: the critic's Lipschitz state.
type Wasserstein struct {
	Lambda float64
	// OneSided penalises slopes above one alone, E max(0, |∇D| - 1)² [petzka2018]: where the two
	// laws agree the critic may be flat, and the generator comes to rest.
	OneSided bool
}

// Critic implements Objective.
func (w Wasserstein) Critic(r *Round) []Term {
	slopes := r.Slopes()
	distance := nn.Sub(nn.Mean(r.Real), nn.Mean(r.Fake))
	excess := nn.Shift(-1, slopes)
	if w.OneSided {
		excess = nn.Act(excess, kernel.ReLU)
	}
	penalty := nn.Mean(nn.Square(excess))
	return []Term{
		{Name: "critic", Node: nn.Sub(nn.Scale(w.Lambda, penalty), distance)},
		{Name: "wasserstein", Node: distance},
		{Name: "penalty", Node: penalty},
		{Name: "slope_mean", Node: nn.Mean(slopes)},
		{Name: "slope_max", Node: slopes, Largest: true},
	}
}

// Generator implements Objective: -E D(G(z)).
func (w Wasserstein) Generator(fake *G.Node) *G.Node { return nn.Scale(-1, nn.Mean(fake)) }

func (w Wasserstein) String() string {
	if w.OneSided {
		return fmt.Sprintf("wgan-lp(λ=%g)", w.Lambda)
	}
	return fmt.Sprintf("wgan-gp(λ=%g)", w.Lambda)
}

// Minimax is the original game [goodfellow2014] eq. 1. Its figures are the critic's loss, in
// nats (log 4 where it cannot tell, 0 where it errs never), and the bound log 2 - loss/2 of the
// Jensen-Shannon divergence that the loss is.
type Minimax struct{}

// Critic implements Objective.
func (Minimax) Critic(r *Round) []Term {
	loss := nn.Add(nn.Mean(surprise(r.Real, 1)), nn.Mean(surprise(r.Fake, -1)))
	return []Term{
		{Name: "critic", Node: loss},
		{Name: "jensen_shannon", Node: nn.Shift(log2, nn.Scale(-0.5, loss))},
	}
}

const log2 = 0.693147180559945309417

// surprise is -log s(sign·v), in nats.
func surprise(v *G.Node, sign float64) *G.Node {
	return nn.Act(nn.Scale(-sign, v), kernel.Softplus)
}

// Generator implements Objective: E log(1 - s(D(G(z)))), which is flat where the critic is sure.
func (Minimax) Generator(fake *G.Node) *G.Node { return nn.Scale(-1, nn.Mean(surprise(fake, -1))) }

func (Minimax) String() string { return "minimax" }

// NonSaturating is the original game but for the generator, which minimises -E log s(D(G(z)))
// [goodfellow2014] section 3: the same fixed point, and a pull where Minimax has none.
type NonSaturating struct{ Minimax }

// Generator implements Objective.
func (NonSaturating) Generator(fake *G.Node) *G.Node { return nn.Mean(surprise(fake, 1)) }

func (NonSaturating) String() string { return "non-saturating" }

// ObjectiveName is an objective by its name in a configuration.
type ObjectiveName string

// Penalty is the weight λ of a gradient penalty in a configuration: at least 0, or Own. Its
// text is a number, or "own".
type Penalty float64

// Own is the weight that the objective itself takes: 0.1 of a Wasserstein, whose usual 10 smooths
// the fine structure of data on the plane away, and none of the original game.
const Own Penalty = -1

const ownLambda = 0.1

// UnmarshalText accepts "own" and numbers that are at least 0.
func (p *Penalty) UnmarshalText(text []byte) error {
	if string(text) == "own" {
		*p = Own
		return nil
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(v >= 0) || math.IsInf(v, 0) {
		return fmt.Errorf("must be own or a number of at least 0, not %q", text)
	}
	*p = Penalty(v)
	return nil
}

// MarshalText returns what UnmarshalText accepts.
func (p Penalty) MarshalText() ([]byte, error) {
	if p == Own {
		return []byte("own"), nil
	}
	return strconv.AppendFloat(nil, float64(p), 'g', -1, 64), nil
}

// or is the weight, and own where it is left to the objective.
func (p Penalty) or(own float64) float64 {
	if p == Own {
		return own
	}
	return float64(p)
}

// objectives is the table of objectives. A new one is a type and a line here.
var objectives = []struct {
	name ObjectiveName
	of   func(Penalty) Objective
	free bool // of a penalty
}{
	{"wgan-gp", func(p Penalty) Objective { return Wasserstein{Lambda: p.or(ownLambda)} }, false},
	{"wgan-lp", func(p Penalty) Objective { return Wasserstein{Lambda: p.or(ownLambda), OneSided: true} }, false},
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

// UnmarshalText accepts the Choices.
func (n *ObjectiveName) UnmarshalText(text []byte) error { return suggest.Set("objective", n, text) }

// with returns the objective of that name, or why lambda does not suit it.
func (n ObjectiveName) with(lambda Penalty) (Objective, error) {
	for _, o := range objectives {
		switch {
		case o.name != n:
		case lambda == Own, lambda >= 0 && !math.IsInf(float64(lambda), 0) && !o.free:
			return o.of(lambda), nil
		case o.free:
			return nil, fmt.Errorf("lambda is %v, but objective %s has no gradient penalty: it belongs to wgan-gp and wgan-lp", float64(lambda), n)
		default:
			return nil, fmt.Errorf("lambda is %v, but must be own or a number of at least 0", float64(lambda))
		}
	}
	return nil, suggest.Name("objective", string(n), n.Choices())
}
