package nn

import (
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
)

// TestLeavesAreNotMerged: two leaves are one node only if they are declared as one.
func TestLeavesAreNotMerged(t *testing.T) {
	a, b := random(1, 64*64), random(1, 64*64)
	b[2000]++ // beyond what a printout shows
	ps, qs := new(Params), new(Params)
	p, q := ps.New("w", 64, 64), qs.New("w", 64, 64)
	copy(p.Value, a)
	copy(q.Value, b)
	g := NewGraph(64)
	copy(g.leafOf(g.Input("w", 64)).f32, a)
	nodes := G.Nodes{
		g.Table("a", 64, 64, a), g.Table("b", 64, 64, b), g.Param(p), g.Param(q), g.Input("w", 64),
		g.ParamRows(p, 0, 64), g.ParamRows(q, 0, 64), g.constant(64, 64, 1), g.constant(64, 64, 2),
	}
	for i, n := range nodes {
		if slices.Contains(nodes[:i], n) {
			t.Fatalf("leaf %d is merged with another", i)
		}
	}
	for i := 0; i < 4; i += 2 {
		diff := Sub(nodes[i], nodes[i+1])
		m := mustCompile(t, g, diff)
		mustRun(t, m)
		if d := m.float32s(diff); d[2000] != a[2000]-b[2000] || d[0] != 0 {
			t.Errorf("two tables differ by %v", d[2000])
		}
	}
	if g.Input("w", 64) != nodes[4] || g.Table("a", 64, 64, a) != nodes[0] || g.Param(p) != nodes[2] {
		t.Error("a leaf declared twice is two nodes")
	}
	for name, f := range map[string]func(){
		"a table of other memory":   func() { g.Table("a", 64, 64, b) },
		"a table called as input":   func() { g.Table("w", 64, 64, a) },
		"an input called as table":  func() { g.Input("a", 64) },
		"an input of other columns": func() { g.Input("w", 63) },
		"a table of a wrong length": func() { g.Table("c", 2, 2, a) },
	} {
		if panics(f) == "" {
			t.Errorf("%s is accepted", name)
		}
	}
}

func (g *Graph) leafOf(n *G.Node) *leaf {
	for _, l := range g.leaves {
		if l.node == n {
			return l
		}
	}
	return nil
}

// TestOperationsAreNotMerged plants two operations whose nodes have the same 32-bit hash. The
// numbers are high, so that no operation of another test has them.
func TestOperationsAreNotMerged(t *testing.T) {
	numbered := func(g *Graph, id uint64) *G.Node {
		defer ops.Store(ops.Load())
		ops.Store(id - 1)
		return Scale(float64(id), g.Input("x", 4))
	}
	seen := map[uint32]uint64{}
	var probe *Graph
	for id := uint64(1 << 30); ; id++ {
		if id%16 == 0 {
			probe = NewGraph(3) // a graph slows down as it grows
		}
		h := numbered(probe, id).Hashcode()
		other, found := seen[h]
		if !found {
			seen[h] = id
			continue
		}
		g := NewGraph(3)
		a, b := numbered(g, other), numbered(g, id)
		if a.Hashcode() != b.Hashcode() {
			t.Fatal("no collision was planted")
		}
		if a == b || a.Op() == b.Op() {
			t.Fatal("two operations were merged by their hashes")
		}
		return
	}
}
