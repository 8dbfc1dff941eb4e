package nn

import (
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// place gives the outputs of the operations of this package memory in which a value is overwritten after
// its last use: what a backward pass computes then stays in the core's cache, as a gradient is of use to
// the next operation alone. The values of outs are kept, and so are those that an operation of Gorgonia's
// reads, because it may return a view of them.
func (m *Machine) place(outs G.Nodes) {
	last := make([]int, len(m.values)) // instruction that uses a value last
	kept := make([]bool, len(m.values))
	for _, n := range outs {
		kept[m.slots[n]] = true
	}
	for i, p := range m.prog {
		o, own := p.op.(*op)
		for _, c := range p.in {
			last[c] = i
			kept[c] = kept[c] || !own
		}
		switch {
		case !own:
			kept[p.out] = true
		case o.placed:
			o.forget() // two machines have the operation, in two orders
			kept[p.out] = true
		}
	}
	m.reused = make([]bool, len(m.values))
	var memory32 memory[float32]
	var memory64 memory[float64]
	for i, p := range m.prog {
		if o, own := p.op.(*op); own {
			o.placed = true
			if m.reused[p.out] = !kept[p.out]; m.reused[p.out] {
				shape := m.nodes[p.out].Shape()
				if m.graph.dtype == tensor.Float32 {
					memory32.place(o, p.out, shape)
				} else {
					memory64.place(o, p.out, shape)
				}
			}
		}
		for _, c := range p.in {
			if last[c] == i && m.reused[c] {
				memory32.release(c)
				memory64.release(c)
			}
		}
	}
}

// memory is that of values while they are of use, by slot, and of those that no longer are.
type memory[T kernel.Float] struct {
	used map[int][]T
	free [][]T
}

// place makes an operation write to memory that is free: the smallest part that is large enough, and among
// those the last that was used.
func (m *memory[T]) place(o *op, at int, shape tensor.Shape) {
	n, best := shape.TotalSize(), -1
	for i, part := range m.free {
		if len(part) >= n && len(part) <= 2*n && (best < 0 || len(part) <= len(m.free[best])) {
			best = i
		}
	}
	var part []T
	if best < 0 {
		part = make([]T, n)
	} else {
		part = m.free[best]
		m.free = append(m.free[:best], m.free[best+1:]...)
	}
	if m.used == nil {
		m.used = map[int][]T{}
	}
	m.used[at] = part
	o.out = tensor.New(tensor.WithShape(shape...), tensor.WithBacking(part[:n:n]))
}

// release frees the memory of a slot, if it has some.
func (m *memory[T]) release(at int) {
	if part, ok := m.used[at]; ok {
		m.free = append(m.free, part)
		delete(m.used, at)
	}
}

// forget takes the output's memory from an operation. The next run allocates another that it shares with
// none.
func (o *op) forget() { o.out, o.in, o.out32, o.out64 = nil, nil, matrix[float32]{}, matrix[float64]{} }

// finding is the first value, in the order of computation, that is not finite; at is -1 without one.
type finding struct {
	at    int
	value float64
}

// inspect looks for a NaN or an infinity in the value of a slot.
func (f *finding) inspect(at int, v G.Value) {
	d, ok := v.(*tensor.Dense)
	if !ok || d.Dtype() != tensor.Float32 || f.at >= 0 && f.at < at {
		return
	}
	for _, x := range d.Float32s() {
		if v := float64(x); math.IsNaN(v) || math.IsInf(v, 0) {
			f.at, f.value = at, v
			return
		}
	}
}
