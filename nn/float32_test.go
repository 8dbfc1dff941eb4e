package nn

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
)

// TestFloat32AgreesWithFloat64: value and gradients of every operation are those in float64 to 1e-4 of the largest, also in
// a third run before which the outputs of the second were overwritten by NaN: an operation writes all of its output.
func TestFloat32AgreesWithFloat64(t *testing.T) {
	for _, f := range formulas() {
		t.Run(f.name, func(t *testing.T) {
			run := func(g *Graph, runs int) [][]float64 {
				c, loss := f.on(g)
				outs := G.Nodes{loss}
				if len(c.in) > 0 {
					grads, err := c.Grad(loss, nil, c.in...)
					if err != nil {
						t.Fatal(err)
					}
					outs = append(outs, grads...)
				}
				m := mustCompile(t, g, outs...)
				for range runs {
					for _, p := range m.prog {
						if o, ok := p.op.(*op); ok {
							for i := range o.out32.data {
								o.out32.data[i] = float32(math.NaN())
							}
						}
					}
					mustRun(t, m)
				}
				values := make([][]float64, len(outs))
				for i, n := range outs {
					values[i] = float64s(m.Value(n))
				}
				return values
			}
			want, got := run(NewGraph64(5), 1), run(NewGraph(5), 3)
			for i := range want {
				largest, worst := 1.0, 0.0
				for j, v := range want[i] {
					largest, worst = max(largest, math.Abs(v)), max(worst, math.Abs(v-got[i][j]))
				}
				if !(worst <= 1e-4*largest) {
					t.Errorf("output %d is off by %.3g where the largest value is %.3g", i, worst, largest)
				}
			}
		})
	}
}
