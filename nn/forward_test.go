package nn

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
)

func twoHeads(t *testing.T) *Forward {
	t.Helper()
	ps := new(Params)
	rng := rand.New(rand.NewPCG(1, 2))
	m := NewMLP(ps, "mlp", []int{3, 33, 2}, kernel.SiLU, Xavier, rng)
	shift := random(3, 2)
	f, err := NewForward(func(g *Graph) G.Nodes {
		x := g.Input("x", 3)
		y := Add(m.Apply(g, x), Rows(g.Table("shift", 1, 2, shift), g.Rows()))
		return G.Nodes{y, Mul(x, g.Input("scale", 3))}
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestForwardRows: whatever the number of rows, and on any number of cores, each row is bit
// for bit what it is alone.
func TestForwardRows(t *testing.T) {
	const most = 1000
	f := twoHeads(t)
	x, scale := random(1, most*3), random(2, most*3)
	y1, y2 := make([]float32, most*2), make([]float32, most*3)
	for i := range most {
		in := Columns{"x": x[3*i : 3*i+3], "scale": scale[3*i : 3*i+3]}
		if err := f.Run(1, in, y1[2*i:2*i+2], y2[3*i:3*i+3]); err != nil {
			t.Fatal(err)
		}
	}
	withProcs(func(procs int) {
		for _, n := range []int{0, 1, 5, 15, 16, 17, 255, 256, 257, 1000, 3} {
			z1, z2 := make([]float32, n*2), make([]float32, n*3)
			if err := f.Run(n, Columns{"x": x[:3*n], "scale": scale[:3*n]}, z1, z2); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(z1, y1[:2*n]) || !slices.Equal(z2, y2[:3*n]) {
				t.Errorf("%d rows with GOMAXPROCS=%d are not the rows alone", n, procs)
			}
		}
	})
}

// TestForwardLengths: a wrong length panics and says what it is and what it should be.
func TestForwardLengths(t *testing.T) {
	f := twoHeads(t)
	in := Columns{"x": make([]float32, 15), "scale": make([]float32, 15)}
	y1, y2 := make([]float32, 10), make([]float32, 15)
	for _, c := range []struct {
		n    int
		in   Columns
		out  [][]float32
		says []string
	}{
		{5, Columns{"x": in["x"][:14], "scale": in["scale"]}, [][]float32{y1, y2}, []string{"14", "5 x 3"}},
		{4, in, [][]float32{y1, y2}, []string{"15", "4 x 3"}},
		{5, in, [][]float32{y1, y1}, []string{"10", "5 x 3"}},
		{5, in, [][]float32{y1}, []string{"1 outputs", "2"}},
		{5, Columns{"x": in["x"]}, [][]float32{y1, y2}, []string{"1 inputs", "2"}},
		{5, Columns{"x": in["x"], "y": in["x"]}, [][]float32{y1, y2}, []string{`"scale"`, "0 values", "5 x 3"}},
	} {
		text := panics(func() { _ = f.Run(c.n, c.in, c.out...) })
		for _, s := range c.says {
			if !strings.Contains(text, s) {
				t.Errorf("the panic %q does not say %s", text, s)
			}
		}
	}
}

// TestForwardRefuses outputs that do not have a row for each row.
func TestForwardRefuses(t *testing.T) {
	for name, f := range map[string]func(g *Graph) G.Nodes{
		"a mean":   func(g *Graph) G.Nodes { return G.Nodes{Mean(g.Input("x", 3))} },
		"a vector": func(g *Graph) G.Nodes { return G.Nodes{must(G.Sum(g.Input("x", 3), 1))} },
	} {
		if _, err := NewForward(f); err == nil {
			t.Errorf("%s is accepted as an output", name)
		}
	}
}

// TestForwardSeesTraining: parameters are read at each run, not when compiled.
func TestForwardSeesTraining(t *testing.T) {
	ps := new(Params)
	p := ps.New("w", 1, 1)
	f, err := NewForward(func(g *Graph) G.Nodes { return G.Nodes{MatMul(g.Input("x", 1), g.Param(p), false, false)} })
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []float32{2, 3} {
		p.Value[0] = w
		var y [1]float32
		if err := f.Run(1, Columns{"x": {5}}, y[:]); err != nil || y[0] != 5*w {
			t.Error(fmt.Sprint(y, err))
		}
	}
}
