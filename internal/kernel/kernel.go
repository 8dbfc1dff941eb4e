package kernel

import "fmt"

// Float is the element type of every kernel.
type Float interface{ float32 | float64 }

// simd reports whether T is float32 and the CPU has kernels for it.
func simd[T Float]() bool {
	_, single := any(T(0)).(float32)
	return single && CPULevel() != Portable
}

// f32 returns x as a []float32, which it is if simd is true.
func f32[T Float](x []T) []float32 {
	s, _ := any(x).([]float32)
	return s
}

// checkLen panics unless the argument called arg has the n elements that fn needs.
func checkLen(fn, arg string, have, n int) {
	if have < n {
		panic(fmt.Sprintf("kernel: %s: %s has %d elements, %d are needed", fn, arg, have, n))
	}
}

// checkSame panics unless the argument called arg is as long as the first.
func checkSame(fn, arg string, have, n int) {
	if have != n {
		panic(fmt.Sprintf("kernel: %s: %s has %d elements, the first argument has %d", fn, arg, have, n))
	}
}

// checkDims panics if a size is negative.
func checkDims(fn string, rows, cols int) {
	if rows < 0 || cols < 0 {
		panic(fmt.Sprintf("kernel: %s: negative size %d x %d", fn, rows, cols))
	}
}
