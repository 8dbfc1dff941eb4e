package nn

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
)

// wgan returns a critic's loss: E[D(fake)] - E[D(real)] + 10 E[(|∇D(between)| - 1)²].
func wgan(g *Graph, fake, real, between *G.Node, critic func(x *G.Node) *G.Node) *G.Node {
	slope, err := g.Grad(critic(between), g.constant(between.Shape()[0], 1, 1), between)
	if err != nil {
		panic(err)
	}
	return Add(Sub(Mean(critic(fake)), Mean(critic(real))), Scale(10, GradientPenalty(slope[0])))
}

// TestWassersteinLoss: the gradient at a critic's parameters of the whole loss of WGAN-GP.
func TestWassersteinLoss(t *testing.T) {
	for _, act := range []kernel.Activation{kernel.LeakyReLU, kernel.Tanh, kernel.SiLU, kernel.Softplus} {
		t.Run(act.String(), func(t *testing.T) {
			c := &check{Graph: NewGraph64(5), rng: rand.New(rand.NewPCG(1, 2))}
			fake, real, between := c.x(5, 2), c.x(5, 2), c.x(5, 2)
			c.in = nil
			w1, b1, w2, b2, w3, b3 := c.x(2, 6), c.x(1, 6), c.x(6, 6), c.x(1, 6), c.x(6, 1), c.x(1, 1)
			layer := func(x, w, b *G.Node) *G.Node { return Act(Linear(x, w, b, kernel.Identity), act) }
			if act == kernel.LeakyReLU {
				layer = func(x, w, b *G.Node) *G.Node { return Linear(x, w, b, act) }
			}
			loss := wgan(c.Graph, fake, real, between, func(x *G.Node) *G.Node {
				return Linear(layer(layer(x, w1, b1), w2, b2), w3, b3, kernel.Identity)
			})
			// The last bias moves D(fake) and D(real) alike: its derivative is zero.
			agree(t, c, loss)
		})
	}
}

// TestPenaltyOfNoSlope: where a critic is flat, the penalty is one and pulls nowhere.
func TestPenaltyOfNoSlope(t *testing.T) {
	g := NewGraph(3)
	x := g.Input("x", 2)
	y := GradientPenalty(x)
	grads, err := g.Grad(y, nil, x)
	if err != nil {
		t.Fatal(err)
	}
	m := mustCompile(t, g, y, grads[0])
	mustRun(t, m)
	if p, d := m.float32s(y)[0], m.float32s(grads[0]); !(math.Abs(float64(p-1)) <= 1e-5) || furthest(d, make([]float32, 6)) != 0 {
		t.Errorf("penalty %v with gradient %v", p, d)
	}
}
