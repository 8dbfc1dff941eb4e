// Package standardize maps each axis of the data to mean 0 and variance 1, and back.
//
// The map is affine, x = shift + scale ⊙ z. A model of z is part of it: its samples pass through
// [Map.ToData], and its density in the original coordinates is log p(x) = log p(z) − Σ log scale.
// The map is stored in checkpoints as float32 and is rounded to that when it is fitted, so that a
// loaded model is the same to the last bit.
package standardize

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab/checkpoint"
)

// Map is the affine map x = Shift + Scale ⊙ z, with a shift and a positive scale for each axis.
type Map struct {
	Shift, Scale []float64
}

// Identity returns the identity map of d axes.
func Identity(d int) Map {
	m := Map{make([]float64, d), make([]float64, d)}
	for i := range m.Scale {
		m.Scale[i] = 1
	}
	return m
}

// Fit returns the map under which the sample (n x d, n >= 2) has mean 0 and standard deviation 1 on
// each axis, rounded to float32. It fails if the sample does not vary along an axis, or is not finite.
func Fit(sample mat.Matrix) (Map, error) {
	n, d := sample.Dims()
	m := Identity(d)
	for j := range d {
		m.Shift[j], m.Scale[j] = stat.MeanStdDev(mat.Col(nil, j, sample), nil)
		m.Shift[j], m.Scale[j] = float64(float32(m.Shift[j])), float64(float32(m.Scale[j]))
		if !(m.Scale[j] > 0) || math.IsInf(m.Scale[j], 0) {
			return Map{}, fmt.Errorf("standardize: column %d of %d points has standard deviation %v: the data does not vary along that axis", j+1, n, m.Scale[j])
		}
	}
	return m, nil
}

// ToData maps z (n x d) to the original coordinates, in place. It panics on another width.
func (m Map) ToData(z *mat.Dense) {
	m.each(z, func(j int, v float64) float64 { return m.Shift[j] + m.Scale[j]*v })
}

// FromData maps x (n x d) to standardised coordinates, in place. It panics on another width.
func (m Map) FromData(x *mat.Dense) {
	m.each(x, func(j int, v float64) float64 { return (v - m.Shift[j]) / m.Scale[j] })
}

// FromDataTo writes to dst the standardised values of the first len(Shift) columns of x, row after row,
// rounded to float32: the input of a network. It panics if x has fewer columns or dst fewer values.
func (m Map) FromDataTo(dst []float32, x mat.Matrix) {
	n, columns := x.Dims()
	d := len(m.Shift)
	if columns < d {
		panic(fmt.Sprintf("standardize: points of %d columns for a map of %d", columns, d))
	}
	for i := range n {
		for j := range d {
			dst[i*d+j] = float32((x.At(i, j) - m.Shift[j]) / m.Scale[j])
		}
	}
}

func (m Map) each(x *mat.Dense, f func(j int, v float64) float64) {
	n, d := x.Dims()
	if d != len(m.Shift) {
		panic(fmt.Sprintf("standardize: points of %d columns for a map of %d", d, len(m.Shift)))
	}
	for i := range n {
		row := x.RawRowView(i)
		for j := range row {
			row[j] = f(j, row[j])
		}
	}
}

// LogScale returns log |dx/dz|, the sum of the log scales, in nats: log p(x) = log p(z) − LogScale.
func (m Map) LogScale() float64 {
	s := 0.0
	for _, v := range m.Scale {
		s += math.Log(v)
	}
	return s
}

// State returns a copy of the map for a checkpoint: the tensors prefix/shift and prefix/scale.
func (m Map) State(prefix string) []checkpoint.Tensor {
	return []checkpoint.Tensor{narrow(prefix+"/shift", m.Shift), narrow(prefix+"/scale", m.Scale)}
}

func narrow(name string, v []float64) checkpoint.Tensor {
	t := checkpoint.Tensor{Name: name, Shape: []int{len(v)}, Data: make([]float32, len(v))}
	for i, x := range v {
		t.Data[i] = float32(x)
	}
	return t
}

// FromState returns the map that [Map.State] saved. It fails if a tensor is missing.
func FromState(prefix string, saved []checkpoint.Tensor) (Map, error) {
	m := Identity(axes(prefix, saved))
	live := m.State(prefix)
	if err := checkpoint.Copy(live, checkpoint.Under(prefix, saved)); err != nil {
		return Map{}, err
	}
	for i := range m.Shift {
		m.Shift[i], m.Scale[i] = float64(live[0].Data[i]), float64(live[1].Data[i])
	}
	return m, nil
}

// axes returns the number of axes of a saved map, 1 if there is none.
func axes(prefix string, saved []checkpoint.Tensor) int {
	for _, s := range saved {
		if s.Name == prefix+"/shift" && len(s.Data) > 0 {
			return len(s.Data)
		}
	}
	return 1
}
