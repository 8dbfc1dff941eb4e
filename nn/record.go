package nn

import (
	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
)

// Record returns a (rows x cols) and copies its values to the input called name: after
// [Step.Gradient], Step.Input(name) holds them for the whole batch, so that statistics other than a
// mean over rows, such as a maximum, can be computed. a has the rows of the graph, or fewer: then the
// input's last rows are 0 in each shard. A loss must depend on the result.
func (g *Graph) Record(name string, a *G.Node) *G.Node {
	g.Input(name, a.Shape()[1])
	g.leaves[name].recorded = true
	into := g.leaves[name].f32
	return apply(&op{
		name: "record", arity: 1, diff: []bool{true}, shape: sameShape,
		f32:  func(out matrix[float32], in []matrix[float32]) { record(into, out, in[0]) },
		f64:  func(out matrix[float64], in []matrix[float64]) { record(into, out, in[0]) },
		grad: func(_ G.Nodes, _, g *G.Node) (G.Nodes, error) { return G.Nodes{g}, nil },
	}, a)
}

func record[T kernel.Float](into []float32, out, in matrix[T]) {
	copy(out.data, in.data)
	for i, v := range in.data {
		into[i] = float32(v)
	}
}
