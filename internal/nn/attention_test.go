package nn

import (
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
)

// TestAttentionIsCausal: a time step's output depends on no later one, and on no other
// sequence; a forward pass alone gives the same bits as one that a backward pass follows.
func TestAttentionIsCausal(t *testing.T) {
	const rows, steps, d = 12, 4, 6
	run := func(qkv []float32, backward bool) []float32 {
		g := NewGraph(rows)
		x := g.Input("x", 3*d)
		y := CausalAttention(x, 2, steps)
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
			attends := r/steps == changed/steps && r >= changed
			if attends == same {
				t.Errorf("row %d and a change of row %d: the same is %v", r, changed, same)
			}
		}
	}
}
