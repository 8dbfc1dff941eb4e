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
	leaves map[string]*leaf
	// input gives the memory of an input of rows x cols; nil allocates it.
	input   func(name string, cols int) []float32
	params  map[*Param]*G.Node
	doubles []doubled
}

// leaf is an input and the memory it reads.
type leaf struct {
	node   *G.Node
	cols   int
	perRow bool // an input of the batch's rows, not a table
	f32    []float32
	f64    []float64
}

// doubled is a parameter's copy in a graph of float64.
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
		leaves: map[string]*leaf{}, params: map[*Param]*G.Node{},
	}
}

// Rows is the number of rows of each input.
func (g *Graph) Rows() int { return g.rows }

// Input declares a named input of Rows() x cols; declaring it again returns the same node.
func (g *Graph) Input(name string, cols int) *G.Node {
	var memory []float32
	if g.input != nil && g.leaves[name] == nil {
		memory = g.input(name, cols)
	}
	n := g.leaf(name, g.rows, cols, memory)
	g.leaves[name].perRow = true
	return n
}

// Table declares a named input of any shape that is the same for all rows of the batch. Its
// values may change between runs, in place.
func (g *Graph) Table(name string, rows, cols int, values []float32) *G.Node {
	if len(values) != rows*cols {
		panic(fmt.Sprintf("nn: table %q of %d x %d with %d values", name, rows, cols, len(values)))
	}
	return g.leaf(name, rows, cols, values)
}

// Param makes a parameter a node of the graph. The node reads the parameter's own memory.
func (g *Graph) Param(p *Param) *G.Node {
	if n := g.params[p]; n != nil {
		return n
	}
	p.owner.seal()
	// Names of two sets may agree (a student and its teacher): Gorgonia would merge the nodes.
	name := fmt.Sprintf("%s#%d", p.Name, len(g.params))
	var n *G.Node
	if g.dtype == tensor.Float32 {
		n = g.newLeaf(name, p.Rows, p.Cols, p.Value)
	} else {
		wide := make([]float64, len(p.Value))
		g.doubles = append(g.doubles, doubled{p.Value, wide})
		n = g.newLeaf(name, p.Rows, p.Cols, wide)
	}
	g.params[p] = n
	return n
}

// ParamRows is rows lo to hi of a parameter, for reading: it has no gradient of its own in a
// Step.
func (g *Graph) ParamRows(p *Param, lo, hi int) *G.Node {
	p.owner.seal()
	return g.Table(fmt.Sprintf("%s[%d:%d]", p.Name, lo, hi), hi-lo, p.Cols, p.Value[lo*p.Cols:hi*p.Cols])
}

func (g *Graph) leaf(name string, rows, cols int, values []float32) *G.Node {
	if l := g.leaves[name]; l != nil {
		if s := l.node.Shape(); s[0] != rows || s[1] != cols {
			panic(fmt.Sprintf("nn: input %q is %v and %d x %d", name, s, rows, cols))
		}
		return l.node
	}
	l := &leaf{cols: cols}
	if g.dtype == tensor.Float32 {
		if l.f32 = values; values == nil {
			l.f32 = make([]float32, rows*cols)
		}
		l.node = g.newLeaf(name, rows, cols, l.f32)
	} else {
		l.f64 = make([]float64, rows*cols)
		if values != nil {
			g.doubles = append(g.doubles, doubled{values, l.f64})
		}
		l.node = g.newLeaf(name, rows, cols, l.f64)
	}
	g.leaves[name] = l
	return l.node
}

func (g *Graph) newLeaf(name string, rows, cols int, backing any) *G.Node {
	return G.NewMatrix(g.expr, g.dtype, G.WithName(name), G.WithShape(rows, cols),
		G.WithValue(tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(backing))))
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
