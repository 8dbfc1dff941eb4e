package nn

import "genlab/internal/kernel"

// scratch is temporary memory of an operation.
type scratch struct {
	f32 []float32
	f64 []float64
}

// room returns n elements of s, and allocates only if there are fewer.
func room[T kernel.Float](s *scratch, n int) []T {
	var zero T
	if _, single := any(zero).(float32); single {
		if len(s.f32) < n {
			s.f32 = make([]float32, n)
		}
		return any(s.f32[:n]).([]T)
	}
	if len(s.f64) < n {
		s.f64 = make([]float64, n)
	}
	return any(s.f64[:n]).([]T)
}
