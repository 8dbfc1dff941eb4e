package nn

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Graph is a Gorgonia expression graph under construction, for a fixed number of rows.
type Graph struct {
	expr   *G.ExprGraph
	dtype  tensor.Dtype
	rows   int
	leaves map[string]*leaf // the named inputs and tables
	// input returns the memory of an input of rows x cols; nil allocates it.
	input   func(name string, cols int) []float32
	params  map[*Param]*G.Node
	weights map[*G.Node]weights // of the nodes of Param and ParamRows
	labels  map[*G.Node]string  // of all leaves, for messages
	doubles []doubled
}

// leaf is a node without inputs and the memory it reads.
type leaf struct {
	node   *G.Node
	cols   int
	perRow bool // an input, not a table
	f32    []float32
	// recorded tells that a run writes to the input instead of reading it.
	recorded bool
}

// doubled is a float64 copy of float32 memory, in a graph of float64.
type doubled struct {
	from []float32
	to   []float64
}

// NewGraph returns an empty graph whose inputs have the given number of rows. It panics if rows < 1.
func NewGraph(rows int) *Graph { return newGraph(rows, tensor.Float32) }

// NewGraph64 returns an empty graph that computes in float64, for gradient checks. Parameters and
// inputs are converted at each run.
func NewGraph64(rows int) *Graph { return newGraph(rows, tensor.Float64) }

func newGraph(rows int, dtype tensor.Dtype) *Graph {
	if rows < 1 {
		panic(fmt.Sprintf("nn: a graph of %d rows", rows))
	}
	return &Graph{
		expr: G.NewGraph(), dtype: dtype, rows: rows,
		leaves: map[string]*leaf{}, params: map[*Param]*G.Node{}, weights: map[*G.Node]weights{}, labels: map[*G.Node]string{},
	}
}

// Rows returns the number of rows of each input.
func (g *Graph) Rows() int { return g.rows }

// Input declares a named input of Rows() x cols. Declaring it again returns the same node, and panics
// for another width.
func (g *Graph) Input(name string, cols int) *G.Node {
	l := g.leaves[name]
	if l == nil {
		var memory []float32
		if g.input != nil {
			memory = g.input(name, cols)
		}
		if memory == nil {
			memory = make([]float32, g.rows*cols)
		}
		l = g.reading(name, g.rows, cols, memory)
		l.perRow = true
		g.leaves[name] = l
	}
	if !l.perRow || l.cols != cols {
		panic(fmt.Sprintf("nn: input %q of %d columns is declared as %v", name, cols, l.node.Shape()))
	}
	return l.node
}

// Table declares a named constant matrix over values, which may change in place between runs.
// Declaring it again returns the same node, and panics for other values.
func (g *Graph) Table(name string, rows, cols int, values []float32) *G.Node {
	if len(values) != rows*cols || rows < 1 || cols < 1 {
		panic(fmt.Sprintf("nn: table %q of %d x %d with %d values", name, rows, cols, len(values)))
	}
	l := g.leaves[name]
	if l == nil {
		l = g.reading(name, rows, cols, values)
		g.leaves[name] = l
	}
	if l.perRow || l.cols != cols || len(l.f32) != len(values) || &l.f32[0] != &values[0] {
		panic(fmt.Sprintf("nn: %q is declared as two tables, or as a table and an input", name))
	}
	return l.node
}

// Param returns the node of a parameter, which reads the parameter's memory.
func (g *Graph) Param(p *Param) *G.Node {
	if n := g.params[p]; n != nil {
		return n
	}
	p.owner.seal()
	n := g.reading(p.Name, p.Rows, p.Cols, p.Value).node
	g.params[p] = n
	g.weights[n] = weights{p.Value, p.Rows, p.Cols}
	return n
}

// ParamRows returns the rows [lo, hi) of a parameter as a constant: a [Step] computes no gradient for
// it.
func (g *Graph) ParamRows(p *Param, lo, hi int) *G.Node {
	p.owner.seal()
	w := weights{p.Value[lo*p.Cols : hi*p.Cols], hi - lo, p.Cols}
	n := g.reading(fmt.Sprintf("%s[%d:%d]", p.Name, lo, hi), w.rows, w.cols, w.values).node
	g.weights[n] = w
	return n
}

// constant returns a leaf with equal values. It is not a Gorgonia constant: Gorgonia merges those by
// their abbreviated printout.
func (g *Graph) constant(rows, cols int, v float32) *G.Node {
	values := make([]float32, rows*cols)
	for i := range values {
		values[i] = v
	}
	return g.reading("constant", rows, cols, values).node
}

// constantLike returns a constant of the shape of n, which may be a scalar of Gorgonia's.
func (g *Graph) constantLike(n *G.Node, v float32) *G.Node {
	switch s := n.Shape(); {
	case s.Dims() == 2:
		return g.constant(s[0], s[1], v)
	case g.dtype == tensor.Float32:
		return G.NewScalar(g.expr, g.dtype, G.WithName(g.unique("constant")), G.WithValue(v))
	default:
		return G.NewScalar(g.expr, g.dtype, G.WithName(g.unique("constant")), G.WithValue(float64(v)))
	}
}

// reading returns a leaf over the given memory, which a graph of float64 converts at each run.
func (g *Graph) reading(name string, rows, cols int, values []float32) *leaf {
	l := &leaf{cols: cols, f32: values}
	if g.dtype == tensor.Float32 {
		l.node = g.newLeaf(name, rows, cols, values)
	} else {
		wide := make([]float64, len(values))
		g.doubles = append(g.doubles, doubled{values, wide})
		l.node = g.newLeaf(name, rows, cols, wide)
	}
	return l
}

func (g *Graph) newLeaf(name string, rows, cols int, backing any) *G.Node {
	n := G.NewMatrix(g.expr, g.dtype, G.WithName(g.unique(name)), G.WithShape(rows, cols),
		G.WithValue(tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(backing))))
	g.labels[n] = name
	return n
}

// unique returns a unique name, since Gorgonia merges leaves of one name and shape: the names of a
// student and its teacher, or of an input and a parameter, may be equal.
func (g *Graph) unique(name string) string { return fmt.Sprintf("%s#%d", name, len(g.expr.AllNodes())) }

// label returns the name with which a leaf was declared.
func (g *Graph) label(n *G.Node) string {
	if name, ok := g.labels[n]; ok {
		return name
	}
	return n.Name()
}

// children returns the inputs of a node, in the order of the arguments.
func children(n *G.Node) G.Nodes {
	it := n.Graph().From(n.ID())
	if it == nil {
		return nil
	}
	cs := make(G.Nodes, 0, it.Len())
	for it.Next() {
		cs = append(cs, it.Node().(*G.Node))
	}
	return cs
}

// ordered returns the nodes that outs depend on, each after its inputs.
func ordered(outs ...*G.Node) G.Nodes {
	var order G.Nodes
	seen := map[*G.Node]bool{}
	var visit func(n *G.Node)
	visit = func(n *G.Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		for _, c := range children(n) {
			visit(c)
		}
		order = append(order, n)
	}
	for _, n := range outs {
		visit(n)
	}
	return order
}
