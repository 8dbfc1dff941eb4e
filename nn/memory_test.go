package nn

import (
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// transformer returns the loss of a block of a transformer and its gradients at all parameters and the input.
func transformer(t *testing.T, g *Graph) G.Nodes {
	t.Helper()
	const d, steps = 8, 5
	x := g.Input("x", d)
	weights := G.Nodes{x}
	of := func(rows, cols int) *G.Node {
		n := g.Table(strings.Repeat("w", len(weights)), rows, cols, random(uint64(len(weights)), rows*cols))
		weights = append(weights, n)
		return n
	}
	norm := func(x *G.Node) *G.Node { return LayerNorm(x, of(1, d), of(1, d), 1e-5) }
	h := CausalAttention(Linear(norm(x), of(d, 3*d), of(1, 3*d), Identity), 2, steps)
	h = Add(x, Linear(h, of(d, d), of(1, d), Identity))
	h = Add(h, Linear(Linear(norm(h), of(d, 4*d), of(1, 4*d), GELU), of(4*d, d), of(1, d), Identity))
	loss := CrossEntropy(h, g.Input("target", 1))
	grads, err := g.Grad(loss, nil, weights...)
	if err != nil {
		t.Fatal(err)
	}
	return append(G.Nodes{loss}, grads...)
}

// filled returns a graph of 10 rows with the inputs of transformer, and its outputs.
func filled(t *testing.T) (*Graph, G.Nodes) {
	g := NewGraph(10)
	outs := transformer(t, g)
	copy(g.leaves["x"].f32, random(7, 80))
	copy(g.leaves["target"].f32, []float32{3, 1, 4, 1, 5, 2, 6, 5, 3, 5})
	return g, outs
}

// TestReusedMemoryChangesNothing: the values are those of a machine that keeps every value, in less memory.
func TestReusedMemoryChangesNothing(t *testing.T) {
	g1, outs1 := filled(t)
	g2, outs2 := filled(t)
	all := ordered(outs2...)
	reusing, keeping := mustCompile(t, g1, outs1...), mustCompile(t, g2, all...)
	for run := range 2 {
		mustRun(t, reusing)
		mustRun(t, keeping)
		for i, n := range outs1 {
			if got, want := reusing.float32s(n), keeping.float32s(outs2[i]); !slices.Equal(got, want) {
				t.Fatalf("run %d, output %d: %v, with all values kept %v", run, i, got, want)
			}
		}
	}
	values, memory := 0, map[*float32]bool{}
	for at, reused := range reusing.reused {
		if reused {
			values++
			memory[&reusing.values[at].(*tensor.Dense).Float32s()[0]] = true
		}
	}
	if !(len(memory) < values*3/4) {
		t.Errorf("%d values in %d parts of memory", values, len(memory))
	}
	for at, reused := range reusing.reused {
		if n := reusing.nodes[at]; reused != (panics(func() { reusing.Value(n) }) != "") {
			t.Errorf("the value of %v, reused %v", n, reused)
		}
	}
}

// TestTwoMachinesOfAGraph: values that one machine needs one after the other, another needs together.
func TestTwoMachinesOfAGraph(t *testing.T) {
	g := NewGraph(4)
	x := g.Input("x", 3)
	copy(g.leaves["x"].f32, random(1, 12))
	a, b := Scale(2, x), Scale(3, x)
	apart, together := G.Nodes{Scale(2, a), Scale(2, b)}, Add(a, b)
	m1 := mustCompile(t, g, apart...)
	mustRun(t, m1)
	m2 := mustCompile(t, g, together)
	for range 2 {
		mustRun(t, m2)
		mustRun(t, m1)
		for i, v := range g.leaves["x"].f32 {
			got := [3]float32{m1.float32s(apart[0])[i], m1.float32s(apart[1])[i], m2.float32s(together)[i]}
			if want := [3]float32{4 * v, 6 * v, 2*v + 3*v}; got != want {
				t.Fatalf("element %d: %v, want %v", i, got, want)
			}
		}
	}
}
