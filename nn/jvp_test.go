package nn

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// alongside checks a JVP against a central difference along random tangents of all inputs: its error is of order h²
// plus rounding of 1e-16/h, so 1e-7 of the largest derivative is asked for.
func alongside(t *testing.T, c *check, out *G.Node) {
	t.Helper()
	in, points := c.in, make([][]float64, len(c.in))
	var tangents G.Nodes
	for i, n := range in {
		tangents = append(tangents, c.x(n.Shape()[0], n.Shape()[1]))
		points[i] = n.Value().(*tensor.Dense).Float64s()
	}
	jvp, err := c.JVP(out, in, tangents)
	if err != nil {
		t.Fatal(err)
	}
	m := mustCompile(t, c.Graph, out, jvp)
	mustRun(t, m)
	got := float64s(m.Value(jvp))
	shifted := func(h float64) []float64 {
		old := make([][]float64, len(in))
		for i, x := range points {
			old[i] = append(old[i], x...)
			for j, v := range tangents[i].Value().(*tensor.Dense).Float64s() {
				x[j] += h * v
			}
		}
		mustRun(t, m)
		for i, x := range points {
			copy(x, old[i])
		}
		return float64s(m.Value(out))
	}
	const h = 1e-5
	up, down := shifted(h), shifted(-h)
	worst, largest := 0.0, 1.0
	for i, v := range got {
		want := (up[i] - down[i]) / (2 * h)
		worst, largest = math.Max(worst, math.Abs(want-v)), math.Max(largest, math.Abs(want))
	}
	if !(worst <= 1e-7*largest) || len(got) != len(up) {
		t.Errorf("JVP off by %.3g where the largest derivative is %.3g", worst, largest)
	}
}

// TestJVP: of every formula whose gradient can be differentiated, along tangents of all its inputs.
func TestJVP(t *testing.T) {
	for _, f := range formulas() {
		if !f.twice {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			c := &check{Graph: NewGraph64(5), rng: rand.New(rand.NewPCG(1, 2))}
			out := f.f(c)
			if out.Dims() != 2 || len(c.in) == 0 {
				t.Skip("not a function of matrices")
			}
			alongside(t, c, out)
		})
	}
}

// TestJVPOfANetwork: of a perceptron over Fourier features of a point and the sines and cosines of a time, along
// both, for every activation.
func TestJVPOfANetwork(t *testing.T) {
	for _, act := range activations {
		t.Run(act.String(), func(t *testing.T) {
			c := &check{Graph: NewGraph64(5), rng: rand.New(rand.NewPCG(1, 2))}
			x, time := c.x(5, 2), c.x(5, 1)
			var ps Params
			features := NewFourier(2, 3, 1, c.rng)
			net := NewMLP(&ps, "layer", []int{2 + 6 + 4, 7, 7, 2}, act, Xavier, c.rng)
			waves := SinCos(MatMul(time, c.constant(1, 2, 1.5), false, false))
			alongside(t, c, net.ApplyTwice(c.Graph, features.Beside(c.Graph, x, waves)))
		})
	}
}

// TestJVPFails: without a tangent for each node, for a node that the output does not depend on, and for a fused
// operation whose gradient cannot be differentiated.
func TestJVPFails(t *testing.T) {
	c := &check{Graph: NewGraph64(5), rng: rand.New(rand.NewPCG(1, 2))}
	x, other := c.x(5, 3), c.x(5, 3)
	y := Linear(x, c.x(3, 4), c.x(1, 4), kernel.SiLU)
	for name, call := range map[string]func() (*G.Node, error){
		"tangents": func() (*G.Node, error) { return c.JVP(Mul(x, x), G.Nodes{x}, nil) },
		"apart":    func() (*G.Node, error) { return c.JVP(Mul(x, x), G.Nodes{other}, G.Nodes{x}) },
		"shape":    func() (*G.Node, error) { return c.JVP(Mul(x, x), G.Nodes{x}, G.Nodes{c.x(5, 2)}) },
		"fused":    func() (*G.Node, error) { return c.JVP(y, G.Nodes{x}, G.Nodes{other}) },
	} {
		if _, err := call(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestDetach: the value passes, the gradient does not: the derivative of x·detach(x) is x.
func TestDetach(t *testing.T) {
	g := NewGraph(3)
	x := g.Input("x", 2)
	copy(g.leaves["x"].f32, random(1, 6))
	grads, err := g.Grad(Mul(x, Detach(x)), g.constant(3, 2, 1), x)
	if err != nil {
		t.Fatal(err)
	}
	m := mustCompile(t, g, grads[0])
	mustRun(t, m)
	if d := furthest(m.float32s(grads[0]), random(1, 6)); d != 0 {
		t.Errorf("the derivative of x·detach(x) is off x by %v", d)
	}
}
