package nn

import (
	"fmt"
	"math"
	"reflect"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Machine runs a graph: each operation once, in one order fixed at compilation, into memory
// that is kept between runs. It implements gorgonia.VM and runs in its caller's goroutine.
type Machine struct {
	graph  *Graph
	values []G.Value
	leaves []slot
	prog   []instruction
	slots  map[*G.Node]int
	names  []string // by slot, for messages
}

type slot struct {
	at    int
	node  *G.Node
	shape tensor.Shape // Node.Shape makes a copy
}

type instruction struct {
	op   G.Op
	into G.UsePreallocDoer // nil where the operation keeps its own output
	in   []int
	args []G.Value
	out  int
}

var _ G.VM = (*Machine)(nil)

// Compile returns a machine for what outs need. Every leaf must have a value by then.
func Compile(g *Graph, outs ...*G.Node) (*Machine, error) {
	m := &Machine{graph: g, slots: map[*G.Node]int{}}
	for _, n := range ordered(outs...) {
		at := len(m.values)
		m.slots[n] = at
		m.values = append(m.values, nil)
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
		// A reused output of sliceIncrOp is added to, not overwritten.
		if reflect.Indirect(reflect.ValueOf(n.Op())).Type().Name() != "sliceIncrOp" {
			ins.into, _ = n.Op().(G.UsePreallocDoer)
		}
		for _, c := range in {
			ins.in = append(ins.in, m.slots[c])
		}
		m.prog = append(m.prog, ins)
		m.names = append(m.names, fmt.Sprintf("%v of %s", n.Op(), m.names[ins.in[len(ins.in)-1]]))
	}
	return m, nil
}

// RunAll runs the program. The first error stops it.
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
	}
	return nil
}

// Value returns a node's value of the last run; the next run overwrites it.
func (m *Machine) Value(n *G.Node) G.Value {
	at, ok := m.slots[n]
	if !ok {
		panic(fmt.Sprintf("nn: the machine was not compiled for %v", n))
	}
	return m.values[at]
}

// float32s returns the memory of a node's value, row by row, in a graph of float32.
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

// Reset does nothing: a machine can always run again. Close does nothing either.
func (m *Machine) Reset()       {}
func (m *Machine) Close() error { return nil }

// firstNotFinite returns the slot of the first tensor, in the order of computation, with a
// NaN or an infinity, and what it holds; -1 if there is none.
func (m *Machine) firstNotFinite() (at int, value float64) {
	for i, v := range m.values {
		d, ok := v.(*tensor.Dense)
		if !ok || d.Dtype() != tensor.Float32 {
			continue
		}
		for _, x := range d.Float32s() {
			if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
				return i, f
			}
		}
	}
	return -1, 0
}
