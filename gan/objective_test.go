package gan

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/nn"
)

// TestGradients: of the whole loss of WGAN-GP, a gradient of a gradient, at every parameter
// of the critic, in float64 against central differences. Of a step h they have an error of order
// h² + 1e-16/h, and a kink of LeakyReLU within h of a row is unlikely: 1e-6 of the largest
// derivative is asked for. The minimax loss and both generators' losses likewise.
func TestGradients(t *testing.T) {
	for _, o := range []Objective{Wasserstein{Lambda: 0.7}, Wasserstein{0.7, true}, Minimax{}, NonSaturating{}, Relativistic{0.3}, Hinge{}} {
		t.Run(o.String(), func(t *testing.T) {
			c := small()
			c.Hidden, c.Features = 7, 3
			m := newTrainer(t, c, scale).Model()
			g := nn.NewGraph64(5)
			value := func(x *G.Node) *G.Node { return m.critic.apply(g, x) }
			made := m.generate(g, random(g, "z", c.Latent, 2))
			mix := func() *G.Node { return g.Table("mix", 5, 1, []float32{0.1, 0.7, 0.4, 0.9, 0.2}) }
			out := newCriticOutput(g, value, random(g, "x", 2, 1), made, mix, 1, 1)
			agrees(t, g, losses(g, o.Critic(out))[0], m.critic.params.List())
			agrees(t, g, o.Generator(out.Fake, func() *G.Node { return out.Real }), m.params.List())
		})
	}
}

// random is a table of N(0, 1), 5 x cols.
func random(g *nn.Graph, name string, cols int, seed uint64) *G.Node {
	v := make([]float32, 5*cols)
	fillNormal(v, pcg(seed, seed))
	return g.Table(name, 5, cols, v)
}

func agrees(t *testing.T, g *nn.Graph, loss *G.Node, params []*nn.Param) {
	t.Helper()
	var wrt G.Nodes
	for _, p := range params {
		wrt = append(wrt, g.Param(p))
	}
	grads, err := g.Grad(loss, nil, wrt...)
	if err != nil {
		t.Fatal(err)
	}
	m, err := nn.Compile(g, append(G.Nodes{loss}, grads...)...)
	if err != nil {
		t.Fatal(err)
	}
	value := func(n *G.Node) []float64 {
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
		return append([]float64(nil), m.Value(n).(*tensor.Dense).Float64s()...)
	}
	var worst, largest float64
	for i, p := range params {
		got := value(grads[i])
		for j, old := range p.Value {
			const h = 1e-4
			p.Value[j] = old + h
			high, up := float64(p.Value[j]), value(loss)[0]
			p.Value[j] = old - h
			low, down := float64(p.Value[j]), value(loss)[0]
			p.Value[j] = old
			want := (up - down) / (high - low)
			worst, largest = math.Max(worst, math.Abs(got[j]-want)), math.Max(largest, math.Abs(want))
		}
	}
	if largest < 1e-3 || !(worst <= 1e-6*math.Max(1, largest)) {
		t.Errorf("gradient off by %.3g where the largest is %.3g", worst, largest)
	}
}

// TestPenaltyOfALinearCritic: D(x) = a·x + b has the slope |a| everywhere, so that the loss of
// WGAN-GP is λ(|a| - 1)² - a·(mean data - mean samples), and its gradient at a has a closed form.
func TestPenaltyOfALinearCritic(t *testing.T) {
	const lambda = 10
	var ps nn.Params
	a := ps.New("a", 2, 1)
	copy(a.Value, []float32{1.5, 2}) // |a| = 2.5
	data, made := []float32{1, 2, 3, 5}, []float32{0, 1, -2, 0.5}
	gap := [2]float64{3, 2.75} // of the means
	var step *nn.Step
	var terms []Term
	step, err := nn.NewStep(&ps, 2, func(g *nn.Graph) G.Nodes {
		value := func(x *G.Node) *G.Node { return nn.Shift(4, nn.MatMul(x, g.Param(a), false, false)) }
		mix := func() *G.Node { return g.Table("mix", 2, 1, []float32{0.3, 0.8}) }
		terms = Wasserstein{Lambda: lambda}.Critic(newCriticOutput(g, value, g.Table("x", 2, 2, data), g.Table("z", 2, 2, made), mix, 1, 1))
		return losses(g, terms)
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := step.Gradient()
	if err != nil {
		t.Fatal(err)
	}
	distance := 1.5*gap[0] + 2*gap[1]
	for i, want := range []float64{lambda*1.5*1.5 - distance, distance, 2.25, 2.5, 2.5} {
		if !(math.Abs(got[i]-want) <= 1e-5*math.Abs(want)) {
			t.Errorf("%s is %v, want %v", terms[i].Name, got[i], want)
		}
	}
	for _, s := range step.Input("slope_max") {
		if !(math.Abs(float64(s)-2.5) <= 1e-5) {
			t.Errorf("slope %v, want 2.5", s)
		}
	}
	// One step of SGD by Adam's rule at its first step is lr·sign(gradient): here of
	// 2λ(|a| - 1)·a/|a| - gap, which is positive in both coordinates.
	adam := nn.DefaultAdam
	adam.Eps = 1e9 // then the step is lr·gradient/1e9
	step.Update(nn.NewAdam(&ps, adam), 1e9*1e-3, nil)
	for j, old := range []float64{1.5, 2} {
		want := old - 1e-3*(2*lambda*1.5*old/2.5-gap[j])
		if !(math.Abs(float64(a.Value[j])-want) <= 1e-5) {
			t.Errorf("a[%d] moved to %v, want %v", j, a.Value[j], want)
		}
	}
}

// TestLambda: a weight of 0 is 0 and not the default, and every weight survives
// being written.
func TestLambda(t *testing.T) {
	for text, want := range map[string]string{"own": "wgan-gp(λ=0.1)", "0": "wgan-gp(λ=0)", "2.5": "wgan-gp(λ=2.5)"} {
		var p Penalty
		if err := p.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		o, err := ObjectiveName("wgan-gp").with(p)
		if err != nil || o.String() != want {
			t.Errorf("lambda %s makes %v (%v), want %s", text, o, err, want)
		}
		if again, err := p.MarshalText(); err != nil || string(again) != text {
			t.Errorf("lambda %s is written %s (%v)", text, again, err)
		}
	}
	for _, wrong := range []string{"", "-1", "NaN", "Inf", "Own", "1,5"} {
		p := Penalty(3)
		if err := p.UnmarshalText([]byte(wrong)); err == nil || p != 3 {
			t.Errorf("%q is taken for %v", wrong, p)
		}
	}
}

// TestMinimaxAtItsOptimum: a critic that cannot tell says 0 everywhere: the loss is log 4, the
// divergence 0, and what the generator pays log(1/2) or log 2 [goodfellow2014] theorem 1. A
// critic that knows p and q has 2·JSD(p‖q) = log 4 - loss.
func TestMinimaxAtItsOptimum(t *testing.T) {
	value := func(real, fake []float32) (critic, js, minimax, nonSaturating float64) {
		g := nn.NewGraph64(len(real))
		r := &CriticOutput{Real: g.Table("real", len(real), 1, real), Fake: g.Table("fake", len(fake), 1, fake)}
		terms := Minimax{}.Critic(r)
		outs := G.Nodes{terms[0].Node, terms[1].Node, Minimax{}.Generator(r.Fake, nil), NonSaturating{}.Generator(r.Fake, nil)}
		m, err := nn.Compile(g, outs...)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
		v := func(i int) float64 { return m.Value(outs[i]).(*tensor.Dense).Float64s()[0] }
		return v(0), v(1), v(2), v(3)
	}
	near := func(what string, got, want float64) {
		if !(math.Abs(got-want) <= 1e-6) {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	critic, js, minimax, nonSaturating := value(make([]float32, 4), make([]float32, 4))
	near("the critic's loss", critic, math.Log(4))
	near("the divergence", js, 0)
	near("minimax", minimax, -math.Ln2)
	near("non-saturating", nonSaturating, math.Ln2)
	// p = (3/4, 1/4) and q = (1/4, 3/4) on two points; the odds are p/q.
	odds := func(x ...int) []float32 {
		v := make([]float32, len(x))
		for i, k := range x {
			v[i] = float32([]float64{math.Log(3), -math.Log(3)}[k])
		}
		return v
	}
	critic, js, _, _ = value(odds(0, 0, 0, 1), odds(0, 1, 1, 1))
	want := 0.75*math.Log(0.75/0.5) + 0.25*math.Log(0.25/0.5)
	near("2 JSD", math.Log(4)-critic, 2*want)
	near("the divergence of two distributions", js, want)
}

// TestPenaltyIsTakenBetween: the slope of D(x) = a·|x|²/2 is a·|x|, which tells where it was taken: at the weight u
// between a data point and a sample, for the first of every so many packs. A pack has one weight.
func TestPenaltyIsTakenBetween(t *testing.T) {
	const rows, d = 8, 2
	random := func(seed uint64) []float32 {
		v := make([]float32, rows*d)
		fillNormal(v, pcg(seed, seed))
		return v
	}
	data, made := random(1), random(2)
	u := []float32{0, 1, 0.25, 0.5, 0.75, 0.1, 0.9, 0.4}
	for _, c := range []struct{ pack, every int }{{1, 1}, {1, 2}, {1, 8}, {2, 1}, {2, 2}} {
		var ps nn.Params
		a := ps.New("a", 1, 1)
		a.Value[0] = 2
		step, err := nn.NewStep(&ps, rows, func(g *nn.Graph) G.Nodes {
			value := func(x *G.Node) *G.Node {
				return nn.MatMul(nn.Scale(0.5, nn.RowSum(nn.Square(nn.Reshape(x, c.pack*d)))), g.Param(a), false, false)
			}
			mix := func() *G.Node { return g.Table("mix", rows, 1, u) }
			out := newCriticOutput(g, value, g.Table("x", rows, d, data), g.Table("z", rows, d, made), mix, c.pack, c.every)
			return G.Nodes{nn.Mean(g.Record("slopes", out.GradientNorms()))}
		})
		if err != nil {
			t.Fatal(err)
		}
		mean, err := step.Gradient()
		if err != nil {
			t.Fatal(err)
		}
		var sum float64
		count := rows / c.pack / c.every
		for k, got := range step.Input("slopes")[:count] {
			first := k * c.every * c.pack
			var square float64
			for i := first * d; i < (first+c.pack)*d; i++ {
				x := float64(u[first]*data[i] + (1-u[first])*made[i])
				square += x * x
			}
			want := 2 * math.Sqrt(square)
			if !(math.Abs(float64(got)-want) <= 1e-5) {
				t.Errorf("%+v: slope %d is %v, want %v", c, k, got, want)
			}
			sum += want
		}
		if want := sum / float64(count); !(math.Abs(mean[0]-want) <= 1e-5) {
			t.Errorf("%+v: the mean slope is %v, want %v", c, mean[0], want)
		}
	}
}
