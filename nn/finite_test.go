package nn

import (
	"errors"
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
)

// TestNotFinite: a NaN or an infinity anywhere in the batch is an error that names where it
// came from, and nothing has changed: the next good batch gives what it would have given.
func TestNotFinite(t *testing.T) {
	ps, _, s := regression(300)
	a := NewAdam(ps, DefaultAdam)
	if _, err := s.Gradient(); err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(s.grad)
	before := slices.Clone(ps.flat)
	w := ps.List()[2]
	for name, where := range map[string]*float32{
		"x": &s.Input("x")[4], "target": &s.Input("target")[599], w.Name: &w.Value[5],
	} {
		for _, v := range []float64{math.NaN(), math.Inf(1)} {
			old := *where
			*where = float32(v)
			losses, err := s.Gradient()
			var bad *NotFiniteError
			if !errors.As(err, &bad) || losses != nil || bad.Tensor != name {
				t.Errorf("%v in %s: losses %v, error %v", v, name, losses, err)
			} else if math.IsNaN(v) != math.IsNaN(bad.Value) {
				t.Errorf("%v in %s is reported as %v", v, name, bad.Value)
			}
			*where = old
		}
	}
	if _, err := s.Gradient(); err != nil || !slices.Equal(s.grad, want) || !slices.Equal(ps.flat, before) {
		t.Errorf("a batch that is not finite leaves a trace (%v)", err)
	}
	if a.Steps() != 0 || slices.ContainsFunc(a.m, func(v float32) bool { return v != 0 }) {
		t.Error("the optimiser moved")
	}
}

// TestInfiniteGradient of a finite loss: Σ√x at a parameter of zero.
func TestInfiniteGradient(t *testing.T) {
	ps := new(Params)
	p := ps.New("p", 1, 4)
	s, err := NewStep(ps, 200, func(g *Graph) G.Nodes { return G.Nodes{Mean(Add(g.Input("x", 4), Rows(Sqrt(g.Param(p)), g.Rows())))} })
	if err != nil {
		t.Fatal(err)
	}
	copy(p.Value, []float32{1, 2, 0, 3})
	var bad *NotFiniteError
	if _, err := s.Gradient(); !errors.As(err, &bad) || bad.Tensor == "the loss" {
		t.Errorf("error %v", err)
	}
}
