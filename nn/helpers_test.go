package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	G "gorgonia.org/gorgonia"
)

func must(n *G.Node, err error) *G.Node {
	if err != nil {
		panic(err)
	}
	return n
}

func mustCompile(t *testing.T, g *Graph, outs ...*G.Node) *Machine {
	t.Helper()
	m, err := Compile(g, outs...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func mustRun(t *testing.T, m G.VM) {
	t.Helper()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
}

// panics returns what f panicked with, as text.
func panics(f func()) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprint(p)
		}
	}()
	f()
	return ""
}

func random(seed uint64, n int) []float32 {
	rng := rand.New(rand.NewPCG(seed, 7))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// furthest returns the largest difference between two slices of one length.
func furthest(a, b []float32) float64 {
	if len(a) != len(b) {
		panic(fmt.Sprintf("%d values and %d", len(a), len(b)))
	}
	d := 0.0
	for i, v := range a {
		if e := math.Abs(float64(v - b[i])); !(e <= d) {
			d = e
		}
	}
	return d
}

// withProcs runs f for GOMAXPROCS 1, 2 and 3.
func withProcs(f func(procs int)) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for procs := 1; procs <= 3; procs++ {
		runtime.GOMAXPROCS(procs)
		f(procs)
	}
}
