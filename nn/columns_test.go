package nn

import (
	"slices"
	"testing"
)

// TestPermuteAndReshapeMove: every element is where the sentence says, and the way back leads back.
func TestPermuteAndReshapeMove(t *testing.T) {
	g := NewGraph(2)
	x := g.Input("x", 4)
	order, back := []int{2, 0, 3, 1}, []int{1, 3, 0, 2}
	turned := Permute(x, order)
	tall := Reshape(x, 2)
	again := Permute(Reshape(Reshape(turned, 1), 4), back)
	m := mustCompile(t, g, turned, tall, again)
	in := []float32{0, 1, 2, 3, 10, 11, 12, 13}
	copy(g.leaves["x"].f32, in)
	mustRun(t, m)
	if got := m.float32s(turned); !slices.Equal(got, []float32{2, 0, 3, 1, 12, 10, 13, 11}) {
		t.Errorf("permuted: %v", got)
	}
	if s := tall.Shape(); s[0] != 4 || s[1] != 2 || !slices.Equal(m.float32s(tall), in) {
		t.Errorf("reshaped: %v, %v", s, m.float32s(tall))
	}
	if got := m.float32s(again); !slices.Equal(got, in) {
		t.Errorf("there and back: %v", got)
	}
	for _, wrong := range [][]int{{0, 1, 2}, {0, 1, 2, 2}, {0, 1, 2, 4}, {-1, 0, 1, 2}} {
		if panics(func() { Permute(x, wrong) }) == "" {
			t.Errorf("%v passes for an order of 4 columns", wrong)
		}
	}
	if panics(func() { Reshape(x, 3) }) == "" {
		t.Error("8 elements in rows of 3")
	}
}
