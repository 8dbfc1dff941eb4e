package nn

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Graph is one Gorgonia expression graph under construction, for a fixed number of rows.
type Graph struct {
	expr   *G.ExprGraph
	dtype  tensor.Dtype
	rows   int
	leaves map[string]*leaf // the named inputs and tables
	// input gives the memory of an input of rows x cols; nil allocates it.
	input   func(name string, cols int) []float32
	params  map[*Param]*G.Node
	labels  map[*G.Node]string // of all leaves, for messages
	doubles []doubled
}

// leaf is a node without inputs and the memory it reads.
type leaf struct {
	node   *G.Node
	cols   int
	perRow bool // an input of the batch's rows, not a table
	f32    []float32
}

// doubled is the copy, in a graph of float64, of memory in float32.
type doubled struct {
	from []float32
	to   []float64
}

// NewGraph returns an empty graph whose inputs have the given number of rows.
func NewGraph(rows int) *Graph { return newGraph(rows, tensor.Float32) }

// NewGraph64 returns an empty graph that computes in float64: slow, for checks. Parameters
// enter as they are, widened at each run.
func NewGraph64(rows int) *Graph { return newGraph(rows, tensor.Float64) }

func newGraph(rows int, dtype tensor.Dtype) *Graph {
	if rows < 1 {
		panic(fmt.Sprintf("nn: a graph of %d rows", rows))
	}
	return &Graph{
		expr: G.NewGraph(), dtype: dtype, rows: rows,
		leaves: map[string]*leaf{}, params: map[*Param]*G.Node{}, labels: map[*G.Node]string{},
	}
}

// Rows is the number of rows of each input.
func (g *Graph) Rows() int { return g.rows }

// Input declares a named input of Rows() x cols; declaring it again returns the same node.
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

// Table declares a named matrix that is the same for all rows of the batch; declaring it again
// returns the same node. Its values may change between runs, in place.
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
		panic(fmt.Sprintf("nn: %q is two tables, or a table and an input", name))
	}
	return l.node
}

// Param makes a parameter a node of the graph. The node reads the parameter's own memory.
func (g *Graph) Param(p *Param) *G.Node {
	if n := g.params[p]; n != nil {
		return n
	}
	p.owner.seal()
	n := g.reading(p.Name, p.Rows, p.Cols, p.Value).node
	g.params[p] = n
	return n
}

// ParamRows is rows lo to hi of a parameter, for reading: it has no gradient of its own in a
// Step.
func (g *Graph) ParamRows(p *Param, lo, hi int) *G.Node {
	p.owner.seal()
	return g.reading(fmt.Sprintf("%s[%d:%d]", p.Name, lo, hi), hi-lo, p.Cols, p.Value[lo*p.Cols:hi*p.Cols]).node
}

// constant is a leaf filled once. It is not a Gorgonia constant: those are merged by their
// printout, which is cut short.
func (g *Graph) constant(rows, cols int, v float32) *G.Node {
	values := make([]float32, rows*cols)
	for i := range values {
		values[i] = v
	}
	return g.reading("constant", rows, cols, values).node
}

// constantLike is a constant of the shape of n, which may be a scalar of Gorgonia's.
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

// reading makes a leaf over the given memory, which a graph of float64 widens at each run.
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

// unique is a name for Gorgonia, which takes leaves of one name and shape for one node. Those
// of a student and its teacher, or of an input and a parameter, may agree.
func (g *Graph) unique(name string) string { return fmt.Sprintf("%s#%d", name, len(g.expr.AllNodes())) }

// label is a leaf's name as it was declared.
func (g *Graph) label(n *G.Node) string {
	if name, ok := g.labels[n]; ok {
		return name
	}
	return n.Name()
}

// children returns a node's inputs, in the order of its operation's arguments.
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

// ordered returns the nodes that outs need, each after its inputs.
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
