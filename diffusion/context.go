package diffusion

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Context describes what a conditional model is conditioned on: how a batch holds it, in columns after
// those of the point, and how the network takes it. A missing context, NaN in a batch, is encoded as
// zeros.
type Context interface {
	// Columns returns the number of columns of a batch that hold the context.
	Columns() int
	// Width returns the number of values that encode it for the network.
	Width() int
	// Encode writes the encoding (Width values) of a row's columns, which are not NaN, to dst. It panics
	// on a context that does not exist.
	Encode(dst []float32, columns []float64)
}

// Labels is the context of labelled points, given by the number of classes: an integer label from 0, encoded
// one-hot.
type Labels int

// Columns implements [Context].
func (Labels) Columns() int { return 1 }

// Width implements [Context].
func (l Labels) Width() int { return int(l) }

// Encode implements [Context]. It panics unless the label is an integer in [0, l).
func (l Labels) Encode(dst []float32, columns []float64) {
	v := columns[0]
	if !(v >= 0 && v < float64(l)) || v != math.Trunc(v) {
		panic(fmt.Sprintf("diffusion: label %v for a model of %d classes: want an integer from 0 to %d", v, int(l), int(l)-1))
	}
	clear(dst)
	dst[int(v)] = 1
}

// Vector is a context of real numbers, given by their number, such as a text embedding. The network takes
// them unchanged.
type Vector int

// Columns implements [Context].
func (v Vector) Columns() int { return int(v) }

// Width implements [Context].
func (v Vector) Width() int { return int(v) }

// Encode implements [Context].
func (Vector) Encode(dst []float32, columns []float64) {
	for i, x := range columns {
		dst[i] = float32(x)
	}
}

// EncodeContexts returns the encodings of contexts (n x the columns of the model's [Context]): n x its
// width values, row by row. It panics if the model is not conditional or contexts have another number
// of columns.
func (m *Model) EncodeContexts(contexts mat.Matrix) []float32 {
	if m.parts.Context == nil {
		panic("diffusion: a context for an unconditional model: train it with Config.Conditional")
	}
	n, c := contexts.Dims()
	if want := m.parts.Context.Columns(); c != want {
		panic(fmt.Sprintf("diffusion: contexts of %d columns for a model whose contexts have %d", c, want))
	}
	width := m.parts.Context.Width()
	encoded, row := make([]float32, n*width), make([]float64, c)
	for i := range n {
		m.encode(encoded[i*width:(i+1)*width], mat.Row(row, i, contexts))
	}
	return encoded
}

// encode writes the encoding of a row's context columns.
func (m *Model) encode(dst []float32, columns []float64) {
	if slices.ContainsFunc(columns, math.IsNaN) {
		clear(dst)
		return
	}
	m.parts.Context.Encode(dst, columns)
}
