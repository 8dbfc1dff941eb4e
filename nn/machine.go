package nn

import (
	"fmt"
	"reflect"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Machine runs a graph: each operation once, in an order fixed at compilation, into memory that is
// reused between runs. It implements [gorgonia.VM] and runs on the caller's goroutine.
type Machine struct {
	graph  *Graph
	values []G.Value
	leaves []slot
	prog   []instruction
	slots  map[*G.Node]int
	nodes  G.Nodes  // by slot
	names  []string // by slot, for messages
	reused []bool   // by slot: the value is overwritten before the run ends

	search *finding // nil unless the next run looks for a value that is not finite
}

type slot struct {
	at    int
	node  *G.Node
	shape tensor.Shape // Node.Shape makes a copy
}

type instruction struct {
	op   G.Op
	into G.UsePreallocDoer // nil if the operation owns its output
	in   []int
	args []G.Value
	out  int
}

var _ G.VM = (*Machine)(nil)

// Compile returns a machine that computes outs, the nodes whose values can be read after a run. It fails if a
// leaf has no value.
func Compile(g *Graph, outs ...*G.Node) (*Machine, error) {
	m := &Machine{graph: g, slots: map[*G.Node]int{}}
	for _, n := range ordered(outs...) {
		at := len(m.values)
		m.slots[n] = at
		m.values, m.nodes = append(m.values, nil), append(m.nodes, n)
		in := children(n)
		if len(in) == 0 {
			m.values[at] = n.Value()
			if n.Value() == nil {
				return nil, fmt.Errorf("nn: input %v has no value", n)
			}
			m.leaves = append(m.leaves, slot{at, n, n.Shape()})
			m.names = append(m.names, g.label(n))
			continue
		}
		ins := instruction{op: n.Op(), out: at, args: make([]G.Value, len(in))}
		// sliceIncrOp adds to its output instead of overwriting it.
		if reflect.Indirect(reflect.ValueOf(n.Op())).Type().Name() != "sliceIncrOp" {
			ins.into, _ = n.Op().(G.UsePreallocDoer)
		}
		for _, c := range in {
			ins.in = append(ins.in, m.slots[c])
		}
		m.prog = append(m.prog, ins)
		m.names = append(m.names, fmt.Sprintf("%v of %s", n.Op(), m.names[ins.in[len(ins.in)-1]]))
	}
	m.place(outs)
	return m, nil
}

// RunAll computes all values. It stops at the first error of an operation, and fails if an input has
// another shape than at compilation.
func (m *Machine) RunAll() error {
	for _, d := range m.graph.doubles {
		for i, v := range d.from {
			d.to[i] = float64(v)
		}
	}
	for _, l := range m.leaves {
		v := l.node.Value()
		if !v.Shape().Eq(l.shape) {
			return fmt.Errorf("nn: %v of shape %v was given a value of %v", l.node, l.shape, v.Shape())
		}
		m.values[l.at] = v
		if m.search != nil {
			m.search.inspect(l.at, v)
		}
	}
	for i := range m.prog {
		p := &m.prog[i]
		for j, c := range p.in {
			p.args[j] = m.values[c]
		}
		var v G.Value
		var err error
		if old := m.values[p.out]; old != nil && p.into != nil {
			v, err = p.into.UsePreallocDo(old, p.args...)
		} else {
			v, err = p.op.Do(p.args...)
		}
		if err != nil {
			return fmt.Errorf("nn: %v: %w", p.op, err)
		}
		m.values[p.out] = v
		if m.search != nil {
			m.search.inspect(p.out, v)
		}
	}
	return nil
}

// Value returns the value of a node in the last run, which the next run overwrites. It panics if the
// machine does not compute the node, or reuses its memory because it is not an output.
func (m *Machine) Value(n *G.Node) G.Value {
	at, ok := m.slots[n]
	if !ok {
		panic(fmt.Sprintf("nn: the machine was not compiled for %v", n))
	}
	if m.reused[at] {
		panic(fmt.Sprintf("nn: %v is not an output of the machine, which reuses its memory: name it in Compile", n))
	}
	return m.values[at]
}

// float32s returns the memory of the value of a node of float32, row by row.
func (m *Machine) float32s(n *G.Node) []float32 {
	switch v := m.Value(n).(type) {
	case *G.F32:
		return []float32{float32(*v)}
	case *tensor.Dense:
		if v.Dtype() == tensor.Float32 && !v.RequiresIterator() {
			return v.Float32s()
		}
	}
	panic(fmt.Sprintf("nn: %v is not of float32, or a view", n))
}

// Reset does nothing: a machine can always run again.
func (m *Machine) Reset() {}

// Close does nothing.
func (m *Machine) Close() error { return nil }
