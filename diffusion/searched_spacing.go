package diffusion

import "math"

// searchedKnots are the log(α/σ) after t = 1 at which the search of experiments/spacing evaluates the exact denoiser
// in so many steps: with [UniPC]{3} for 7 and 10, and with [UniPC]{2} for 14 and 20, where the solver's error is below that of a
// trained network, which does better with these. It minimises the distance of the samples from the ends of their exact
// trajectories, on 25gaussians, 8gaussians and ring8 together, over grids whose density is log-linear between six values.
var searchedKnots = [][]float64{
	{-0.450, 0.555, 1.710, 2.573, 3.289, 5.007},
	{-0.809, -0.057, 0.628, 1.260, 1.874, 2.478, 3.073, 3.802, 5.097},
	{-3.539, -2.231, -1.253, -0.487, 0.135, 0.657, 1.107, 1.531, 2.028, 2.634, 3.414, 4.350, 5.412},
	{-2.399, -0.954, -0.451, -0.057, 0.272, 0.553, 0.799, 1.018, 1.214, 1.395, 1.592, 1.824, 2.107, 2.469, 2.974, 3.759, 4.501, 5.105, 5.613},
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
