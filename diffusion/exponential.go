package diffusion

import "math"

// maxNodes is the largest number of denoised points that a multistep method combines.
const maxNodes = 4

// exponentialWeights returns the weights c_j for which
//
//	∫ e^(λ-λ_s) P(λ) dλ = Σ c_j·P(λ_j),   from λ_t to λ_s = λ_t + h,
//
// for every polynomial P of a degree below the number of nodes, given as offsets λ_j - λ_t. They integrate the
// data term of dx/dλ = … + α·D exactly where D is the polynomial through the denoised points of these nodes
// [lu2022pp] (eq. 14). Weights beyond the nodes are 0. There are at most maxNodes nodes, all different.
func exponentialWeights(h float64, nodes []float64) (c [maxNodes]float64) {
	moments := exponentialMoments(h)
	for j, at := range nodes {
		basis := [maxNodes]float64{1} // Lagrange's polynomial of node j, by powers
		degree := 0
		for i, other := range nodes {
			if i == j {
				continue
			}
			degree++
			for k := degree; k >= 0; k-- {
				var below float64
				if k > 0 {
					below = basis[k-1]
				}
				basis[k] = (below - other*basis[k]) / (at - other)
			}
		}
		for k, b := range basis[:degree+1] {
			c[j] += b * moments[k]
		}
	}
	return c
}

// exponentialMoments returns ∫ e^(τ-h)·τ^k dτ from 0 to h for k below maxNodes.
func exponentialMoments(h float64) (m [maxNodes]float64) {
	const last = maxNodes - 1
	if h > 1 {
		m[0] = -math.Expm1(-h)
		for k := 1; k <= last; k++ {
			m[k] = math.Pow(h, float64(k)) - float64(k)*m[k-1] // by parts
		}
		return m
	}
	// Upwards the recursion cancels for a small h: the last moment is a series, those below follow from it.
	term := math.Pow(h, maxNodes) / maxNodes
	for i := 1; i < 30; i++ {
		m[last] += term
		term *= -h / float64(maxNodes+i)
	}
	for k := last; k > 0; k-- {
		m[k-1] = (math.Pow(h, float64(k)) - m[k]) / float64(k)
	}
	return m
}
