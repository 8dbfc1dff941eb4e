package onnx

import (
	"fmt"
	"strconv"

	"genlab/checkpoint"
)

// value is the name of a value within a graph.
type value string

// graph is a graph under construction: nodes are added in the order in which they run. A body of a Loop is a graph of its
// own within an outer one, whose values and constants it may use.
type graph struct {
	name, doc       string
	nodes           [][]byte
	initializers    [][]byte
	inputs, outputs []Value
	outer           *graph
	constants       map[string]value
	count           int // of the values, in the outermost graph
}

func newGraph(name, doc string) *graph {
	return &graph{name: name, doc: doc, constants: map[string]value{}}
}

// root returns the outermost graph, which holds the constants and numbers the values.
func (g *graph) root() *graph {
	for g.outer != nil {
		g = g.outer
	}
	return g
}

// body returns a graph within g.
func (g *graph) body(name string) *graph { return &graph{name: name, outer: g} }

func (g *graph) marshal() []byte {
	var b []byte
	for _, n := range g.nodes {
		b = appendBytes(b, graphNode, n)
	}
	b = appendText(b, graphName, g.name)
	for _, t := range g.initializers {
		b = appendBytes(b, graphInitializer, t)
	}
	b = appendText(b, graphDoc, g.doc)
	for _, v := range g.inputs {
		b = appendBytes(b, graphInput, v.marshal())
	}
	for _, v := range g.outputs {
		b = appendBytes(b, graphOutput, v.marshal())
	}
	return b
}

// input declares an input of the graph.
func (g *graph) input(name string, kind int, doc string, shape ...any) value {
	g.inputs = append(g.inputs, Value{name, kind, shape, doc})
	return value(name)
}

// output makes a value an output of the graph.
func (g *graph) output(v value, name string, kind int, doc string, shape ...any) {
	g.add("Identity", []value{v}, []value{value(name)})
	g.outputs = append(g.outputs, Value{name, kind, shape, doc})
}

// add adds a node.
func (g *graph) add(op string, in, out []value, attributes ...attribute) {
	var b []byte
	for _, v := range in {
		b = appendText(b, nodeInput, string(v))
	}
	for _, v := range out {
		b = appendText(b, nodeOutput, string(v))
	}
	b = appendText(appendText(b, nodeName, op+" "+string(out[0])), nodeOp, op)
	for _, a := range attributes {
		b = appendBytes(b, nodeAttribute, a.marshal())
	}
	g.nodes = append(g.nodes, b)
}

// fresh returns the name of a new value.
func (g *graph) fresh() value {
	r := g.root()
	r.count++
	return value("v" + strconv.Itoa(r.count))
}

// op adds a node with one output.
func (g *graph) op(op string, in ...value) value { return g.with(op, nil, in...) }

// with is op with attributes.
func (g *graph) with(op string, attributes []attribute, in ...value) value {
	out := g.fresh()
	g.add(op, in, []value{out}, attributes...)
	return out
}

// constant adds a constant once; data is []float32, []float64 or []int64, and a nil shape is a scalar.
func (g *graph) constant(shape []int, data any) value {
	r := g.root()
	key := fmt.Sprintf("%T %v %v", data, shape, data)
	if v, ok := r.constants[key]; ok {
		return v
	}
	v := value("c" + strconv.Itoa(len(r.constants)+1))
	r.constants[key] = v
	r.initializers = append(r.initializers, tensor(string(v), shape, data))
	return v
}

// f64, f32 and ints are constants; a row is 1 x its length.
func (g *graph) f64(v float64) value { return g.constant(nil, []float64{v}) }

func (g *graph) f32(v float64) value { return g.constant(nil, []float32{float32(v)}) }

func (g *graph) row64(v []float64) value { return g.constant([]int{1, len(v)}, v) }

func (g *graph) row32(v []float32) value { return g.constant([]int{1, len(v)}, v) }

func (g *graph) int(v int) value { return g.constant(nil, []int64{int64(v)}) }

func (g *graph) ints(v ...int) value {
	list := make([]int64, len(v))
	for i, x := range v {
		list[i] = int64(x)
	}
	return g.constant([]int{len(v)}, list)
}

// weights adds a tensor of a checkpoint under its name.
func (g *graph) weights(t checkpoint.Tensor) value {
	r := g.root()
	if _, ok := r.constants[t.Name]; !ok {
		r.constants[t.Name] = value(t.Name)
		r.initializers = append(r.initializers, tensor(t.Name, t.Shape, t.Data))
	}
	return value(t.Name)
}

// Operations. Both operands are of one type, and broadcast.

func (g *graph) sum(terms ...value) value {
	total := terms[0]
	for _, t := range terms[1:] {
		total = g.op("Add", total, t)
	}
	return total
}

func (g *graph) sub(a, b value) value { return g.op("Sub", a, b) }
func (g *graph) mul(a, b value) value { return g.op("Mul", a, b) }
func (g *graph) div(a, b value) value { return g.op("Div", a, b) }

func (g *graph) square(a value) value { return g.mul(a, a) }

func (g *graph) cast(v value, kind int) value {
	return g.with("Cast", []attribute{{"to", kind}}, v)
}

func (g *graph) concat(axis int, parts ...value) value {
	if len(parts) == 1 {
		return parts[0]
	}
	return g.with("Concat", []attribute{{"axis", axis}}, parts...)
}

// cols returns columns [lo, hi) of a matrix.
func (g *graph) cols(v value, lo, hi int) value {
	return g.op("Slice", v, g.ints(lo), g.ints(hi), g.ints(1))
}

// rowSum returns the sums over the last axis, which stays as an axis of length 1.
func (g *graph) rowSum(v value) value { return g.op("ReduceSum", v, g.ints(-1)) }

// last removes the last axis, of length 1.
func (g *graph) last(v value) value { return g.op("Squeeze", v, g.ints(-1)) }

// oneHot returns the rows of labels (n whole numbers) among classes, of a type: zeros for a number outside.
func (g *graph) oneHot(labels value, classes, kind int) value {
	all := make([]int, classes)
	for i := range all {
		all[i] = i
	}
	return g.cast(g.op("Equal", g.op("Unsqueeze", labels, g.ints(1)), g.ints(all...)), kind)
}

// softplus is log(1 + exp(x)) of float64 values, which does not overflow.
func (g *graph) softplus64(x value) value {
	small := g.op("Exp", g.op("Neg", g.op("Abs", x)))
	return g.sum(g.op("Max", x, g.f64(0)), g.op("Log", g.sum(g.f64(1), small)))
}
