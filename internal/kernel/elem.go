package kernel

import (
	"fmt"
	"math"
)

// Mul computes dst = a*b, element by element. dst may be a or b.
func Mul[T Float](dst, a, b []T) {
	checkSame("Mul", "a", len(a), len(dst))
	checkSame("Mul", "b", len(b), len(dst))
	if simd[T]() {
		mulSIMD(f32(dst), f32(a), f32(b))
		return
	}
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

// Add computes dst = a+b, element by element. dst may be a or b.
func Add[T Float](dst, a, b []T) {
	checkSame("Add", "a", len(a), len(dst))
	checkSame("Add", "b", len(b), len(dst))
	if simd[T]() {
		addSIMD(f32(dst), f32(a), f32(b))
		return
	}
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

// Axpy computes y += alpha*x.
func Axpy[T Float](alpha T, x, y []T) {
	checkSame("Axpy", "y", len(y), len(x))
	if simd[T]() {
		axpySIMD(float32(alpha), f32(x), f32(y))
		return
	}
	axpyPortable(alpha, x, y)
}

func axpyPortable[T Float](alpha T, x, y []T) {
	for i, v := range x {
		y[i] += T(alpha * v)
	}
}

// Scale multiplies x by alpha in place.
func Scale[T Float](alpha T, x []T) {
	if simd[T]() {
		scaleSIMD(float32(alpha), f32(x))
		return
	}
	for i := range x {
		x[i] *= alpha
	}
}

// MulColSum computes gz = g*dy for rows x cols contiguous values and the column sums of gz:
// the gradients at an activation's argument and at its bias. gz may be g or dy. The rows are
// added in their order.
func MulColSum[T Float](rows, cols int, g, dy, gz, sum []T) {
	checkDims("MulColSum", rows, cols)
	n := rows * cols
	checkLen("MulColSum", "g", len(g), n)
	checkLen("MulColSum", "dy", len(dy), n)
	checkLen("MulColSum", "gz", len(gz), n)
	checkLen("MulColSum", "sum", len(sum), cols)
	clear(sum[:cols])
	if n == 0 {
		return
	}
	if simd[T]() {
		mulColSumSIMD(rows, cols, f32(g), f32(dy), f32(gz), f32(sum))
		return
	}
	for r := 0; r < n; r += cols {
		for j := range cols {
			v := g[r+j] * dy[r+j]
			gz[r+j] = v
			sum[j] += T(v)
		}
	}
}

// ColSum overwrites sum with the column sums of x, rows x cols contiguous values. The rows
// are added in their order.
func ColSum[T Float](rows, cols int, x, sum []T) {
	checkDims("ColSum", rows, cols)
	n := rows * cols
	checkLen("ColSum", "x", len(x), n)
	checkLen("ColSum", "sum", len(sum), cols)
	clear(sum[:cols])
	if n == 0 {
		return
	}
	if simd[T]() {
		colSumSIMD(rows, cols, f32(x), f32(sum))
		return
	}
	for r := 0; r < n; r += cols {
		for j := range cols {
			sum[j] += x[r+j]
		}
	}
}

// FillRows sets all cols values of row i of dst to v[i].
func FillRows[T Float](rows, cols int, v, dst []T) {
	checkDims("FillRows", rows, cols)
	checkLen("FillRows", "v", len(v), rows)
	checkLen("FillRows", "dst", len(dst), rows*cols)
	if rows*cols == 0 {
		return
	}
	if simd[T]() {
		fillRowsSIMD(rows, cols, f32(v), f32(dst))
		return
	}
	for i := range rows {
		row := dst[i*cols : (i+1)*cols]
		for j := range row {
			row[j] = v[i]
		}
	}
}

// SumSquares returns the sum of the squares of x. The order of summation depends on len(x)
// alone; for float32 the result is the same, bit for bit, on every CPU.
func SumSquares[T Float](x []T) float64 { return Dot(x, x) }

// dotLanes is the number of partial sums of Dot: element i goes to sum i mod dotLanes.
const dotLanes = 32

// Dot returns the inner product of x and y, summed in double precision. The order of
// summation depends on len(x) alone; for float32 the products are exact in double precision
// and the result is the same, bit for bit, on every CPU.
func Dot[T Float](x, y []T) float64 {
	checkSame("Dot", "y", len(y), len(x))
	var lanes [dotLanes]float64
	if simd[T]() {
		dotSIMD(f32(x), f32(y), &lanes)
	} else {
		for i, v := range x {
			lanes[i%dotLanes] += float64(float64(v) * float64(y[i]))
		}
	}
	for half := dotLanes / 2; half > 0; half /= 2 {
		for i := range half {
			lanes[i] += lanes[half+i]
		}
	}
	return lanes[0]
}

// Exp computes dst = exp(x). dst may be x. Below -87.33 float32 gives 0 where the exact
// value is denormal.
func Exp[T Float](dst, x []T) {
	checkSame("Exp", "x", len(x), len(dst))
	if simd[T]() {
		expSIMD(f32(dst), f32(x))
		return
	}
	for i, v := range x {
		dst[i] = T(math.Exp(float64(v)))
	}
}

// Log computes dst = log(x), natural: -Inf at 0 and NaN below. dst may be x.
func Log[T Float](dst, x []T) {
	checkSame("Log", "x", len(x), len(dst))
	if simd[T]() {
		logSIMD(f32(dst), f32(x))
		return
	}
	for i, v := range x {
		dst[i] = T(math.Log(float64(v)))
	}
}

// SinCos computes the sines of each row of x, rows x cols, and after them its cosines, in rows of y that begin stride
// values apart. In float32 both are within 2e-7 of the exact values for |x| <= 1e4, and lose precision beyond.
func SinCos[T Float](rows, cols int, x, y []T, stride int) {
	checkDims("SinCos", rows, cols)
	checkLen("SinCos", "x", len(x), rows*cols)
	if rows == 0 || cols == 0 {
		return
	}
	if stride < 2*cols {
		panic(fmt.Sprintf("kernel: SinCos: stride is %d, a row has %d values", stride, 2*cols))
	}
	checkLen("SinCos", "y", len(y), (rows-1)*stride+2*cols)
	if simd[T]() {
		sinCosSIMD(rows, cols, f32(x), f32(y), stride)
		return
	}
	for i := range rows {
		y := y[i*stride:]
		for j, v := range x[i*cols : (i+1)*cols] {
			s, c := math.Sincos(float64(v))
			y[j], y[cols+j] = T(s), T(c)
		}
	}
}
