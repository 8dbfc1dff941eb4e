package diffusion

import "math"

// searchedKnots are the log(α/σ) after t = 1 at which the search of experiments/spacing evaluates the exact denoiser
// in so many steps: with [UniPC]{3} for 7 and 10, and with [UniPC]{2} for 14 and 20, where the solver's error is below that of a
// trained network, which does better with these. It minimises the distance of the samples from the ends of their exact
// trajectories, on 25gaussians, 8gaussians and ring8 together, over grids whose density is log-linear between six values.
var searchedKnots = [][]float64{
	{-0.450, 0.555, 1.710, 2.573, 3.289, 5.007},
	{-0.809, -0.057, 0.628, 1.260, 1.874, 2.478, 3.073, 3.802, 5.097},
	{-1.983, -1.039, -0.406, 0.115, 0.558, 0.945, 1.288, 1.659, 2.105, 2.665, 3.413, 4.338, 5.405},
	{-2.305, -0.791, -0.344, 0.019, 0.326, 0.592, 0.826, 1.035, 1.224, 1.399, 1.591, 1.816, 2.091, 2.441, 2.926, 3.689, 4.452, 5.079, 5.610},
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
