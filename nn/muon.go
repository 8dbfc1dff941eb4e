package nn

import (
	"math"

	"genlab/checkpoint"
	"genlab/internal/kernel"
)

// Muon is an [Optimizer] that orthogonalises the momentum of a matrix, so that all its singular
// directions are updated at the same rate [jordan2024muon]; other parameters are updated by Adam:
//
//	m <- Beta1·m + g,  u = g + Beta1·m,  p <- p - lr·(0.2·√max(rows, cols)·orthogonal(u) + WeightDecay·p)
//
// The factor matches the step size of Adam, so that learning rates transfer [liu2025muon].
type Muon struct {
	*Adam    // of all that is no matrix; its m holds the momentum of matrices
	matrices []*muonMatrix
	run      func(i, worker int)
	step     *Step
	lr       float64
	scale    float64 // of the gradient
	ema      []float32
	follow   float64 // decay of the average
}

// muonMatrix is a parameter with both sides above 1, and the memory of its Newton-Schulz iterations.
type muonMatrix struct {
	*Param
	x, next, gram, poly []float32
}

// muonStep is the typical root mean square of a step of Adam over its learning rate [liu2025muon].
const muonStep = 0.2

// NewMuon returns an optimiser that has taken no step.
func NewMuon(ps *Params, cfg AdamConfig) *Muon {
	o := &Muon{Adam: NewAdam(ps, cfg)}
	o.spans = nil
	for _, p := range ps.list {
		matrix := p.Rows > 1 && p.Cols > 1
		o.spans = append(o.spans, span{end: p.at + len(p.Value), decays: p.Rows > 1, skipped: matrix})
		if matrix {
			n, short := len(p.Value), min(p.Rows, p.Cols)
			o.matrices = append(o.matrices, &muonMatrix{p,
				make([]float32, n), make([]float32, n), make([]float32, short*short), make([]float32, short*short)})
		}
	}
	o.run = func(i, _ int) { o.move(o.matrices[i]) }
	return o
}

func (o *Muon) update(s *Step, lr float64, ema *EMA) {
	o.Adam.update(s, lr, ema)
	o.step, o.lr, o.scale = s, lr, s.clipping(o.cfg.Clip)
	o.ema, o.follow = ema.of(o.params, o.steps)
	parallel(len(o.matrices), o.run) // a matrix is one worker's: its bits do not depend on their number
}

func (o *Muon) move(w *muonMatrix) {
	beta, n := float32(o.cfg.Beta1), len(w.x)
	p, g, m := o.params.flat[w.at:w.at+n], o.step.grad[w.at:w.at+n], o.m[w.at:w.at+n]
	for i, g := range g {
		g *= float32(o.scale)
		m[i] = beta*m[i] + g
		w.x[i] = g + beta*m[i]
	}
	w.orthogonalise()
	size := float32(o.lr * muonStep * math.Sqrt(float64(max(w.Rows, w.Cols))))
	decay := float32(o.lr * o.cfg.WeightDecay)
	for i, u := range w.x {
		p[i] -= size*u + decay*p[i]
	}
	if o.ema != nil {
		for i, a := range o.ema[w.at : w.at+n] {
			o.ema[w.at+i] = a + float32(1-o.follow)*(p[i]-a)
		}
	}
}

// orthogonalise maps x = U·S·Vᵀ to approximately U·Vᵀ, by five Newton-Schulz iterations
// x <- a·x + (b·G + c·G²)·x with G = x·xᵀ and the coefficients of [jordan2024muon], which trade accuracy
// for speed: singular values of 0.01 or more of the norm become about 1. A zero matrix stays zero.
func (w *muonMatrix) orthogonalise() {
	const a, b, c = 3.4445, -4.7750, 2.0315
	norm := math.Sqrt(kernel.SumSquares(w.x))
	for i := range w.x {
		w.x[i] /= float32(norm + 1e-7)
	}
	rows, cols := w.Rows, w.Cols
	tall := rows > cols
	short, long := min(rows, cols), max(rows, cols)
	for range 5 {
		kernel.Gemm(tall, !tall, short, short, long, 1, w.x, cols, w.x, cols, 0, w.gram, short)
		copy(w.poly, w.gram)
		kernel.Gemm(false, false, short, short, short, c, w.gram, short, w.gram, short, b, w.poly, short)
		copy(w.next, w.x)
		if tall {
			kernel.Gemm(false, false, rows, cols, cols, 1, w.x, cols, w.poly, short, a, w.next, cols)
		} else {
			kernel.Gemm(false, false, rows, cols, rows, 1, w.poly, short, w.x, cols, a, w.next, cols)
		}
		w.x, w.next = w.next, w.x
	}
}

// State returns the momentum of each matrix under prefix/momentum/name, and the moments of other
// parameters as Adam's.
func (o *Muon) State(prefix string) []checkpoint.Tensor {
	var s []checkpoint.Tensor
	for _, p := range o.params.list {
		if p.Rows > 1 && p.Cols > 1 {
			s = append(s, p.tensor(prefix+"/momentum", o.m))
		} else {
			s = append(s, p.tensor(prefix+"/m", o.m), p.tensor(prefix+"/v", o.v))
		}
	}
	return s
}
