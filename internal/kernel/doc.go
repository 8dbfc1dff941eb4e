// Package kernel holds the numerical inner loops of genlab: matrix multiplication,
// activations with their derivatives, row-wise softmax and layer norm, and the Adam update.
// It knows no model and no graph.
//
// Every function is generic over float32 and float64. float64 always takes the portable Go
// path and serves gradient checks; float32 takes AVX2 or AVX-512 where the CPU has it.
// Matrices are row-major slices, a leading dimension is a row's stride in elements.
package kernel
