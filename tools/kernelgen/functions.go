package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
)

// The limits are those of internal/kernel: expLimit keeps exp(-x) and its reciprocal normal.
const (
	expLimit   = 87.3
	geluLimit  = 10
	geluCubic  = 0.044715
	leakySlope = 0.2
	minNormal  = 1.1754943508222875e-38
)

// ln2 in two parts, the first exact in few bits, as in Cephes logf.
const ln2High, ln2Low = 0.693359375, -2.12194440e-4

// expReduced returns p in [0.7, 1.42] and the integer n with exp(sign t) = p 2^n for a sign of 1 or -1, within
// 1 unit in the last place, or without low within 1.4e-8 |t| of p. p = 2^r is the polynomial of degree 6 with the
// smallest relative error, 2e-9, on [-1/2, 1/2], in Estrin's order: a chain of dependent steps takes longer than what
// a core finds to do beside it.
func expReduced(sign float64, t vec, low bool) (p, n vec) {
	const high = float64(float32(math.Log2E))
	n = round(mul(t, c(sign*high)))
	r := newVec()
	VMOVAPS(n, r)
	emit(VFMSUB231PS, VFMSUB231PS_BCST, c(sign*high), t, r)
	if low {
		accumulate(r, t, c(sign*(math.Log2E-high)))
	}
	line := func(slope, at float64) vec {
		v := newVec()
		VMOVAPS(constant(slope), v)
		return horner(v, r, c(at))
	}
	p = line(0.69314720573, 1)
	middle := line(5.5503287768e-2, 2.4022646891e-1)
	top := line(1.3399931269e-3, 9.6184889574e-3)
	r2 := mul(r, r)
	r4 := mul(r2, r2)
	accumulate(p, r2, middle)
	accumulate(top, r2, c(1.5345812056e-4))
	return accumulate(p, r4, top), n
}

// expNear returns exp(sign t) for |t| <= 88, or NaN, within 1.4e-8 |t| and a unit in the last place.
func expNear(sign float64, t vec) vec {
	p, n := expReduced(sign, t, false)
	if wide() {
		VSCALEFPS(n, p, p)
		return p
	}
	return addInt(p, shiftLeft(toInt(n), 23))
}

// exp returns exp(x) for all x, with 0 where the result would be denormal.
func exp(x vec) vec {
	const low, high = -87.336, 89 // exp(low) is the smallest normal number, exp(high) infinite
	p, n := expReduced(1, atLeast(atMost(x, high), low), true)
	if wide() {
		VSCALEFPS(n, p, p)
	} else { // in two steps, because 2^128 is not a float32
		i := toInt(n)
		half := shiftRight(i, 1)
		p = addInt(p, shiftLeft(half, 23))
		p = mul(p, shiftLeft(addInt(subInt(i, half), bits(127)), 23))
	}
	return keep(compare(x, notLess, c(low)), p)
}

// logistic returns s = 1/(1+exp(-t)) and the code of 1-s without cancellation, for |t| <= 88 or NaN.
func logistic(t vec) (s vec, rest func() vec) {
	e := expNear(-1, t)
	s = div(constant(1), add(e, c(1)))
	return s, func() vec { return mul(e, s) }
}

// logPolynomial returns log(1+f) for 1+f in [sqrt(1/2), sqrt(2)]: Cephes logf.
func logPolynomial(f vec) vec {
	p := polynomial(f, 7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1,
		1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)
	return mul(p, f)
}

// logNormal returns the natural logarithm of x 2^shift for x positive, finite and normal.
func logNormal(x, shift vec) vec {
	const sqrtHalf = 0x3f3504f3
	k := shiftRight(subInt(x, bits(sqrtHalf)), 23)
	f := sub(subInt(x, shiftLeft(k, 23)), c(1))
	e := add(fromInt(k), shift)
	f2 := mul(f, f)
	y := mul(logPolynomial(f), f2)
	accumulate(y, e, c(ln2Low))
	deduct(y, f2, c(0.5))
	y = add(y, f)
	return accumulate(y, e, c(ln2High))
}

// log returns the natural logarithm for all x.
func log(x vec) vec {
	const up = 23
	small := compare(x, less, c(minNormal))
	shift := keep(small, constant(-up))
	y := logNormal(choose(small, mul(x, c(1<<up)), x), shift)
	y = choose(compare(x, notLess, c(math.Inf(1))), x, y)
	y = choose(compare(x, equal, c(0)), constant(math.Inf(-1)), y)
	return choose(compare(x, less, c(0)), constant(math.NaN()), y)
}

// sinCos reduces x by multiples of pi/2, in two parts with fused steps, and takes Cephes'
// polynomials on [-pi/4, pi/4].
func sinCos(x vec) (sin, cos vec) {
	high := float64(float32(math.Pi / 2))
	n := round(mul(x, c(2/math.Pi)))
	r := newVec()
	VMOVAPS(x, r)
	deduct(r, n, c(high))
	deduct(r, n, c(math.Pi/2-high))
	r2 := mul(r, r)
	s := mul(polynomial(r2, -1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1), r2)
	horner(s, r, r)
	k := polynomial(r2, 2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
	k = mul(mul(k, r2), r2)
	deduct(k, r2, c(0.5))
	k = add(k, c(1))
	q := toInt(n)
	odd := bySign(shiftLeft(q, 31))
	sin, cos = choose(odd, k, s), choose(odd, s, k)
	sin = xor(sin, and(shiftLeft(q, 30), bits(signBit)))
	cos = xor(cos, and(shiftLeft(addInt(q, bits(1)), 30), bits(signBit)))
	return sin, cos
}

// softplus returns log(1+exp(x)) and the code of its derivative.
func softplus(x vec) (y vec, dy func() vec) {
	e := expNear(-1, atMost(absolute(x), expLimit))
	// log(1+e) = 2 artanh(w), w <= 1/3
	w := div(e, add(e, c(2)))
	square := atLeast(w, 1e-18) // the square of a smaller w would be denormal
	w2 := mul(square, square)
	y = mul(polynomial(w2, 2./15, 2./13, 2./11, 2./9, 2./7, 2./5, 2./3, 2), w)
	return add(y, atLeast(x, 0)), func() vec {
		s := div(constant(1), add(e, c(1)))
		return choose(compare(x, less, c(0)), mul(e, s), s)
	}
}

// An activation returns y and, for where it is wanted, the code of its derivative. At the
// infinities both are the limits.
type activation func(x vec) (y vec, dy func() vec)

var activations = []struct {
	name string
	f    activation
}{
	{"Identity", func(x vec) (vec, func() vec) {
		return x, func() vec { return constant(1) }
	}},
	{"SiLU", func(x vec) (vec, func() vec) {
		x = atLeast(x, -expLimit)
		t := atMost(x, expLimit)
		s, rest := logistic(t)
		return mul(x, s), func() vec { return accumulate(s, mul(s, rest()), t) }
	}},
	{"ReLU", func(x vec) (vec, func() vec) {
		return atLeast(x, 0), func() vec { return keep(compare(x, notAtMost, c(0)), constant(1)) }
	}},
	{"LeakyReLU", func(x vec) (vec, func() vec) {
		y := choose(compare(x, notAtMost, c(0)), x, mul(x, c(leakySlope)))
		return y, func() vec {
			return choose(compare(x, notAtMost, c(0)), constant(1), constant(leakySlope))
		}
	}},
	{"Tanh", func(x vec) (vec, func() vec) {
		s, complement := logistic(atLeast(atMost(add(x, x), expLimit), -expLimit))
		rest := complement()
		far := sub(s, rest)
		// Near zero s - rest cancels; Cephes' tanhf has a polynomial there.
		x2 := mul(x, x)
		near := mul(polynomial(x2, -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2,
			1.33314422036e-1, -3.33332819422e-1), x2)
		near = horner(near, x, x)
		y := choose(compare(absolute(x), less, c(0.625)), near, far)
		return y, func() vec { return mul(mul(s, rest), c(4)) }
	}},
	{"GELU", func(x vec) (vec, func() vec) {
		scale := 2 * math.Sqrt(2/math.Pi)
		x = atLeast(x, -geluLimit)
		t := atMost(x, geluLimit)
		t2 := mul(t, t)
		s, rest := logistic(mul(polynomial(t2, scale*geluCubic, scale), t))
		return mul(x, s), func() vec {
			slope := mul(polynomial(t2, 3*scale*geluCubic, scale), t)
			return accumulate(s, mul(s, rest()), slope)
		}
	}},
	{"Softplus", softplus},
	{"Sigmoid", func(x vec) (vec, func() vec) {
		s, rest := logistic(atLeast(atMost(x, expLimit), -expLimit))
		return s, func() vec { return mul(s, rest()) }
	}},
}
