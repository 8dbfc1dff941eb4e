package diffusion

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// Guided is classifier-free guidance [ho2022cfg], an extrapolation from the unconditional denoiser
// through the conditional one,
//
//	D_w(x, t) = D(x, t | ∅) + w·(D(x, t | c) - D(x, t | ∅)).
//
// A scale w of 1 is bit for bit With, a scale of 0 Without; either takes one network evaluation, any
// other scale two. Scales above 1 are said to sample p(x)^(1-w)·p(x|c)^w. They do not: samples are narrower and lie elsewhere,
// also where that distribution is p(x|c) itself; package guide has a corrector with which they do.
type Guided struct {
	With, Without Denoiser // D(x, t | c) and D(x, t | ∅)
	Scale         float64  // w; some papers write 1 + w

	free mat.Dense // D(x, t | ∅)
}

// NetworkEvaluations returns the number of forward passes per evaluation of the guided denoiser, 1 or 2.
func (g *Guided) NetworkEvaluations() int {
	if g.Scale == 0 || g.Scale == 1 {
		return 1
	}
	return 2
}

// Denoise implements [Denoiser].
func (g *Guided) Denoise(dst, x *mat.Dense, t float64) {
	switch g.Scale {
	case 0:
		g.Without.Denoise(dst, x, t)
	case 1:
		g.With.Denoise(dst, x, t)
	default:
		resizeLike(&g.free, x)
		g.Without.Denoise(&g.free, x, t)
		g.With.Denoise(dst, x, t)
		axpby(dst, &g.free, g.Scale, 1-g.Scale)
	}
}

// Workers implements [Parallel] if both denoisers do; otherwise it returns g alone.
func (g *Guided) Workers(n int) []Denoiser {
	with, ok := g.With.(Parallel)
	without, both := g.Without.(Parallel)
	if !ok || !both {
		return []Denoiser{g}
	}
	all := make([]Denoiser, n)
	free := without.Workers(n)
	for i, d := range with.Workers(n) {
		all[i] = &Guided{With: d, Without: free[i], Scale: g.Scale}
	}
	return all
}

func (g *Guided) String() string { return fmt.Sprintf("guidance %g", g.Scale) }
