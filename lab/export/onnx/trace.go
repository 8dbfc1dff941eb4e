package onnx

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/diffusion"
)

// A sampler of a diffusion model computes linear combinations of its points, of the denoiser's outputs and of fresh noise. trace
// runs it once on symbols: a point is a row of coefficients, and the denoiser returns a new symbol. The result is a list of
// those combinations, whichever sampler it is.

// term is a multiple of a symbol.
type term struct {
	of          symbol
	coefficient float64
}

// symbol is the noise that sampling begins with (0), the point after a step, the output of an evaluation, or the noise of a step.
type symbol int

// evaluation is a call of the denoiser: at a combination of symbols and a time.
type evaluation struct {
	at  []term
	t   float64
	out symbol
}

// step is a step of a sampler: evaluations, and the combination that is the new point. Its terms may have the step's own noise.
type step struct {
	evaluations []evaluation
	next        []term
	point       symbol // the new point
	noise       symbol // of the step; -1 without
}

// tracer is the denoiser that returns symbols.
type tracer struct {
	width int
	next  symbol
	calls []evaluation
}

// Denoise implements [diffusion.Denoiser].
func (r *tracer) Denoise(dst, x *mat.Dense, t float64) {
	r.calls = append(r.calls, evaluation{at: combination(x.RawRowView(0)[:r.width]), t: t, out: r.fresh()})
	row := dst.RawRowView(0)
	clear(row)
	row[r.next-1] = 1
}

func (r *tracer) fresh() symbol {
	r.next++
	return r.next - 1
}

// combination returns the terms of a row of coefficients.
func combination(row []float64) (terms []term) {
	for i, c := range row {
		if c != 0 {
			terms = append(terms, term{symbol(i), c})
		}
	}
	return terms
}

// constantNoise is a source from which every normal number has the same value.
type constantNoise struct{}

// Uint64 implements [rand.Source].
func (constantNoise) Uint64() uint64 { return 1<<20 | 64<<32 }

// trace returns the steps of a sampling process. It fails for a sampler that is not linear.
func trace(s diffusion.Sampling) ([]step, error) {
	// A step of any solver has few evaluations; the last column gathers the noise.
	const perStep = 16
	width := 1 + perStep*len(s.Grid)
	r := &tracer{width: width, next: 1}
	x := mat.NewDense(1, width+1, nil)
	x.Set(0, 0, 1)
	rng := rand.New(constantNoise{})
	unit := rng.NormFloat64()
	advance := s.Sampler.Begin(r, s.Schedule)
	if p, ok := s.Sampler.(diffusion.Planner); ok {
		advance = p.BeginOver(s.Grid, r, s.Schedule)
	}
	var steps []step
	for i, t := range s.Grid[1:] {
		if int(r.next)+perStep > width {
			return nil, fmt.Errorf("onnx: the sampler %v takes more than %d evaluations in a step", s.Sampler, perStep)
		}
		r.calls = nil
		advance(x, s.Grid[i], t, rng)
		row := x.RawRowView(0)
		st := step{evaluations: r.calls, noise: -1}
		added := row[width]
		for k := range row {
			if row[k] -= added; math.IsNaN(row[k]) {
				return nil, fmt.Errorf("onnx: the sampler %v is not linear in its points and cannot be exported", s.Sampler)
			}
			if math.Abs(row[k]) < 1e-12*math.Abs(added) {
				row[k] = 0 // what is left of the noise by rounding
			}
		}
		st.next = combination(row[:width])
		if added != 0 {
			st.noise = r.fresh()
			st.next = append(st.next, term{st.noise, added / unit})
		}
		st.point = r.fresh()
		clear(row)
		row[st.point] = 1
		steps = append(steps, st)
	}
	return steps, nil
}
