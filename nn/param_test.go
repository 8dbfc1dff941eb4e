package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
)

// TestParametersShareMemory: each is a part of its own, aligned, and no neighbour's.
func TestParametersShareMemory(t *testing.T) {
	ps := new(Params)
	for i, n := range []int{1, 15, 16, 17, 40} {
		p := ps.New(string(rune('a'+i)), 1, n)
		for j := range p.Value {
			p.Value[j] = float32(100*i + j)
		}
	}
	ps.seal()
	for i, p := range ps.List() {
		if p.at%alignment != 0 || cap(p.Value) != len(p.Value) || &p.Value[0] != &ps.flat[p.at] {
			t.Errorf("%s lies at %d with room for %d of %d", p.Name, p.at, cap(p.Value), len(p.Value))
		}
		for j, v := range p.Value {
			if v != float32(100*i+j) {
				t.Errorf("%s[%d] is %v", p.Name, j, v)
			}
		}
	}
	if ps.Count() != 89 {
		t.Errorf("%d values", ps.Count())
	}
}

func TestParametersRefuse(t *testing.T) {
	ps := new(Params)
	p := ps.New("w", 2, 3)
	for name, f := range map[string]func(){
		"a name twice": func() { ps.New("w", 1, 1) },
		"no rows":      func() { ps.New("v", 0, 1) },
		"one after the first graph": func() {
			NewGraph(1).Param(p)
			ps.New("late", 1, 1)
		},
		"values of another shape": func() {
			other := new(Params)
			other.New("w", 3, 2)
			ps.CopyFrom(other)
		},
		"values of fewer":    func() { ps.CopyFrom(new(Params)) },
		"a graph of no rows": func() { NewGraph(0) },
	} {
		if panics(f) == "" {
			t.Errorf("%s: no panic", name)
		}
	}
}

func TestCopyFrom(t *testing.T) {
	set := func(seed uint64, sealed bool) *Params {
		ps := new(Params)
		NewMLP(ps, "m", []int{2, 5, 1}, kernel.Tanh, He, rand.New(rand.NewPCG(seed, 0)))
		if sealed {
			ps.seal()
		}
		return ps
	}
	for _, sealed := range []bool{false, true} {
		a, b := set(1, sealed), set(2, !sealed)
		a.CopyFrom(b)
		a.seal()
		b.seal()
		if !slices.Equal(a.flat, b.flat) {
			t.Error("the copy differs")
		}
		a.flat[0]++
		if a.flat[0] == b.flat[0] {
			t.Error("the copy shares memory")
		}
	}
}

// TestInitialisers: mean 0 and the stated variance within 4 standard errors, n = 40,000.
func TestInitialisers(t *testing.T) {
	for name, c := range map[string]struct {
		init     Init
		variance float64
	}{"He": {He, 2. / 200}, "Xavier": {Xavier, 2. / 400}, "Zero": {Zero, 0}} {
		ps := new(Params)
		d := NewDense(ps, "d", 200, 200, kernel.ReLU, c.init, rand.New(rand.NewPCG(1, 2)))
		var sum, square float64
		for _, v := range d.W.Value {
			sum += float64(v)
			square += float64(v) * float64(v)
		}
		const n = 200 * 200
		if !(math.Abs(sum/n) <= 4*math.Sqrt(c.variance/n)) {
			t.Errorf("%s: mean %v", name, sum/n)
		}
		if !(math.Abs(square/n-c.variance) <= 4*c.variance*math.Sqrt(2./n)) {
			t.Errorf("%s: variance %v, not %v", name, square/n, c.variance)
		}
		if slices.ContainsFunc(d.B.Value, func(v float32) bool { return v != 0 }) {
			t.Errorf("%s: a bias is not zero", name)
		}
	}
}

// TestAdopt: an adopted parameter stays the object it was, lies in the new set's memory, and is
// trained with it.
func TestAdopt(t *testing.T) {
	var own, part Params
	own.New("a", 1, 3)
	w := part.New("w", 2, 2)
	copy(w.Value, []float32{1, 2, 3, 4})
	own.Adopt("part", &part)
	if w.Name != "part.w" || own.Count() != 7 || part.Count() != 4 || part.List()[0] != w || own.List()[1] != w {
		t.Fatalf("%q, %d and %d values", w.Name, own.Count(), part.Count())
	}
	step, err := NewStep(&own, 1, func(g *Graph) G.Nodes {
		return G.Nodes{Mean(Square(MatMul(g.Input("x", 2), g.Param(w), false, false)))}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(w.Value, []float32{1, 2, 3, 4}) || &own.flat[w.at] != &w.Value[0] {
		t.Fatalf("the values became %v", w.Value)
	}
	copy(step.Input("x"), []float32{1, 1})
	if _, err := step.Gradient(); err != nil {
		t.Fatal(err)
	}
	step.Update(NewAdam(&own, DefaultAdam), 0.1, nil)
	if w.Value[0] >= 1 || w.Value[3] >= 4 {
		t.Errorf("a step left %v", w.Value)
	}
	var late Params
	late.New("late", 1, 1)
	for _, f := range []func(){func() { own.Adopt("late", &late) }, func() { late.Adopt("own", &own) }, func() { part.New("more", 1, 1) }} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("parameters were added after the first graph")
				}
			}()
			f()
		}()
	}
}
