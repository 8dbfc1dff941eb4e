package kernel

import (
	"fmt"
	"math"
)

// Adam holds the constants of one step of AdamW, with an optional exponential moving average
// of the parameters.
type Adam struct {
	LR           float64 // learning rate
	Beta1, Beta2 float64 // decay of the first and second moment, in [0, 1)
	Eps          float64 // added to the root of the second moment
	WeightDecay  float64 // decoupled: p shrinks by LR*WeightDecay*p
	Step         int     // number of this step, from 1, for the bias corrections
	GradScale    float64 // multiplies the gradient; 1 leaves it as it is
	EMA          float64 // decay of the moving average, in [0, 1); 0 keeps none
}

// adamCoeff is Adam with the bias corrections folded in, in the precision of the update.
type adamCoeff[T Float] struct {
	scale            T // of the gradient
	beta1, new1      T // m = beta1*m + new1*g
	beta2, new2      T // v = beta2*v + new2*g*g
	keep             T // of the parameter, 1 - LR*WeightDecay
	step, eps        T // p -= step*m/(sqrt(v)+eps)
	decay, freshness T // ema = decay*ema + freshness*p
}

func coeff[T Float](c Adam) adamCoeff[T] {
	c1 := 1 - math.Pow(c.Beta1, float64(c.Step))
	c2 := math.Sqrt(1 - math.Pow(c.Beta2, float64(c.Step)))
	return adamCoeff[T]{
		scale: T(c.GradScale),
		beta1: T(c.Beta1), new1: T(1 - c.Beta1),
		beta2: T(c.Beta2), new2: T(1 - c.Beta2),
		keep: T(1 - c.LR*c.WeightDecay),
		step: T(c.LR * c2 / c1), eps: T(c.Eps * c2),
		decay: T(c.EMA), freshness: T(1 - c.EMA),
	}
}

// AdamStep updates the parameters p, their moments m and v and, if c.EMA > 0, their moving
// average ema, from the gradient g:
//
//	g = GradScale g,  m = β₁m + (1-β₁)g,  v = β₂v + (1-β₂)g²
//	p = p - LR WeightDecay p - LR m̂/(√v̂ + Eps),  m̂ = m/(1-β₁ᵗ),  v̂ = v/(1-β₂ᵗ)
//	ema = EMA ema + (1-EMA) p
//
// ema is not touched if c.EMA = 0 and may then be nil. Each element depends on its own
// values alone. It panics if c.Step < 1, c.EMA is out of range or the lengths differ.
func AdamStep[T Float](c Adam, p, g, m, v, ema []T) {
	if c.Step < 1 {
		panic(fmt.Sprintf("kernel: AdamStep: step %d, the first is 1", c.Step))
	}
	if !(c.EMA >= 0 && c.EMA < 1) {
		panic(fmt.Sprintf("kernel: AdamStep: EMA %v is not in [0, 1)", c.EMA))
	}
	checkSame("AdamStep", "g", len(g), len(p))
	checkSame("AdamStep", "m", len(m), len(p))
	checkSame("AdamStep", "v", len(v), len(p))
	if c.EMA > 0 {
		checkSame("AdamStep", "ema", len(ema), len(p))
	} else {
		ema = nil
	}
	if simd[T]() {
		adamSIMD(coeff[float32](c), f32(p), f32(g), f32(m), f32(v), f32(ema))
		return
	}
	k := coeff[T](c)
	for i := range p {
		gi := g[i] * k.scale
		mi := T(k.beta1*m[i]) + T(k.new1*gi)
		vi := T(k.beta2*v[i]) + T(k.new2*T(gi*gi))
		m[i], v[i] = mi, vi
		pi := T(k.keep*p[i]) - T(k.step*mi)/(T(math.Sqrt(float64(vi)))+k.eps)
		p[i] = pi
		if ema != nil {
			ema[i] = T(k.decay*ema[i]) + T(k.freshness*pi)
		}
	}
}
