package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Param is a named, trained matrix.
type Param struct {
	Name       string
	Rows, Cols int
	Value      []float32 // row-major, part of its Params' memory

	owner *Params
	at    int // offset in owner.flat
}

// Params are the parameters of a model in the order of creation. They share one slice, so that an
// optimiser makes a single pass over it. The zero value is an empty set.
type Params struct {
	// Precision is that of the matrix products of a [Step] on the parameters, which are themselves float32.
	Precision Precision

	list   []*Param
	flat   []float32
	sealed bool
}

// alignment, in elements, of each parameter in the shared slice: one cache line.
const alignment = 16

// New adds a parameter of zeros. It panics if the name exists, a size is below 1, or a graph has
// already been built over the set.
func (ps *Params) New(name string, rows, cols int) *Param {
	if ps.sealed {
		panic(fmt.Sprintf("nn: parameter %q is added after a graph was built over its set", name))
	}
	if rows < 1 || cols < 1 {
		panic(fmt.Sprintf("nn: parameter %q of %d x %d", name, rows, cols))
	}
	for _, p := range ps.list {
		if p.Name == name {
			panic(fmt.Sprintf("nn: parameter %q exists already", name))
		}
	}
	p := &Param{Name: name, Rows: rows, Cols: cols, Value: make([]float32, rows*cols), owner: ps, at: len(ps.flat)}
	ps.list = append(ps.list, p)
	ps.flat = append(ps.flat, make([]float32, (rows*cols+alignment-1)/alignment*alignment)...)
	return p
}

// Adopt moves the parameters of another set to the end of this one, with names prefix.name, so that a
// model that is part of another is trained with it. The *Param stay valid. It panics if a graph has
// been built over either set.
func (ps *Params) Adopt(prefix string, from *Params) {
	if from.sealed {
		panic(fmt.Sprintf("nn: the parameters of %q are adopted after a graph was built over their set", prefix))
	}
	for _, p := range from.list {
		own := ps.New(prefix+"."+p.Name, p.Rows, p.Cols)
		copy(own.Value, p.Value)
		*p = *own
		ps.list[len(ps.list)-1] = p
	}
	from.sealed = true // its values are in the memory of this set
}

// seal moves all values to the shared slice. No parameter can be added afterwards.
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

// List returns the parameters in the order of creation.
func (ps *Params) List() []*Param { return ps.list }

// Count returns the number of trained values.
func (ps *Params) Count() int {
	n := 0
	for _, p := range ps.list {
		n += len(p.Value)
	}
	return n
}

// CopyFrom copies the values of another set. It panics unless names and shapes are the same, in the
// same order.
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

// Init samples an initial value of an in x out weight matrix.
type Init func(in, out int, rng *rand.Rand) float32

// He samples from N(0, 2/in), which preserves the variance through rectified activations [he2015].
func He(in, _ int, rng *rand.Rand) float32 {
	return float32(rng.NormFloat64() * math.Sqrt(2/float64(in)))
}

// Xavier samples from N(0, 2/(in+out)) [glorot2010].
func Xavier(in, out int, rng *rand.Rand) float32 {
	return float32(rng.NormFloat64() * math.Sqrt(2/float64(in+out)))
}

// Zero returns 0: the layer starts as the constant zero.
func Zero(_, _ int, _ *rand.Rand) float32 { return 0 }
