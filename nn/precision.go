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

// product is a matrix product op(a)·op(b) of an operation that can be in bfloat16.
type product struct{ transA, transB bool }

// thin reports whether a product of n columns and sums of k terms stays in float32.
func thin(n, k int) bool { return n < 5 || k < 8 }

// bf16 computes the product in bfloat16, with the right factor packed before if packed is not nil.
func (p product) bf16(a, b, c matrix[float32], packed *kernel.Factor) {
	k := terms(p.transA, a)
	switch {
	case thin(c.cols, k):
		gemm(p.transA, p.transB, a, b, c)
	case packed != nil:
		packed.Multiply(p.transA, c.rows, 1, a.data, a.cols, 0, c.data, c.cols)
	default:
		kernel.GemmBF16(p.transA, p.transB, c.rows, c.cols, k, 1, a.data, a.cols, b.data, b.cols, 0, c.data, c.cols)
	}
}

// more adds the product to c.
func (p product) more(precision Precision, a, b, c matrix[float32]) {
	k := terms(p.transA, a)
	if precision == BFloat16 && !thin(c.cols, k) {
		kernel.GemmBF16(p.transA, p.transB, c.rows, c.cols, k, 1, a.data, a.cols, b.data, b.cols, 1, c.data, c.cols)
	} else {
		kernel.Gemm(p.transA, p.transB, c.rows, c.cols, k, 1, a.data, a.cols, b.data, b.cols, 1, c.data, c.cols)
	}
}

// weights are parameters, or some rows of them, as a matrix.
type weights struct {
	values     []float32
	rows, cols int
}

// factors are weights that are right factors of products in bfloat16, packed once for many products and for all
// shards of a step.
type factors struct {
	list  []*factor
	found map[factorKey]*factor
	pack  func(i, worker int) // stored because creating a method value allocates
}

type factorKey struct {
	at         *float32
	rows       int
	transposed bool
}

type factor struct {
	weights
	transposed bool
	k, n       int // op(weights)
	packed     kernel.Factor
}

// of returns the packed factor of weights, nil if its products are thin.
func (fs *factors) of(w weights, transposed bool) *kernel.Factor {
	f := &factor{weights: w, transposed: transposed, k: w.rows, n: w.cols}
	if transposed {
		f.k, f.n = f.n, f.k
	}
	if thin(f.n, f.k) {
		return nil
	}
	if fs.found == nil {
		fs.found, fs.pack = map[factorKey]*factor{}, fs.packOne
	}
	key := factorKey{&w.values[0], w.rows, transposed}
	if have := fs.found[key]; have != nil {
		return &have.packed
	}
	fs.found[key], fs.list = f, append(fs.list, f)
	return &f.packed
}

// packAll packs the current values.
func (fs *factors) packAll() {
	if len(fs.list) > 0 {
		parallel(len(fs.list), fs.pack)
	}
}

func (fs *factors) packOne(i, _ int) {
	f := fs.list[i]
	f.packed.Pack(f.transposed, f.k, f.n, f.values, f.cols)
}

// setPrecision replaces the operations that have matrix products, before the first run. Those with weights as the
// right factor take it from shared.
func (m *Machine) setPrecision(p Precision, shared *factors) {
	if p != BFloat16 {
		return
	}
	for _, i := range m.prog {
		o, own := i.op.(*op)
		if !own || o.bf16 == nil {
			continue
		}
		var packed *kernel.Factor
		if w, ok := m.graph.weights[m.nodes[i.in[1]]]; ok {
			packed = shared.of(w, o.product.transB)
		}
		run := o.bf16
		o.f32 = func(out matrix[float32], in []matrix[float32]) { run(out, in, packed) }
		if o.more != nil {
			o.more = func(out matrix[float32], in []matrix[float32]) { o.product.more(p, in[0], in[1], out) }
		}
	}
}
