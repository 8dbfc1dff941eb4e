package checkpoint

import "math"

// Exact returns a tensor of len(v) x 4 that keeps finite float64 to the last bit. A row holds three
// parts that add up to the mantissa, in [0.5, 1) in magnitude, and the binary exponent:
// v = (p₁ + p₂ + p₃)·2^p₄. [Float64s] reads it.
func Exact(name string, v []float64) Tensor {
	t := Tensor{Name: name, Shape: []int{len(v), 4}}
	for _, x := range v {
		mantissa, exponent := math.Frexp(x)
		for range 3 {
			part := float32(mantissa)
			t.Data = append(t.Data, part)
			mantissa -= float64(part)
		}
		t.Data = append(t.Data, float32(exponent))
	}
	return t
}

// Float64s returns the values of a tensor that [Exact] made.
func Float64s(t Tensor) []float64 {
	v := make([]float64, len(t.Data)/4)
	for i := range v {
		p := t.Data[4*i : 4*i+4]
		v[i] = math.Ldexp(float64(p[0])+float64(p[1])+float64(p[2]), int(p[3]))
	}
	return v
}
