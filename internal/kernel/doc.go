// Package kernel holds the numerical inner loops of genlab: matrix multiplication,
// activations with their derivatives, row-wise softmax and layer norm, and the Adam update.
// It knows nothing of models or graphs.
//
// Every function is generic over float32 and float64. float64 always takes the portable Go
// path and serves gradient checks; float32 takes AVX2 or AVX-512 where the CPU has it, see
// CPULevel. Matrices are row-major slices; a leading dimension is a row's stride in elements.
// No function allocates, starts a goroutine or keeps a slice, and all may run concurrently on
// different data. Misuse panics with the function, the argument and both numbers.
//
// # Matrix multiplication
//
// A product is cut into tiles of C that stay in registers while k runs: 8 x 32 for AVX-512,
// 6 x 16 for AVX2. A step along k loads one row of B's panel, two vectors, and multiplies it
// with each row's element of A, broadcast from wherever it lies, so that A is never copied,
// transposed or not. The tiles are that large because a core starts two multiply-adds a cycle
// and needs about eight in flight; larger ones save loads that are not the limit, and eight
// rows divide the usual batches without remainder. Rows of B are used in place. Only a transposed
// B is packed, one panel at a time, by transposing blocks in registers: a small share of the
// work as soon as C has a few dozen rows. k is cut at 256, where a panel outgrows the first
// level of the cache. A tile prefetches its part of C, and the last tile of a panel the next panel: weights and
// gradients of a step come from the last level of the cache, or from memory.
//
// With up to four columns a tile would be mostly empty. Then each element of C is an inner
// product along contiguous rows of A; where A is transposed, the product is computed
// transposed, so that the vectors lie along C's rows.
//
// [Panels] is a right factor copied once in the order in which tiles read it, for the products of a few rows in
// decoding, each of which reads all weights from the last level of the cache.
//
// A tile does the same multiply-adds in the same order for each of its rows, so a row of C
// has the same bits whatever its position in the batch and however the batch is cut. The algorithm
// is chosen by n, k and the flags, never by m.
//
// [GemmBF16] rounds both factors to bfloat16. Two consecutive values along k make a pair of 32 bits, and a
// tile of pairs is a tile of float32 with half the steps: VDPBF16PS takes the place of the multiply-add, at the
// same rate, and does twice the work. Packing A and B as pairs costs a twentieth of a product of 128
// rows. Go's assembler does not know the two instructions that AVX512-BF16 adds here, so the generator emits
// their bytes. On a Zen 4 core VDPBF16PS is two fused multiply-adds, the second values of the pairs first, each
// rounded to even, with denormals taken as and flushed to zero.
//
// AMX is the other unit for bfloat16, in Intel's cores from Sapphire Rapids on, whose VDPBF16PS is slower than float32: a
// tile of 16 x 16 sums takes 32 steps along k in 16 cycles. TDPBF16PS adds the products of the pairs' first values and
// those of their second values apart, each product with one rounding, and then both sums to the tile; denormals are
// zero here too. A function configures the tile registers, and releases them before it returns, because a goroutine
// may go on in another thread; within it no goroutine is preempted, and signals keep the registers. Such products
// wait for memory: with 128 columns a core reaches a quarter of the peak rate, which is still five times
// that of float32.
//
// # Element-wise kernels
//
// exp, log, sin and cos are Cephes' single-precision polynomials, evaluated with fused
// multiply-adds. Activations return their derivative beside the value, because they share the
// exponential: the backward pass is then one multiplication, MulColSum. They clamp their
// argument where the exponential would leave the range of normal numbers, in an operand order that lets
// NaN through: denormals are slow, and training that diverges must be seen.
//
// # Splines
//
// A lane of the spline kernels is an element. Parameters are stored with a row for each, so that maximum,
// exponentials and sums over the bins are vertical, whatever their number, and no lane is empty; the
// search masks the lanes that have found their bin instead of branching. Training takes one pass
// forward and one backward, in float32. [SplineMap] evaluates in float64 apart from the exponentials.
//
// # Attention
//
// A row of attention weights has a Span of columns that count. Attend leaves out the products of
// blocks that no span reaches, half of them under a causal mask; SoftmaxSpans masks the rest.
// AttendOne, for decoding, reads each head's keys and values in the order of memory; for heads two vectors wide it is a
// single pass over them, which prefetches the values of a head along with its keys.
//
// # What is not guaranteed
//
// The levels do not agree bit for bit with each other, except for Dot and SumSquares in
// float32. Each level gives the same bits at every call, on every CPU that has it; the
// portable level may differ between architectures in the last bit of exp, log, sin and cos,
// which come from package math. Floating-point exceptions are not reported.
//
// # Building
//
// The assembly is generated, and committed. Other architectures, and builds with -tags noasm,
// have the portable Go alone. GENLAB_CPU=portable, avx2, avx512, avx512bf16 or amx chooses a level.
package kernel

//go:generate go run -C ../../tools ./kernelgen -lanes 8 -out ../internal/kernel/avx2_amd64.s -stubs ../internal/kernel/avx2_amd64.go -pkg kernel
//go:generate go run -C ../../tools ./kernelgen -lanes 16 -out ../internal/kernel/avx512_amd64.s -stubs ../internal/kernel/avx512_amd64.go -pkg kernel
//go:generate go run -C ../../tools ./kernelgen -bf16 -out ../internal/kernel/bf16_avx512_amd64.s -stubs ../internal/kernel/bf16_avx512_amd64.go -pkg kernel
//go:generate go run -C ../../tools ./kernelgen -amx -out ../internal/kernel/bf16_amx_amd64.s -stubs ../internal/kernel/bf16_amx_amd64.go -pkg kernel
