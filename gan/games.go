package gan

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
	"genlab/nn"
)

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
func (w Wasserstein) Generator(fake *G.Node, _ func() *G.Node) *G.Node {
	return nn.Scale(-1, nn.Mean(fake))
}

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
func (Minimax) Generator(fake *G.Node, _ func() *G.Node) *G.Node {
	return nn.Scale(-1, nn.Mean(crossEntropy(fake, -1)))
}

func (Minimax) String() string { return "minimax" }

// NonSaturating is [Minimax] with the generator loss -E log s(D(G(z))) [goodfellow2014] section 3: the
// same fixed point, with a gradient where Minimax saturates.
type NonSaturating struct{ Minimax }

// Generator implements [Objective].
func (NonSaturating) Generator(fake *G.Node, _ func() *G.Node) *G.Node {
	return nn.Mean(crossEntropy(fake, 1))
}

func (NonSaturating) String() string { return "non-saturating" }

// Relativistic is the relativistic pairing objective with zero-centred gradient penalties at data (R1) and at generated
// samples (R2) [huang2024] eq. 2: the critic learns to value a data point above a generated sample,
//
//	E -log s(D(x) - D(G(z))) + γ/2·(E|∇D(x)|² + E|∇D(G(z))|²),
//
// and the generator minimises E -log s(D(G(z)) - D(x)). A generator that drops a mode is pulled to it, since its samples are
// compared with data, and the penalties make training near the solution converge [mescheder2018]. Its terms are the
// critic's loss, the margin E D(x) - E D(G(z)), and R1 and R2 without their weight.
type Relativistic struct {
	Gamma float64 // weight of both penalties
}

// Critic implements [Objective].
func (r Relativistic) Critic(out *CriticOutput) []Term {
	real, fake := out.SquaredGradients()
	r1, r2 := nn.Mean(real), nn.Mean(fake)
	margin := nn.Sub(out.Real, out.Fake)
	return []Term{
		{Name: "critic", Node: nn.Add(nn.Mean(crossEntropy(margin, 1)), nn.Scale(r.Gamma/2, nn.Add(r1, r2)))},
		{Name: "margin", Node: nn.Mean(margin)},
		{Name: "r1", Node: r1},
		{Name: "r2", Node: r2},
	}
}

// Generator implements [Objective].
func (r Relativistic) Generator(fake *G.Node, real func() *G.Node) *G.Node {
	return nn.Mean(crossEntropy(nn.Sub(fake, real()), 1))
}

func (r Relativistic) String() string { return fmt.Sprintf("relativistic(γ=%g)", r.Gamma) }

// Hinge is the hinge loss [lim2017],
//
//	E max(0, 1 - D(x)) + E max(0, 1 + D(G(z))),
//
// with the generator's loss -E D(G(z)). Its critic has spectral normalisation [miyato2018] instead of a penalty.
type Hinge struct{}

// Critic implements [Objective].
func (Hinge) Critic(out *CriticOutput) []Term {
	side := func(v *G.Node, sign float64) *G.Node {
		return nn.Mean(nn.Act(nn.Shift(1, nn.Scale(-sign, v)), kernel.ReLU))
	}
	return []Term{
		{Name: "critic", Node: nn.Add(side(out.Real, 1), side(out.Fake, -1))},
		{Name: "margin", Node: nn.Sub(nn.Mean(out.Real), nn.Mean(out.Fake))},
	}
}

// Generator implements [Objective].
func (Hinge) Generator(fake *G.Node, _ func() *G.Node) *G.Node { return nn.Scale(-1, nn.Mean(fake)) }

func (Hinge) String() string { return "hinge" }
