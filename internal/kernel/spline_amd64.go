//go:build amd64 && !noasm

package kernel

// splineKernels are those of one level, for splines that differ and for one that all elements share.
type splineKernels struct {
	forward  [2]func(n, bins int, x, theta *float32, stride int, share, kept *float32, pitch int, y, slope, consts *float32)
	backward [2]func(n, bins int, share, kept *float32, pitch int, gy, gslope, dx, dtheta *float32, stride int, consts *float32)
}

var splineLevels = [...]splineKernels{
	AVX2: {
		forward:  pair(splineForwardAVX2, splineForwardSharedAVX2),
		backward: pair(splineBackwardAVX2, splineBackwardSharedAVX2),
	},
	AVX512: {
		forward:  pair(splineForwardAVX512, splineForwardSharedAVX512),
		backward: pair(splineBackwardAVX512, splineBackwardSharedAVX512),
	},
}

func pair[F any](differ, shared F) [2]F { return [2]F{differ, shared} }

func splineForwardSIMD(constants []float32, shared bool, bins, n int, x, theta, share, rows, y, slope []float32) {
	const bytes = 4
	run := splineLevels[vectorLevel()].forward
	if shared {
		run[1](n, bins, &x[0], &theta[2*bins], 0, &share[0], &rows[0], bytes*pitch(n), &y[0], &slope[0], &constants[0])
		return
	}
	run[0](n, bins, &x[0], &theta[0], bytes*n, &share[0], &rows[0], bytes*pitch(n), &y[0], &slope[0], &constants[0])
}

func splineBackwardSIMD(constants []float32, shared bool, bins, n int, share, rows, gy, gslope, dx, dtheta []float32) {
	const bytes = 4
	run := splineLevels[vectorLevel()].backward
	if shared {
		run[1](n, bins, &share[0], &rows[0], bytes*pitch(n), &gy[0], &gslope[0], &dx[0], &dtheta[0], bytes*maxLanes, &constants[0])
		return
	}
	run[0](n, bins, &share[0], &rows[0], bytes*pitch(n), &gy[0], &gslope[0], &dx[0], &dtheta[0], bytes*n, &constants[0])
}

// splineMapSIMD calls by name, not through a table: its memory is on the caller's stack, and a call
// through a function value would move it to the heap.
func splineMapSIMD(inverse bool, constants mapConstants, bins, n int, at []float64, theta []float32, stride, next int, memory []float32, image, slope []float64) {
	const bytes = 4
	first, second := &theta[0], &theta[bins*stride]
	if inverse {
		first, second = second, first
	}
	knots := &theta[2*bins*stride]
	stride, next = bytes*stride, bytes*next*gemmLevels[vectorLevel()].lanes
	switch wide := vectorLevel() == AVX512; {
	case wide && inverse:
		splinePreimageAVX512(n, bins, &at[0], first, second, knots, stride, next, &memory[0], &image[0], &slope[0], &constants[0])
	case wide:
		splineImageAVX512(n, bins, &at[0], first, second, knots, stride, next, &memory[0], &image[0], &slope[0], &constants[0])
	case inverse:
		splinePreimageAVX2(n, bins, &at[0], first, second, knots, stride, next, &memory[0], &image[0], &slope[0], &constants[0])
	default:
		splineImageAVX2(n, bins, &at[0], first, second, knots, stride, next, &memory[0], &image[0], &slope[0], &constants[0])
	}
}
