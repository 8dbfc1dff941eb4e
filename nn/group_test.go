package nn

import (
	"fmt"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
)

// TestGroupsStayTogether: sequences of any length are never cut, in training or inference,
// and each gives what it gives alone.
func TestGroupsStayTogether(t *testing.T) {
	const d = 2
	for _, steps := range []int{1, 3, 16, 24, 100, 130, 300} {
		t.Run(fmt.Sprint(steps), func(t *testing.T) {
			const most = 7
			x := random(1, most*steps*3*d)
			f, err := NewGroupedForward(steps, func(g *Graph) G.Nodes {
				return G.Nodes{CausalAttention(g.Input("x", 3*d), 1, steps)}
			})
			if err != nil {
				t.Fatal(err)
			}
			alone := make([]float32, most*steps*d)
			for i := range most {
				in, out := x[i*steps*3*d:(i+1)*steps*3*d], alone[i*steps*d:(i+1)*steps*d]
				if err := f.Run(steps, Columns{"x": in}, out); err != nil {
					t.Fatal(err)
				}
			}
			out := make([]float32, len(alone))
			if err := f.Run(most*steps, Columns{"x": x}, out); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(out, alone) {
				t.Error("a sequence's rows depend on other sequences")
			}
			ps := new(Params)
			p := ps.New("p", 1, 1)
			s, err := NewGroupedStep(ps, most*steps, steps, func(g *Graph) G.Nodes {
				if g.Rows()%steps != 0 || g.Rows() > max(steps, ShardRows) {
					t.Errorf("a shard of %d rows", g.Rows())
				}
				y := CausalAttention(g.Input("x", 3*d), 1, steps)
				return G.Nodes{Mean(MulCol(y, Rows(g.Param(p), g.Rows())))}
			})
			if err != nil {
				t.Fatal(err)
			}
			rows := 0
			for i := range s.shards {
				rows += s.shards[i].rows()
			}
			if rows != most*steps {
				t.Errorf("shards of %d rows, want %d", rows, most*steps)
			}
			copy(s.Input("x"), x)
			if _, err := s.Gradient(); err != nil {
				t.Fatal(err)
			}
			var mean float32
			for _, v := range alone {
				mean += v / float32(len(alone))
			}
			if d := furthest(s.grad[:1], []float32{mean}); d > 1e-5 {
				t.Errorf("the gradient is off by %v", d)
			}
		})
	}
	if _, err := NewGroupedStep(new(Params), 10, 3, nil); err == nil {
		t.Error("a batch that is no multiple of its groups is accepted")
	}
	if _, err := NewGroupedForward(0, nil); err == nil {
		t.Error("groups of nothing are accepted")
	}
	f, err := NewGroupedForward(3, func(g *Graph) G.Nodes { return G.Nodes{g.Input("x", 1)} })
	if err != nil {
		t.Fatal(err)
	}
	if panics(func() { _ = f.Run(4, Columns{"x": make([]float32, 4)}, make([]float32, 4)) }) == "" {
		t.Error("four rows in groups of three are accepted")
	}
}
