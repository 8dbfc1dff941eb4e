package nn

import (
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
)

// TestAttentionSees: a time step's output depends on no later one where attention is causal, on all
// where it is not, and on no other sequence; a forward pass alone gives the same bits as one that a
// backward pass follows.
func TestAttentionSees(t *testing.T) {
	t.Run("causal", func(t *testing.T) { testAttention(t, CausalAttention, func(r, of int) bool { return r >= of }) })
	t.Run("all", func(t *testing.T) { testAttention(t, Attention, func(_, _ int) bool { return true }) })
}

func testAttention(t *testing.T, attention func(qkv *G.Node, heads, steps int) *G.Node, sees func(r, of int) bool) {
	const rows, steps, d = 12, 4, 6
	run := func(qkv []float32, backward bool) []float32 {
		g := NewGraph(rows)
		x := g.Input("x", 3*d)
		y := attention(x, 2, steps)
		outs := G.Nodes{y}
		if backward {
			mustRun(t, mustCompile(t, g, y)) // before more memory is wanted
			grads, err := g.Grad(Mean(y), nil, x)
			if err != nil {
				t.Fatal(err)
			}
			outs = append(outs, grads...)
		}
		m := mustCompile(t, g, outs...)
		copy(g.leaves["x"].f32, qkv)
		mustRun(t, m)
		return m.float32s(y)
	}
	x := random(1, rows*3*d)
	y := run(x, false)
	if !slices.Equal(y, run(x, true)) {
		t.Error("the backward pass changes the forward pass")
	}
	for changed := range rows {
		z := slices.Clone(x)
		for j := range 3 * d {
			z[changed*3*d+j] += 1
		}
		other := run(z, false)
		for r := range rows {
			same := slices.Equal(y[r*d:(r+1)*d], other[r*d:(r+1)*d])
			attends := r/steps == changed/steps && sees(r, changed)
			if attends == same {
				t.Errorf("row %d and a change of row %d: the same is %v", r, changed, same)
			}
		}
	}
}

// TestAttentionHasNoOrder: without a mask, rows of a sequence in another order give the same rows in
// that order, but for rounding.
func TestAttentionHasNoOrder(t *testing.T) {
	const steps, d = 5, 6
	order := []int{3, 0, 4, 2, 1}
	g := NewGraph(steps)
	x := g.Input("x", 3*d)
	y := Attention(x, 2, steps)
	m := mustCompile(t, g, y)
	in := random(1, steps*3*d)
	copy(g.leaves["x"].f32, in)
	mustRun(t, m)
	want := slices.Clone(m.float32s(y))
	for r, from := range order {
		copy(g.leaves["x"].f32[r*3*d:(r+1)*3*d], in[from*3*d:])
	}
	mustRun(t, m)
	for r, from := range order {
		if off := furthest(m.float32s(y)[r*d:(r+1)*d], want[from*d:(from+1)*d]); off > 1e-6 {
			t.Errorf("row %d is %v off", from, off)
		}
	}
}
