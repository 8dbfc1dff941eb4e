package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Param is a named matrix that training changes.
type Param struct {
	Name       string
	Rows, Cols int
	Value      []float32 // row-major, part of its Params' memory

	owner *Params
	at    int // offset in owner.flat
}

// Params are a model's parameters in the order of their making. They share one slice, so that
// an optimiser's step is one pass over it.
type Params struct {
	list   []*Param
	flat   []float32
	sealed bool
}

// alignment, in elements, of each parameter in the shared slice: one cache line.
const alignment = 16

// New adds a parameter of zeros. It panics where the name is taken, and after the first graph
// has been built over the set.
func (ps *Params) New(name string, rows, cols int) *Param {
	if ps.sealed {
		panic(fmt.Sprintf("nn: parameter %q comes after the first graph over its set", name))
	}
	if rows < 1 || cols < 1 {
		panic(fmt.Sprintf("nn: parameter %q of %d x %d", name, rows, cols))
	}
	for _, p := range ps.list {
		if p.Name == name {
			panic(fmt.Sprintf("nn: two parameters are called %q", name))
		}
	}
	p := &Param{Name: name, Rows: rows, Cols: cols, Value: make([]float32, rows*cols), owner: ps, at: len(ps.flat)}
	ps.list = append(ps.list, p)
	ps.flat = append(ps.flat, make([]float32, (rows*cols+alignment-1)/alignment*alignment)...)
	return p
}

// Adopt moves the parameters of another set to the end of this one, each under the prefix and a
// dot: a model that is part of another is trained with it. The parameters stay the same objects.
// Neither set may have had a graph built over it.
func (ps *Params) Adopt(prefix string, from *Params) {
	if from.sealed {
		panic(fmt.Sprintf("nn: the parameters of %q are adopted after the first graph over their set", prefix))
	}
	for _, p := range from.list {
		own := ps.New(prefix+"."+p.Name, p.Rows, p.Cols)
		copy(own.Value, p.Value)
		*p = *own
		ps.list[len(ps.list)-1] = p
	}
	from.sealed = true // its values lie in this set's memory
}

// seal moves all values into the shared slice; no parameter can be added afterwards.
func (ps *Params) seal() {
	if ps.sealed {
		return
	}
	for _, p := range ps.list {
		v := ps.flat[p.at : p.at+len(p.Value) : p.at+len(p.Value)]
		copy(v, p.Value)
		p.Value = v
	}
	ps.sealed = true
}

// List returns the parameters in the order of their making.
func (ps *Params) List() []*Param { return ps.list }

// Count is the number of trained values.
func (ps *Params) Count() int {
	n := 0
	for _, p := range ps.list {
		n += len(p.Value)
	}
	return n
}

// CopyFrom takes over the values of another set with the same names and shapes, in the same
// order; it panics where they differ.
func (ps *Params) CopyFrom(from *Params) {
	if len(ps.list) != len(from.list) {
		panic(fmt.Sprintf("nn: %d parameters from %d", len(ps.list), len(from.list)))
	}
	for i, p := range ps.list {
		q := from.list[i]
		if p.Name != q.Name || p.Rows != q.Rows || p.Cols != q.Cols {
			panic(fmt.Sprintf("nn: parameter %q %d x %d from %q %d x %d", p.Name, p.Rows, p.Cols, q.Name, q.Rows, q.Cols))
		}
		copy(p.Value, q.Value)
	}
}

// Init draws the first values of a weight of in x out.
type Init func(in, out int, rng *rand.Rand) float32

// He draws from N(0, 2/in), which keeps the scale of rectified activations from layer to
// layer [he2015].
func He(in, _ int, rng *rand.Rand) float32 {
	return float32(rng.NormFloat64() * math.Sqrt(2/float64(in)))
}

// Xavier draws from N(0, 2/(in+out)) [glorot2010].
func Xavier(in, out int, rng *rand.Rand) float32 {
	return float32(rng.NormFloat64() * math.Sqrt(2/float64(in+out)))
}

// Zero makes a layer that starts as the constant zero.
func Zero(_, _ int, _ *rand.Rand) float32 { return 0 }
