package nn

import "genlab/internal/kernel"

// Precision is the number format of the factors of matrix products. Parameters, activations, gradients,
// optimisers, sums and everything else are float32 in both. A setting of this type is one of its Choices.
//
// Products with fewer than five columns or fewer than eight terms in a sum stay in float32 (they are
// limited by memory, and among them are the outputs of small networks), and so do Fourier features
// and the products inside attention.
type Precision = kernel.Precision

// The precisions.
const (
	Float32  = kernel.Float32
	BFloat16 = kernel.BFloat16
)

// setPrecision replaces the operations that have matrix products. It must be called before the first run.
func (m *Machine) setPrecision(p Precision) {
	if p != BFloat16 {
		return
	}
	for _, i := range m.prog {
		if o, own := i.op.(*op); own && o.bf16 != nil {
			o.f32 = o.bf16
		}
	}
}

// gemmBF16 is gemm with the factors in bfloat16, where that is faster.
func gemmBF16(ta, tb bool, a, b, c matrix[float32]) {
	k := terms(ta, a)
	if c.cols < 5 || k < 8 {
		gemm(ta, tb, a, b, c)
		return
	}
	kernel.GemmBF16(ta, tb, c.rows, c.cols, k, 1, a.data, a.cols, b.data, b.cols, 0, c.data, c.cols)
}
