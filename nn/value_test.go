package nn

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

func TestOtherShapesAreRefused(t *testing.T) {
	g := NewGraph(3)
	x := g.Input("x", 2)
	y := Scale(2, x)
	m := mustCompile(t, g, y)
	if err := G.Let(x, tensor.New(tensor.WithShape(5, 2), tensor.Of(tensor.Float32))); err == nil {
		t.Error("five rows were given to a graph of three")
	}
	if err := G.Let(x, tensor.New(tensor.WithShape(3, 2), tensor.WithBacking([]float32{1, 2, 3, 4, 5, 6}))); err != nil {
		t.Fatal(err)
	}
	if mustRun(t, m); m.float32s(y)[5] != 12 {
		t.Errorf("a value given to an input is not read: %v", m.float32s(y))
	}
	d := x.Value().(*tensor.Dense)
	if err := d.Reshape(2, 3); err != nil {
		t.Fatal(err)
	}
	if err := m.RunAll(); err == nil || !strings.Contains(err.Error(), "(2, 3)") {
		t.Errorf("a value of another shape was taken: %v", err)
	}
	other := must(G.Exp(x))
	if panics(func() { m.Value(other) }) == "" {
		t.Error("the machine has a value of a node it does not know")
	}
}

// TestViewsAreRefused: a view's memory is not its rows one after the other.
func TestViewsAreRefused(t *testing.T) {
	whole := tensor.New(tensor.WithShape(3, 4), tensor.WithBacking(random(1, 12)))
	slice, err := whole.Slice(nil, G.S(1, 3))
	if err != nil {
		t.Fatal(err)
	}
	transposed := tensor.New(tensor.WithShape(3, 4), tensor.WithBacking(random(1, 12)))
	if err := transposed.T(); err != nil {
		t.Fatal(err)
	}
	for _, v := range []G.Value{slice.(*tensor.Dense), transposed} {
		if _, err := addition().Do(v, v); err == nil {
			t.Errorf("an operation took a view of %v", v.Shape())
		}
	}
}

func TestFloat64IsNotReinterpreted(t *testing.T) {
	double := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, 2, 3, 4}))
	single := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float32{1, 2, 3, 4}))
	o := matMul(false, false)
	if _, err := o.Do(single, double); err == nil {
		t.Error("an operation took a float64 operand for float32")
	}
	g := NewGraph64(3)
	x := g.Input("x", 2)
	m := mustCompile(t, g, Scale(2, x), x)
	mustRun(t, m)
	if panics(func() { m.float32s(x) }) == "" {
		t.Error("a float64 value was read as float32")
	}
}

func TestSameSeedSameBits(t *testing.T) {
	weights := func(seed uint64) []float32 {
		ps := new(Params)
		NewMLP(ps, "mlp", []int{2, 16, 16, 2}, kernel.SiLU, Xavier, rand.New(rand.NewPCG(seed, 0)))
		ps.seal()
		return ps.flat
	}
	if a := weights(1); !slices.Equal(a, weights(1)) || slices.Equal(a, weights(2)) {
		t.Error("the seed does not decide the weights")
	}
}
