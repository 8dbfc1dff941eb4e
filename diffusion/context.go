package diffusion

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Context is what a conditional model is shown beside a point, and how a batch says it: in columns
// after those of the point. What is not known, NaN in a batch, is shown as zeros.
type Context interface {
	// Columns is the number of columns of a batch that say it.
	Columns() int
	// Width is the number of values that the network sees of it.
	Width() int
	// Show writes what the network sees (Width values) of a row's columns, which are no NaN, to dst.
	// It panics where they say nothing that there is.
	Show(dst []float32, columns []float64)
}

// Labels is a context of one of so many classes: a whole number from 0, shown as 1 in its place
// among zeros.
type Labels int

// Columns implements Context.
func (Labels) Columns() int { return 1 }

// Width implements Context.
func (l Labels) Width() int { return int(l) }

// Show implements Context.
func (l Labels) Show(dst []float32, columns []float64) {
	v := columns[0]
	if !(v >= 0 && v < float64(l)) || v != math.Trunc(v) {
		panic(fmt.Sprintf("diffusion: the label %v for a model of %d classes", v, int(l)))
	}
	clear(dst)
	dst[int(v)] = 1
}

// Vector is a context of so many numbers, such as another model's representation of a text, shown
// as they are.
type Vector int

// Columns implements Context.
func (v Vector) Columns() int { return int(v) }

// Width implements Context.
func (v Vector) Width() int { return int(v) }

// Show implements Context.
func (Vector) Show(dst []float32, columns []float64) {
	for i, x := range columns {
		dst[i] = float32(x)
	}
}

// Shown returns what the network sees of contexts (n x the columns of the model's Context): n x width
// values. It panics where the model has no context, or one of other columns.
func (m *Model) Shown(contexts mat.Matrix) []float32 {
	if m.parts.Context == nil {
		panic("diffusion: a context for a model that is not conditional")
	}
	n, c := contexts.Dims()
	if want := m.parts.Context.Columns(); c != want {
		panic(fmt.Sprintf("diffusion: a context of %d columns for a model of %d", c, want))
	}
	width := m.parts.Context.Width()
	shown, row := make([]float32, n*width), make([]float64, c)
	for i := range n {
		m.show(shown[i*width:(i+1)*width], mat.Row(row, i, contexts))
	}
	return shown
}

// show writes what the network sees of a row's columns.
func (m *Model) show(dst []float32, columns []float64) {
	if slices.ContainsFunc(columns, math.IsNaN) {
		clear(dst)
		return
	}
	m.parts.Context.Show(dst, columns)
}
