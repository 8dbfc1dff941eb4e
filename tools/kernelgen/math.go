package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Arithmetic on vectors. The operand b is a register, or a constant from c or bits.

type instruction func(ops ...Op)

func emit(plain, broadcasting instruction, b Op, rest ...Op) {
	if _, inMemory := b.(Mem); inMemory && wide() {
		plain = broadcasting
	}
	plain(append([]Op{b}, rest...)...)
}

func binary(plain, broadcasting instruction, a vec, b Op) vec {
	v := newVec()
	emit(plain, broadcasting, b, a, v)
	return v
}

func add(a vec, b Op) vec { return binary(VADDPS, VADDPS_BCST, a, b) }
func sub(a vec, b Op) vec { return binary(VSUBPS, VSUBPS_BCST, a, b) }
func mul(a vec, b Op) vec { return binary(VMULPS, VMULPS_BCST, a, b) }
func div(a vec, b Op) vec { return binary(VDIVPS, VDIVPS_BCST, a, b) }

func addInt(a vec, b Op) vec { return binary(VPADDD, VPADDD_BCST, a, b) }
func subInt(a vec, b Op) vec { return binary(VPSUBD, VPSUBD_BCST, a, b) }

// accumulate adds a*b to sum.
func accumulate(sum, a vec, b Op) vec {
	emit(VFMADD231PS, VFMADD231PS_BCST, b, a, sum)
	return sum
}

// deduct subtracts a*b from sum.
func deduct(sum, a vec, b Op) vec {
	emit(VFNMADD231PS, VFNMADD231PS_BCST, b, a, sum)
	return sum
}

// horner overwrites p with p*x + b.
func horner(p, x vec, b Op) vec {
	emit(VFMADD213PS, VFMADD213PS_BCST, b, x, p)
	return p
}

// polynomial evaluates coefficients, the highest power first.
func polynomial(x vec, coefficients ...float64) vec {
	p := newVec()
	VMOVAPS(constant(coefficients[0]), p)
	for _, f := range coefficients[1:] {
		horner(p, x, c(f))
	}
	return p
}

// atMost and atLeast clamp x. x86 gives the second source where a comparison has a NaN, so x
// must be that one for a NaN to pass through.
func atMost(x vec, limit float64) vec {
	v := newVec()
	VMINPS(x, constant(limit), v)
	return v
}

func atLeast(x vec, limit float64) vec {
	v := newVec()
	VMAXPS(x, constant(limit), v)
	return v
}

func and(a vec, b Op) vec {
	if wide() {
		return binary(VPANDD, VPANDD_BCST, a, b)
	}
	return binary(VANDPS, nil, a, b)
}

func xor(a vec, b Op) vec {
	if wide() {
		return binary(VPXORD, VPXORD_BCST, a, b)
	}
	return binary(VXORPS, nil, a, b)
}

const signBit = 1 << 31

func absolute(a vec) vec { return and(a, bits(signBit-1)) }
func negative(a vec) vec { return xor(a, bits(signBit)) }

func shiftLeft(a vec, n uint64) vec  { v := newVec(); VPSLLD(Imm(n), a, v); return v }
func shiftRight(a vec, n uint64) vec { v := newVec(); VPSRAD(Imm(n), a, v); return v }

func round(a vec) vec {
	v := newVec()
	if wide() {
		VRNDSCALEPS(Imm(8), a, v)
	} else {
		VROUNDPS(Imm(8), a, v)
	}
	return v
}

func toInt(a vec) vec   { v := newVec(); VCVTPS2DQ(a, v); return v }
func fromInt(a vec) vec { v := newVec(); VCVTDQ2PS(a, v); return v }

// Predicates of compare; those with "not" hold for a NaN.
const (
	equal     = 0
	less      = 1
	unordered = 3
	notLess   = 5
	notAtMost = 6
)

// condition is a choice by lanes, made by compare or bySign. AVX-512 has it in K7, so that it
// must be used before the next is made.
type condition struct{ v vec }

func compare(a vec, predicate uint64, b Op) condition {
	switch _, inMemory := b.(Mem); {
	case wide() && inMemory:
		VCMPPS_BCST(Imm(predicate), b, a, reg.K7)
	case wide():
		VCMPPS(Imm(predicate), b, a, reg.K7)
	default:
		v := newVec()
		VCMPPS(Imm(predicate), b, a, v)
		return condition{v}
	}
	return condition{}
}

// bySign chooses the lanes whose highest bit is set.
func bySign(a vec) condition {
	if wide() {
		VPMOVD2M(a, reg.K7)
	}
	return condition{a}
}

// choose returns yes where the condition holds and no elsewhere.
func choose(when condition, yes, no vec) vec {
	v := newVec()
	if wide() {
		VBLENDMPS(yes, no, reg.K7, v)
	} else {
		VBLENDVPS(when.v, yes, no, v)
	}
	return v
}

// keep returns a where the condition holds and 0 elsewhere.
func keep(when condition, a vec) vec {
	v := newVec()
	if wide() {
		VMOVAPS_Z(a, reg.K7, v)
	} else {
		VANDPS(when.v, a, v)
	}
	return v
}

// broadcastSum and broadcastMax leave the sum or the maximum of all lanes in every lane.
func broadcastSum(v vec) vec { return butterfly(v, VADDPS) }
func broadcastMax(v vec) vec { return butterfly(v, VMAXPS) }

func butterfly(v vec, op instruction) vec {
	t := newVec()
	if wide() {
		for _, imm := range []uint64{0x4E, 0xB1} {
			VSHUFF64X2(Imm(imm), v, v, t)
			op(t, v, v)
		}
	} else {
		VPERM2F128(Imm(1), v, v, t)
		op(t, v, v)
	}
	for _, imm := range []uint64{0x4E, 0xB1} {
		VPERMILPS(Imm(imm), v, t)
		op(t, v, v)
	}
	return v
}
