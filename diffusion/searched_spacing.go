package diffusion

import "math"

// searchedKnots are the log(α/σ) after t = 1 at which the search of experiments/spacing evaluates the exact denoiser
// in so many steps with [UniPC]{3}. It minimises the distance of the samples from the ends of their exact trajectories, on
// 25gaussians, 8gaussians and ring8 together, over grids whose density is log-linear between six values.
var searchedKnots = [][]float64{
	{-0.450, 0.555, 1.710, 2.573, 3.289, 5.007},
	{-0.809, -0.057, 0.628, 1.260, 1.874, 2.478, 3.073, 3.802, 5.097},
	{-3.647, -0.614, -0.103, 0.342, 0.738, 1.094, 1.429, 1.814, 2.281, 2.873, 3.661, 4.532, 5.444},
	{-2.711, -0.752, -0.210, 0.193, 0.515, 0.782, 1.011, 1.211, 1.400, 1.608, 1.839, 2.101, 2.402, 2.757, 3.187, 3.707, 4.260, 4.843, 5.460},
}

// searchedLogSNR returns the log(α/σ) at a part in [0, 1] of a grid of so many steps that begins at first:
// between two grids that were searched it interpolates in the logarithm of the steps, and beyond them it takes the last.
func searchedLogSNR(first float64, steps int, part float64) float64 {
	at := func(knots []float64) float64 {
		position := part * float64(len(knots)) // knot 0 is first
		k := min(int(position), len(knots)-1)
		below := first
		if k > 0 {
			below = knots[k-1]
		}
		return lerp(below, knots[k], position-float64(k))
	}
	count := func(k int) float64 { return math.Log(float64(len(searchedKnots[k]) + 1)) }
	for k := range searchedKnots {
		if logSteps := math.Log(float64(steps)); logSteps <= count(k) {
			if k == 0 {
				return at(searchedKnots[0])
			}
			return lerp(at(searchedKnots[k-1]), at(searchedKnots[k]), (logSteps-count(k-1))/(count(k)-count(k-1)))
		}
	}
	return at(searchedKnots[len(searchedKnots)-1])
}
