package nn

import (
	"fmt"
	"hash"
	"sync/atomic"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// matrix is a row-major view of a tensor.
type matrix[T kernel.Float] struct {
	rows, cols int
	data       []T
}

func (m matrix[T]) row(i int) []T { return m.data[i*m.cols : (i+1)*m.cols] }

// op is a Gorgonia operation on matrices. An instance belongs to one node. The next run
// overwrites its value, and where the value is not an output of its machine, operations after its last use do.
type op struct {
	name  string
	arity int
	// shape returns the shape of the output, or an error if those of the inputs do not match.
	shape func(in []tensor.Shape) (rows, cols int, err error)
	f32   func(out matrix[float32], in []matrix[float32])
	f64   func(out matrix[float64], in []matrix[float64])
	// more is f32 that adds to the output, with the bits of a sum of two outputs; nil if it has no such form.
	more func(out matrix[float32], in []matrix[float32])
	// bf16 is f32 with the matrix product of the first two inputs in bfloat16, the second one packed unless w is nil.
	// It is nil if there is no such product.
	bf16    func(out matrix[float32], in []matrix[float32], w *kernel.Factor)
	product product
	// diff tells which inputs have a derivative; nil means none.
	diff []bool
	// grad returns the gradient of each input, nil for those without one, given the output node
	// and its gradient. If grad is nil, differentiating an input marked in diff is an error; without
	// the mark it would count as constant.
	grad func(in G.Nodes, out, g *G.Node) (G.Nodes, error)

	id     uint64
	placed bool // a machine has the operation
	adding bool // the next run calls more
	out    *tensor.Dense
	in     []G.Value // the inputs of the last run, whose views are kept
	in32   []matrix[float32]
	in64   []matrix[float64]
	out32  matrix[float32] // without data in a graph of float64
	out64  matrix[float64]
}

var ops atomic.Uint64

// apply adds the operation to the graph of its inputs. It panics if the shapes do not match.
func apply(o *op, in ...*G.Node) *G.Node {
	n, err := tryApply(o, in...)
	if err != nil {
		panic(err)
	}
	return n
}

func tryApply(o *op, in ...*G.Node) (*G.Node, error) {
	o.id = ops.Add(1)
	n, err := G.ApplyOp(o, in...)
	if err != nil {
		return nil, fmt.Errorf("nn: %s: %w", o.name, err)
	}
	if n.Op() != G.Op(o) {
		return nil, fmt.Errorf("nn: %s was merged with another %v", o.name, n.Op())
	}
	return n, nil
}

func (o *op) Arity() int { return o.arity }

// Type is matrix of a -> ... -> matrix of a.
func (o *op) Type() hm.Type {
	m := G.TensorType{Dims: 2, Of: hm.TypeVariable('a')}
	ts := make([]hm.Type, o.arity+1)
	for i := range ts {
		ts[i] = m
	}
	return hm.NewFnType(ts...)
}

func (o *op) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	shapes := make([]tensor.Shape, len(in))
	for i, d := range in {
		s, ok := d.(tensor.Shape)
		if !ok || s.Dims() != 2 {
			return nil, fmt.Errorf("input %d is not a matrix: %v", i, d)
		}
		shapes[i] = s
	}
	rows, cols, err := o.shape(shapes)
	return tensor.Shape{rows, cols}, err
}

func (o *op) ReturnsPtr() bool     { return true }
func (o *op) CallsExtern() bool    { return false }
func (o *op) OverwritesInput() int { return -1 }

// WriteHash writes a hash unique to the instance, since Gorgonia merges nodes with equal hashes.
func (o *op) WriteHash(h hash.Hash) { fmt.Fprintf(h, "%s#%d", o.name, o.id) }

// Hashcode returns what Gorgonia compares if the hashes of two nodes collide: a number unique to the
// instance.
func (o *op) Hashcode() uint32 { return uint32(o.id) }

func (o *op) String() string { return o.name }

// Do computes the output. It implements [gorgonia.Op].
func (o *op) Do(in ...G.Value) (G.Value, error) {
	if o.out == nil {
		shapes := make([]tensor.Shape, len(in))
		for i, v := range in {
			shapes[i] = v.Shape()
		}
		rows, cols, err := o.shape(shapes)
		if err != nil {
			return nil, fmt.Errorf("nn: %s: %w", o.name, err)
		}
		o.out = tensor.New(tensor.WithShape(rows, cols), tensor.Of(in[0].Dtype()))
	}
	if o.in == nil {
		o.in, o.in32, o.in64 = make([]G.Value, o.arity), make([]matrix[float32], o.arity), make([]matrix[float64], o.arity)
		rows, cols := o.out.Shape()[0], o.out.Shape()[1]
		// Float32s of a tensor of float64 would reinterpret its bytes.
		if o.out.Dtype() == tensor.Float32 {
			o.out32 = matrix[float32]{rows, cols, o.out.Float32s()}
		} else {
			o.out64 = matrix[float64]{rows, cols, o.out.Float64s()}
		}
	}
	for i, v := range in {
		if v == o.in[i] {
			continue // the same tensor as in the last run: a small operation takes less time than a look at it
		}
		d, err := o.dense(v)
		if err != nil {
			return nil, err
		}
		rows, cols := d.Shape()[0], d.Shape()[1]
		if o.out32.data != nil {
			o.in32[i] = matrix[float32]{rows, cols, d.Float32s()}
		} else {
			o.in64[i] = matrix[float64]{rows, cols, d.Float64s()}
		}
		o.in[i] = v
	}
	switch {
	case o.out32.data == nil:
		o.f64(o.out64, o.in64)
	case o.adding:
		o.more(o.out32, o.in32)
	default:
		o.f32(o.out32, o.in32)
	}
	return o.out, nil
}

// setOut makes the operation write to another tensor, of the shape and type of its output.
func (o *op) setOut(t *tensor.Dense) {
	o.out = t
	if o.out32.data != nil {
		o.out32.data = t.Float32s()
	}
}

func (o *op) dense(v G.Value) (*tensor.Dense, error) {
	d, ok := v.(*tensor.Dense)
	if !ok || d.Dtype() != o.out.Dtype() || d.Dims() != 2 {
		return nil, fmt.Errorf("nn: %s of %v got a %T of %v %v", o.name, o.out.Dtype(), v, v.Dtype(), v.Shape())
	}
	if d.RequiresIterator() || d.DataOrder().IsColMajor() {
		return nil, fmt.Errorf("nn: %s got a view of %v that is not contiguous", o.name, v.Shape())
	}
	return d, nil
}

// DiffWRT and SymDiff implement [gorgonia.SDOp].
func (o *op) DiffWRT(inputs int) []bool {
	if o.diff == nil {
		return make([]bool, inputs)
	}
	return o.diff
}

func (o *op) SymDiff(in G.Nodes, out, g *G.Node) (G.Nodes, error) {
	if o.grad == nil {
		return nil, fmt.Errorf("nn: %s has no derivative", o.name)
	}
	return o.grad(in, out, g)
}

// sameShape returns the shape rule of elementwise operations.
func sameShape(in []tensor.Shape) (rows, cols int, err error) {
	for _, s := range in[1:] {
		if !s.Eq(in[0]) {
			return 0, 0, fmt.Errorf("shapes %v and %v differ", in[0], s)
		}
	}
	return in[0][0], in[0][1], nil
}

// scalarShape returns the shape rule of reductions to 1 x 1.
func scalarShape([]tensor.Shape) (rows, cols int, err error) { return 1, 1, nil }

// fixedShape returns the shape rule of an operation that knows its output's shape.
func fixedShape(rows, cols int) func([]tensor.Shape) (int, int, error) {
	return func([]tensor.Shape) (int, int, error) { return rows, cols, nil }
}
