// Package standardize maps each axis of the data to mean 0 and variance 1, and back.
//
// The map is affine, x = shift + scale ⊙ z. A model of z is part of it: its samples pass through
// [Map.ToData], and its density in the original coordinates is log p(x) = log p(z) − Σ log scale.
// Fit rounds the two numbers of an axis to float32, in which checkpoints keep them, unless that moves
// the data by more than 1e-5 standard deviations; it keeps float64 then, and so do checkpoints. A
// loaded model is the same to the last bit. All arithmetic is in float64, and networks take the
// standardised values rounded to float32.
package standardize

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
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

// harmless is the largest error of the rounding to float32, in standard deviations.
const harmless = 1e-5

// Fit returns the map under which the sample (n x d, n >= 2) has mean 0 and standard deviation 1 on
// each axis. It fails if the sample is constant along an axis or is not finite, and if a standard
// deviation is beyond float64 or below the spacing of float64 numbers where the data are.
func Fit(sample mat.Matrix) (Map, error) {
	n, d := sample.Dims()
	m := Identity(d)
	for j := range d {
		var err error
		if m.Shift[j], m.Scale[j], err = fit(mat.Col(nil, j, sample)); err != nil {
			return Map{}, fmt.Errorf("standardize: column %d of %d points %w", j+1, n, err)
		}
	}
	return m, nil
}

// fit returns the mean and the standard deviation of v.
func fit(v []float64) (mean, sd float64, err error) {
	lo, hi := floats.Min(v), floats.Max(v)
	switch {
	case floats.HasNaN(v) || math.IsInf(lo, 0) || math.IsInf(hi, 0):
		return 0, 0, errors.New("has a value that is not finite")
	case lo == hi:
		return 0, 0, fmt.Errorf("is constant, %v: the data does not vary along that axis", lo)
	}
	mean, sd = stat.MeanStdDev(v, nil)
	m, s := float64(float32(mean)), float64(float32(sd))
	if s > 0 && math.Abs(m-mean) <= harmless*sd && math.Abs(s-sd) <= harmless*sd {
		return m, s, nil
	}
	// In units of the spread and around its centre, so that no sum or square overflows or cancels.
	centre := lo/2 + hi/2
	_, unit := math.Frexp(max(hi-centre, centre-lo))
	for i := range v {
		v[i] = math.Ldexp(v[i]-centre, -unit)
	}
	m, s = stat.MeanStdDev(v, nil)
	mean, sd = centre+math.Ldexp(m, unit), math.Ldexp(s, unit)
	if spacing := math.Nextafter(math.Abs(mean), math.Inf(1)) - math.Abs(mean); sd < spacing {
		return 0, 0, fmt.Errorf("has standard deviation %.3g, but near %v float64 numbers are %.3g apart: subtract an offset from the column", sd, mean, spacing)
	}
	if math.IsInf(sd, 1) {
		return 0, 0, fmt.Errorf("runs from %v to %v, and its standard deviation is beyond float64: divide the column by a constant", lo, hi)
	}
	return mean, sd, nil
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

// State returns a copy of the map for a checkpoint: the tensors prefix/shift and prefix/scale, rounded
// to float32, and where that loses a bit prefix/exact (2d x 4), the shifts and scales by
// [checkpoint.Exact].
func (m Map) State(prefix string) []checkpoint.Tensor {
	state := make([]checkpoint.Tensor, 2)
	exact := true
	for k, v := range [][]float64{m.Shift, m.Scale} {
		t := checkpoint.Tensor{Name: prefix + [2]string{"/shift", "/scale"}[k], Shape: []int{len(v)}}
		for _, x := range v {
			t.Data = append(t.Data, float32(max(-math.MaxFloat32, min(math.MaxFloat32, x))))
			exact = exact && float64(float32(x)) == x
		}
		state[k] = t
	}
	if !exact {
		state = append(state, checkpoint.Exact(prefix+"/exact", slices.Concat(m.Shift, m.Scale)))
	}
	return state
}

// FromState returns the map that [Map.State] saved. It fails if a tensor is missing, a shift is not finite or
// a scale is not a finite number above 0.
func FromState(prefix string, saved []checkpoint.Tensor) (Map, error) {
	saved = checkpoint.Under(prefix, saved)
	named := func(name string) func(checkpoint.Tensor) bool {
		return func(t checkpoint.Tensor) bool { return t.Name == prefix+name }
	}
	d := 1
	if i := slices.IndexFunc(saved, named("/shift")); i >= 0 {
		d = max(1, len(saved[i].Data))
	}
	m := Identity(d)
	live := m.State(prefix)
	if slices.ContainsFunc(saved, named("/exact")) {
		live = append(live, checkpoint.Exact(prefix+"/exact", make([]float64, 2*d)))
	}
	if err := checkpoint.Copy(live, saved); err != nil {
		return Map{}, err
	}
	if len(live) > 2 {
		v := checkpoint.Float64s(live[2])
		m = Map{v[:d:d], v[d:]}
	} else {
		for i := range d {
			m.Shift[i], m.Scale[i] = float64(live[0].Data[i]), float64(live[1].Data[i])
		}
	}
	for i := range d {
		if shift, scale := m.Shift[i], m.Scale[i]; math.IsInf(shift, 0) || math.IsNaN(shift) || !(scale > 0) || math.IsInf(scale, 1) {
			return Map{}, fmt.Errorf("standardize: column %d of %q has shift %v and scale %v, but the shift must be finite, and the scale finite and above 0", i+1, prefix, shift, scale)
		}
	}
	return m, nil
}
