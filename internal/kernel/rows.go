package kernel

import "math"

// Softmax computes y = exp(x) / sum(exp(x)) along each of the rows of cols contiguous values.
// y may be x. An entry of -Inf gives 0; a row of nothing else, or with +Inf or NaN, gives NaN.
func Softmax[T Float](rows, cols int, x, y []T) {
	checkRows("Softmax", rows, cols, len(x), len(y))
	if rows*cols == 0 {
		return
	}
	if simd[T]() {
		softmaxSIMD(rows, cols, f32(x), f32(y))
		return
	}
	for r := 0; r < rows*cols; r += cols {
		in, out := x[r:r+cols], y[r:r+cols]
		top, sum := rowMax(in), 0.0
		for j, v := range in {
			e := math.Exp(float64(v - top))
			out[j] = T(e)
			sum += e
		}
		scale := T(1 / sum)
		for j := range out {
			out[j] *= scale
		}
	}
}

// LogSoftmax computes y = x - log(sum(exp(x))) along each of the rows of cols contiguous
// values. y may be x. An entry of -Inf gives -Inf; a row of nothing else, or with +Inf or NaN,
// gives NaN.
func LogSoftmax[T Float](rows, cols int, x, y []T) {
	checkRows("LogSoftmax", rows, cols, len(x), len(y))
	if rows*cols == 0 {
		return
	}
	if simd[T]() {
		logSoftmaxSIMD(rows, cols, f32(x), f32(y))
		return
	}
	for r := 0; r < rows*cols; r += cols {
		in, out := x[r:r+cols], y[r:r+cols]
		top, sum := rowMax(in), 0.0
		for _, v := range in {
			sum += math.Exp(float64(v - top))
		}
		shift := T(math.Log(sum))
		for j, v := range in {
			out[j] = v - top - shift
		}
	}
}

func rowMax[T Float](x []T) T {
	top := x[0]
	for _, v := range x[1:] {
		top = max(top, v)
	}
	return top
}

func checkRows(fn string, rows, cols, x, y int) {
	checkDims(fn, rows, cols)
	checkLen(fn, "x", x, rows*cols)
	checkLen(fn, "y", y, rows*cols)
}

// LayerNorm computes y = gain*(x - mean)*rstd + bias for each of the rows of cols contiguous
// values, where rstd = 1/sqrt(variance + eps) and the variance is the biased one. gain and
// bias have cols values; mean and rstd receive one value a row. y may be x.
func LayerNorm[T Float](rows, cols int, x, gain, bias, y, mean, rstd []T, eps T) {
	checkRows("LayerNorm", rows, cols, len(x), len(y))
	checkLen("LayerNorm", "gain", len(gain), cols)
	checkLen("LayerNorm", "bias", len(bias), cols)
	checkLen("LayerNorm", "mean", len(mean), rows)
	checkLen("LayerNorm", "rstd", len(rstd), rows)
	if rows*cols == 0 {
		return
	}
	if simd[T]() {
		layerNormSIMD(rows, cols, f32(x), f32(gain), f32(bias), f32(y), f32(mean), f32(rstd), float32(eps))
		return
	}
	for r := range rows {
		in, out := x[r*cols:(r+1)*cols], y[r*cols:(r+1)*cols]
		var sum float64
		for _, v := range in {
			sum += float64(v)
		}
		mu := sum / float64(cols)
		var square float64
		for _, v := range in {
			d := float64(v) - mu
			square += float64(d * d)
		}
		s := 1 / math.Sqrt(square/float64(cols)+float64(eps))
		mean[r], rstd[r] = T(mu), T(s)
		for j, v := range in {
			out[j] = T(T(v-mean[r])*rstd[r]*gain[j]) + bias[j]
		}
	}
}

// LayerNormBackward computes the gradients of LayerNorm at x, gain and bias from that at y,
// g, and what LayerNorm stored in mean and rstd. dx may be g; dgain and dbias are overwritten
// with sums over the rows in their order.
func LayerNormBackward[T Float](rows, cols int, x, gain, mean, rstd, g, dx, dgain, dbias []T) {
	checkRows("LayerNormBackward", rows, cols, len(x), len(dx))
	checkLen("LayerNormBackward", "g", len(g), rows*cols)
	checkLen("LayerNormBackward", "gain", len(gain), cols)
	checkLen("LayerNormBackward", "mean", len(mean), rows)
	checkLen("LayerNormBackward", "rstd", len(rstd), rows)
	checkLen("LayerNormBackward", "dgain", len(dgain), cols)
	checkLen("LayerNormBackward", "dbias", len(dbias), cols)
	clear(dgain[:cols])
	clear(dbias[:cols])
	if rows*cols == 0 {
		return
	}
	if simd[T]() {
		layerNormBackwardSIMD(rows, cols, f32(x), f32(gain), f32(mean), f32(rstd), f32(g), f32(dx), f32(dgain), f32(dbias))
		return
	}
	for r := range rows {
		in, gy, out := x[r*cols:(r+1)*cols], g[r*cols:(r+1)*cols], dx[r*cols:(r+1)*cols]
		mu, s := mean[r], rstd[r]
		var sum, dot float64 // of the gradient at the normalized row, alone and with that row
		for j, v := range in {
			h := T(v-mu) * s
			dgain[j] += T(gy[j] * h)
			dbias[j] += gy[j]
			gh := float64(gy[j] * gain[j])
			sum += gh
			dot += float64(gh * float64(h))
		}
		m, p := T(sum/float64(cols)), T(dot/float64(cols))
		for j, v := range in {
			h := T(v-mu) * s
			out[j] = s * (T(gy[j]*gain[j]) - m - T(h*p))
		}
	}
}
