package diffusion

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// Guided is classifier-free guidance [ho2022cfg]: it goes further from what is likely without a
// label in the direction of what the label adds,
//
//	D_w(x, t) = D(x, t | ∅) + w·(D(x, t | c) - D(x, t | ∅)).
//
// A scale w of 1 is no guidance: the answer is With's own, to the bit. A scale of 0 is Without's.
// Those take one pass of a network, every other scale two. Above 1 samples gather where the
// label is certain, and lose variety: their law is none that the network was fitted to.
type Guided struct {
	With, Without Denoiser // D(x, t | c) and D(x, t | ∅)
	Scale         float64  // w; the papers' own convention is w - 1

	free mat.Dense // D(x, t | ∅)
}

// Passes is the number of network passes of an evaluation.
func (g *Guided) Passes() int {
	if g.Scale == 0 || g.Scale == 1 {
		return 1
	}
	return 2
}

// Denoise implements Denoiser.
func (g *Guided) Denoise(dst, x *mat.Dense, t float64) {
	switch g.Scale {
	case 0:
		g.Without.Denoise(dst, x, t)
	case 1:
		g.With.Denoise(dst, x, t)
	default:
		room(&g.free, x)
		g.Without.Denoise(&g.free, x, t)
		g.With.Denoise(dst, x, t)
		combine(dst, &g.free, g.Scale, 1-g.Scale)
	}
}

// Workers implements Parallel, where both denoisers do: else there is one worker.
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
