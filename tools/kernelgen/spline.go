package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The kernels of rational-quadratic splines. A lane is an element with a spline of its own: a row of
// theta holds one parameter of all elements, so that the sums over bins need no shuffles. In the
// variants called Shared all elements have one spline, and a row is a single number.
//
// The constants and the rows of what the forward kernel keeps are those of internal/kernel/spline.go.
const (
	keptBin = iota
	keptXi
	keptW
	keptH
	keptBelowW
	keptBelowH
	keptD0
	keptD1
	keptDD0
	keptDD1

	// Written by the backward kernel.
	gradBeforeW
	gradHereW
	gradDotW
	gradBeforeH
	gradHereH
	gradDotH
	gradD0
	gradD1
)

const (
	splineRange = iota
	splineBound
	splineInverse
	splineMinW
	splineFreeW
	splineMinH
	splineFreeH
	splineMinSlope
	splineShift
)

const lessOrEqual = 2 // predicate of a comparison, false for a NaN

func splineKernels() {
	for _, shared := range []bool{false, true} {
		splineForward(shared)
		splineBackward(shared)
	}
	splineMap("splineImage", false)
	splineMap("splinePreimage", true)
}

// constantsAt returns how to address a spline's constants, each of which fills a vector of AVX2.
func constantsAt() func(i int) Mem {
	p := arg("consts")
	return func(i int) Mem { return Mem{Base: p}.Offset(32 * i) }
}

// pointer returns an argument plus the current offset.
func pointer(name string, at func(p reg.Register) Mem) reg.GPVirtual {
	p := arg(name)
	LEAQ(at(p), p)
	return p
}

// rowAfter returns p plus count rows.
func rowAfter(p, count, stride reg.GPVirtual) reg.GPVirtual {
	q := GP64()
	MOVQ(count, q)
	IMULQ(stride, q)
	ADDQ(p, q)
	return q
}

// times repeats body while a counter that begins at n - less counts down to zero, at least once.
func times(n reg.GPVirtual, less uint64, body func()) {
	loop, left := fresh("bin"), GP64()
	MOVQ(n, left)
	if less > 0 {
		SUBQ(Imm(less), left)
	}
	Label(loop)
	body()
	DECQ(left)
	JNZ(LabelRef(loop))
}

// lanesOn is a condition that is narrowed step by step: K2 of AVX-512, a vector of AVX2.
type lanesOn struct{ v vec }

func allLanes() lanesOn {
	if wide() {
		KXNORW(reg.K2, reg.K2, reg.K2)
		return lanesOn{}
	}
	v := newVec()
	VPCMPEQD(v, v, v)
	return lanesOn{v}
}

// and keeps the lanes where a <= b.
func (on lanesOn) and(a, b vec) {
	if wide() {
		VCMPPS(Imm(lessOrEqual), b, a, reg.K2, reg.K2)
		return
	}
	VCMPPS(Imm(lessOrEqual), b, a, a)
	VANDPS(a, on.v, on.v)
}

// set writes src to the lanes of dst.
func (on lanesOn) set(dst, src vec) {
	if wide() {
		VMOVAPS(src, reg.K2, dst)
		return
	}
	VBLENDVPS(on.v, src, dst, dst)
}

// add adds src, which it may overwrite, to the lanes of dst.
func (on lanesOn) add(dst, src vec) {
	if wide() {
		VADDPS(src, dst, reg.K2, dst)
		return
	}
	VANDPS(on.v, src, src)
	VADDPS(src, dst, dst)
}

// spread loads a spline's constant into every lane.
func spread(m Mem) vec {
	v := newVec()
	VBROADCASTSS(m, v)
	return v
}

// rowMem addresses row i of a matrix from p on; it needs a temporary register for most.
func rowMem(p, pitch reg.GPVirtual, i int) Mem {
	switch i {
	case 0:
		return Mem{Base: p}
	case 1, 2, 4, 8:
		return Mem{Base: p, Index: pitch, Scale: uint8(i)}
	}
	q := GP64()
	IMUL3Q(Imm(uint64(i)), pitch, q)
	ADDQ(p, q)
	return Mem{Base: q}
}
