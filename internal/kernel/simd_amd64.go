//go:build amd64 && !noasm

package kernel

import "sync"

// elemKernels are those of one level, apart from Gemm's. They take pointers to at least one
// element; the exported functions have checked the lengths. Tails of any length are theirs.
type elemKernels struct {
	biasAct             [activations]func(rows, cols int, z, bias, y, dy *float32)
	mul, add            func(n int, dst, a, b *float32)
	axpy                func(n int, alpha float32, x, y *float32)
	scale               func(n int, alpha float32, x *float32)
	mulColSum           func(rows, cols int, up, dy, gz, sum *float32)
	colSum              func(rows, cols int, x, sum *float32)
	fillRows            func(rows, cols int, v, dst *float32)
	exp, log            func(n int, dst, x *float32)
	roundBF16           func(n int, dst, x *float32)
	sinCos              func(rows, cols int, x, y *float32, stride int)
	softmax, logSoftmax func(rows, cols int, x, y *float32)
	layerNorm           func(rows, cols int, x, gain, bias, y, mean, rstd *float32, eps float32)
	layerNormBackward   func(rows, cols int, x, gain, mean, rstd, up, dx, dgain, dbias *float32)
	gaussians           func(n int, x, y, sum *float32, nodes int, node *float32, cutoff float32)
	adam                func(n int, p, grad, m, v, ema *float32, scale, beta1, new1, beta2, new2, keep, step, eps, decay, freshness float32)
}

var elemLevels = [...]elemKernels{
	AVX2: {
		biasAct: [activations]func(rows, cols int, z, bias, y, dy *float32){
			Identity: biasIdentityAVX2, SiLU: biasSiLUAVX2, ReLU: biasReLUAVX2, LeakyReLU: biasLeakyReLUAVX2,
			Tanh: biasTanhAVX2, GELU: biasGELUAVX2, Softplus: biasSoftplusAVX2, Sigmoid: biasSigmoidAVX2,
		},
		mul: mulAVX2, add: addAVX2, axpy: axpyAVX2, scale: scaleAVX2,
		mulColSum: mulColSumAVX2, colSum: colSumAVX2, fillRows: fillRowsAVX2,
		exp: expAVX2, log: logAVX2, sinCos: sinCosAVX2, roundBF16: roundBF16AVX2,
		softmax: softmaxAVX2, logSoftmax: logSoftmaxAVX2,
		layerNorm: layerNormAVX2, layerNormBackward: layerNormBackwardAVX2,
		gaussians: gaussiansAVX2, adam: adamAVX2,
	},
	AVX512: {
		biasAct: [activations]func(rows, cols int, z, bias, y, dy *float32){
			Identity: biasIdentityAVX512, SiLU: biasSiLUAVX512, ReLU: biasReLUAVX512, LeakyReLU: biasLeakyReLUAVX512,
			Tanh: biasTanhAVX512, GELU: biasGELUAVX512, Softplus: biasSoftplusAVX512, Sigmoid: biasSigmoidAVX512,
		},
		mul: mulAVX512, add: addAVX512, axpy: axpyAVX512, scale: scaleAVX512,
		mulColSum: mulColSumAVX512, colSum: colSumAVX512, fillRows: fillRowsAVX512,
		exp: expAVX512, log: logAVX512, sinCos: sinCosAVX512, roundBF16: roundBF16AVX512,
		softmax: softmaxAVX512, logSoftmax: logSoftmaxAVX512,
		layerNorm: layerNormAVX512, layerNormBackward: layerNormBackwardAVX512,
		gaussians: gaussiansAVX512, adam: adamAVX512,
	},
}

// elem returns the kernels in use; those of AVX512BF16 are AVX512's.
func elem() *elemKernels { return &elemLevels[vectorLevel()] }

// first returns the address of x's first element, nil if there is none.
func first(x []float32) *float32 {
	if len(x) == 0 {
		return nil
	}
	return &x[0]
}

// noBias stands for an absent bias: the values are then taken in rows of its length.
var noBias [256]float32

// repeated is memory for a bias of few columns, repeated: a row of two values would leave most of a vector empty.
type repeated [64]float32

var repeatedBiases = sync.Pool{New: func() any { return new(repeated) }}

func biasActSIMD(act Activation, rows, cols int, z, bias, y, dy []float32) {
	row := noBias[:]
	switch {
	case bias == nil:
	case rows > 1 && cols <= 8 && len(repeated{})%cols == 0:
		again := repeatedBiases.Get().(*repeated)
		defer repeatedBiases.Put(again)
		row = again[:]
		for i := range row {
			row[i] = bias[i%cols]
		}
	default:
		row = bias[:cols]
	}
	run, n := elem().biasAct[act], rows*cols
	whole := n / len(row)
	if whole > 0 {
		run(whole, len(row), &z[0], &row[0], &y[0], first(dy))
	}
	if i := whole * len(row); i < n {
		if dy != nil {
			dy = dy[i:]
		}
		run(1, n-i, &z[i], &row[0], &y[i], first(dy))
	}
}

func mulSIMD(dst, a, b []float32) {
	if len(dst) > 0 {
		elem().mul(len(dst), &dst[0], &a[0], &b[0])
	}
}

func addSIMD(dst, a, b []float32) {
	if len(dst) > 0 {
		elem().add(len(dst), &dst[0], &a[0], &b[0])
	}
}

func axpySIMD(alpha float32, x, y []float32) {
	if len(x) > 0 {
		elem().axpy(len(x), alpha, &x[0], &y[0])
	}
}

func scaleSIMD(alpha float32, x []float32) {
	if len(x) > 0 {
		elem().scale(len(x), alpha, &x[0])
	}
}

func mulColSumSIMD(rows, cols int, g, dy, gz, sum []float32) {
	elem().mulColSum(rows, cols, &g[0], &dy[0], &gz[0], &sum[0])
}

func colSumSIMD(rows, cols int, x, sum []float32) {
	elem().colSum(rows, cols, &x[0], &sum[0])
}

func fillRowsSIMD(rows, cols int, v, dst []float32) {
	elem().fillRows(rows, cols, &v[0], &dst[0])
}

// dotSIMD calls by name, not through a table: lanes is on the caller's stack, and a call
// through a function value would move it to the heap.
func dotSIMD(x, y []float32, lanes *[dotLanes]float64) {
	n := len(x) &^ (dotLanes - 1)
	switch {
	case n == 0:
	case vectorLevel() == AVX512:
		dotAVX512(n, &x[0], &y[0], &lanes[0])
	default:
		dotAVX2(n, &x[0], &y[0], &lanes[0])
	}
	for i := n; i < len(x); i++ {
		lanes[i-n] += float64(x[i]) * float64(y[i])
	}
}

// distancesSIMD takes the points up to a multiple of distanceLanes, and returns their number. It calls by name, as
// dotSIMD does.
func distancesSIMD(x, y float64, bx, by, col []float64, sums *[distanceLanes]float64) int {
	n := len(bx) &^ (distanceLanes - 1)
	switch level := vectorLevel(); {
	case n == 0 || level == Portable:
		return 0
	case level == AVX512:
		distancesAVX512(n, x, y, &bx[0], &by[0], &col[0], &sums[0])
	default:
		distancesAVX2(n, x, y, &bx[0], &by[0], &col[0], &sums[0])
	}
	return n
}

func gaussiansSIMD(x, y, sum []float32, of []Gaussian, cutoff float32) {
	elem().gaussians(len(x), &x[0], &y[0], &sum[0], len(of), &of[0].X, cutoff)
}

func expSIMD(dst, x []float32) {
	if len(x) > 0 {
		elem().exp(len(x), &dst[0], &x[0])
	}
}

func logSIMD(dst, x []float32) {
	if len(x) > 0 {
		elem().log(len(x), &dst[0], &x[0])
	}
}

func roundBF16SIMD(dst, x []float32) {
	if len(x) > 0 {
		elem().roundBF16(len(x), &dst[0], &x[0])
	}
}

func sinCosSIMD(rows, cols int, x, y []float32, stride int) {
	const bytes = 4
	elem().sinCos(rows, cols, &x[0], &y[0], bytes*stride)
}

func softmaxSIMD(rows, cols int, x, y []float32) {
	elem().softmax(rows, cols, &x[0], &y[0])
}

func logSoftmaxSIMD(rows, cols int, x, y []float32) {
	elem().logSoftmax(rows, cols, &x[0], &y[0])
}

func layerNormSIMD(rows, cols int, x, gain, bias, y, mean, rstd []float32, eps float32) {
	elem().layerNorm(rows, cols, &x[0], &gain[0], &bias[0], &y[0], &mean[0], &rstd[0], eps)
}

func layerNormBackwardSIMD(rows, cols int, x, gain, mean, rstd, g, dx, dgain, dbias []float32) {
	elem().layerNormBackward(rows, cols, &x[0], &gain[0], &mean[0], &rstd[0], &g[0], &dx[0], &dgain[0], &dbias[0])
}

func adamSIMD(c adamCoeff[float32], p, g, m, v, ema []float32) {
	if len(p) > 0 {
		elem().adam(len(p), &p[0], &g[0], &m[0], &v[0], first(ema),
			c.scale, c.beta1, c.new1, c.beta2, c.new2, c.keep, c.step, c.eps, c.decay, c.freshness)
	}
}
