package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
	"genlab/internal/race"
)

// TestColsAreRowsTransposed: a network gives points in columns what it gives them in rows, as a graph and
// by EvaluateCols, whose bits do not depend on the other points.
func TestColsAreRowsTransposed(t *testing.T) {
	const points = 37
	ps := new(Params)
	m := NewMLP(ps, "net", []int{3, 24, 24, 7}, kernel.SiLU, Xavier, rand.New(rand.NewPCG(1, 2)))
	for _, d := range m {
		copy(d.B.Value, random(9, len(d.B.Value)))
	}
	g := NewGraph(points)
	x := g.Input("x", 3)
	rows, cols := m.Apply(g, x), Transpose(m.ApplyCols(g, Transpose(x)))
	machine := mustCompile(t, g, rows, cols)
	copy(g.leaves["x"].f32, random(3, 3*points))
	mustRun(t, machine)
	want := machine.float32s(rows)
	if d := furthest(machine.float32s(cols), want); !(d < 1e-5) {
		t.Errorf("as a graph, columns differ from rows by %v", d)
	}
	evaluate := func(lo, hi int) []float32 {
		n := hi - lo
		in := make([]float32, 3*n)
		for i := range n {
			for j := range 3 {
				in[j*n+i] = g.leaves["x"].f32[(lo+i)*3+j]
			}
		}
		return m.EvaluateCols(n, in, new([2][]float32))
	}
	all, part := evaluate(0, points), evaluate(11, 17)
	for i := range points {
		for j := range 7 {
			if v := all[j*points+i]; v != machine.float32s(cols)[i*7+j] {
				t.Fatalf("point %d, output %d: %v, as a graph %v", i, j, v, machine.float32s(cols)[i*7+j])
			}
		}
	}
	for i := range 6 {
		for j := range 7 {
			if part[j*6+i] != all[j*points+11+i] {
				t.Fatalf("point %d depends on the others", 11+i)
			}
		}
	}
}

// TestSplineColsAreItsFormula: the map in place agrees with the scalar functions, for splines of their own
// and for one of all points, and rejects other numbers of points.
func TestSplineColsAreItsFormula(t *testing.T) {
	s := someSpline(8)
	const n = 3 * ColBlock
	var memory []float32
	for _, params := range []int{s.Params() * n, s.Params()} {
		theta := random(4, params)
		x, slope := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i], slope[i] = 8*float64(i)/n-4, 2
		}
		y := slices.Clone(x)
		s.ForwardCols(theta, y, slope, &memory)
		for i, v := range x {
			own := theta
			if params > s.Params() {
				own = nil
				for j := range s.Params() {
					own = append(own, theta[j*n+i])
				}
			}
			want, logSlope := s.Forward(own, v)
			if !(math.Abs(y[i]-want) <= 1e-5) || !(math.Abs(slope[i]-2*math.Exp(logSlope)) <= 1e-3*slope[i]) {
				t.Errorf("%v to %v with slope %v, want %v and %v", v, y[i], slope[i], want, 2*math.Exp(logSlope))
			}
		}
		s.InverseCols(theta, y, slope, &memory)
		for i, v := range x {
			if !(math.Abs(y[i]-v) <= 1e-9) {
				t.Errorf("%v comes back as %v", v, y[i])
			}
		}
	}
	if panics(func() { s.ForwardCols(random(1, s.Params()), make([]float64, 7), make([]float64, 7), &memory) }) == "" {
		t.Error("7 points are accepted")
	}
}

// TestColsAllocateNothing in a step of a layer of splines.
func TestColsAllocateNothing(t *testing.T) {
	ps := new(Params)
	s := someSpline(8)
	net := NewMLP(ps, "net", []int{1, 16, s.Params()}, kernel.SiLU, Xavier, rand.New(rand.NewPCG(1, 2)))
	shared, triangles, scale, b := ps.New("theta", 1, s.Params()), ps.New("lu", 2, 2), ps.New("s", 1, 2), ps.New("b", 1, 2)
	step, err := NewStep(ps, 100, func(g *Graph) G.Nodes {
		state := PadRows(Transpose(g.Input("x", 2)), 0, 3)
		state = LUCols(state, g.Param(triangles), g.Param(scale), g.Param(b))
		theta := net.ApplyCols(g, ClipRows(state, 0, 1, 4))
		return G.Nodes{Mean(Square(s.ApplyCols(state, ThetaRows{0, 1, g.Param(shared)}, ThetaRows{1, 2, theta})))}
	})
	if err != nil {
		t.Fatal(err)
	}
	copy(step.Input("x"), random(5, 200))
	run := func() {
		if _, err := step.Gradient(); err != nil {
			t.Fatal(err)
		}
	}
	run()
	if n := testing.AllocsPerRun(5, run); n != 0 && !race.Enabled {
		t.Errorf("%v allocations a step", n)
	}
}
