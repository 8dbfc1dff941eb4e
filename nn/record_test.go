package nn

import (
	"testing"

	G "gorgonia.org/gorgonia"
)

// TestRecordOfAllShards: the values of each shard are those of its rows, whichever worker ran it, run after run.
func TestRecordOfAllShards(t *testing.T) {
	const rows = 5*ShardRows + 7
	var ps Params
	w := ps.New("w", 1, 1)
	w.Value[0] = 3
	step, err := NewStep(&ps, rows, func(g *Graph) G.Nodes {
		return G.Nodes{Mean(g.Record("r", MatMul(g.Input("x", 1), g.Param(w), false, false)))}
	})
	if err != nil {
		t.Fatal(err)
	}
	for run := range 3 {
		x := step.Input("x")
		for i := range x {
			x[i] = float32(i + run)
		}
		if _, err := step.Gradient(); err != nil {
			t.Fatal(err)
		}
		for i, r := range step.Input("r") {
			if r != 3*x[i] {
				t.Fatalf("run %d: row %d recorded %v, want %v", run, i, r, 3*x[i])
			}
		}
	}
}
