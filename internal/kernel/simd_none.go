//go:build !amd64 || noasm

package kernel

// No kernels here: simd is never true, and none of these is reached.

const unreachable = "kernel: no SIMD in this build"

func detect() Level { return Portable }

func (*Factor) packPairs([]float32, int)     { panic(unreachable) }
func (*left) multiplyPairs(product, *Factor) { panic(unreachable) }
func (*Factor) packTiles([]float32, int)     { panic(unreachable) }
func (*left) multiplyTiles(product, *Factor) { panic(unreachable) }

func cutsPanels(int) bool                                          { panic(unreachable) }
func (*Panels) pack([]float32, int)                                { panic(unreachable) }
func (*Panels) multiply(int, []float32, int, bool, []float32, int) { panic(unreachable) }

func fmaLoop(rounds int) float64 { return fmaPortable(rounds) }

func roundBF16SIMD(dst, x []float32)                                       { panic(unreachable) }
func gemmSIMD(p product)                                                   { panic(unreachable) }
func biasActSIMD(act Activation, rows, cols int, z, bias, y, dy []float32) { panic(unreachable) }
func mulSIMD(dst, a, b []float32)                                          { panic(unreachable) }
func addSIMD(dst, a, b []float32)                                          { panic(unreachable) }
func axpySIMD(alpha float32, x, y []float32)                               { panic(unreachable) }
func scaleSIMD(alpha float32, x []float32)                                 { panic(unreachable) }
func mulColSumSIMD(rows, cols int, g, dy, gz, sum []float32)               { panic(unreachable) }
func colSumSIMD(rows, cols int, x, sum []float32)                          { panic(unreachable) }
func fillRowsSIMD(rows, cols int, v, dst []float32)                        { panic(unreachable) }
func dotSIMD(x, y []float32, lanes *[dotLanes]float64)                     { panic(unreachable) }
func gaussiansSIMD(x, y, sum []float32, of []Gaussian, cutoff float32)     { panic(unreachable) }
func expSIMD(dst, x []float32)                                             { panic(unreachable) }
func logSIMD(dst, x []float32)                                             { panic(unreachable) }
func sinCosSIMD(rows, cols int, x, y []float32, stride int)                { panic(unreachable) }
func softmaxSIMD(rows, cols int, x, y []float32)                           { panic(unreachable) }
func logSoftmaxSIMD(rows, cols int, x, y []float32)                        { panic(unreachable) }
func layerNormSIMD(rows, cols int, x, gain, bias, y, mean, rstd []float32, eps float32) {
	panic(unreachable)
}

func layerNormBackwardSIMD(rows, cols int, x, gain, mean, rstd, g, dx, dgain, dbias []float32) {
	panic(unreachable)
}
func adamSIMD(c adamCoeff[float32], p, g, m, v, ema []float32) { panic(unreachable) }

func splineForwardSIMD(constants []float32, shared bool, bins, n int, x, theta, share, rows, y, slope []float32) {
	panic(unreachable)
}

func splineBackwardSIMD(constants []float32, shared bool, bins, n int, share, rows, gy, gslope, dx, dtheta []float32) {
	panic(unreachable)
}

func splineMapSIMD(inverse bool, constants mapConstants, bins, n int, at []float64, theta []float32, stride, next int, memory []float32, image, slope []float64) {
	panic(unreachable)
}

// distancesSIMD takes none of the points.
func distancesSIMD(x, y float64, bx, by, col []float64, sums *[distanceLanes]float64) int { return 0 }
