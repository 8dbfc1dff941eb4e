package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The kernels that evaluate splines: exponentials and softplus in float32, the rest in float64, with half
// as many lanes. Half a vector is a pass of its own.

// Rows of a kernel's memory after the exponentials, lanes values of 8 bytes each.
const (
	foundRest   = iota // distance to the bin's lower end along the axis that is searched
	foundLow           // the bin's lower end along the other axis
	foundSize          // size of the bin along the axis that is searched
	foundOther         // and along the other one
	foundSlopes        // slopes at its ends, as float32
)

// Constants, 8 bytes each.
const (
	mapMin = iota
	mapFree
	mapMinOther
	mapFreeOther
	mapShift
	mapMinSlope
)

// splineMap computes images, or preimages, of n elements, a multiple of 16, in units in which a spline
// maps the unit interval to itself, and the slopes there. first and second are the parameters of the sizes
// of bins along the axis that is searched and along the other one. Pointers to parameters move by next
// bytes for a vector.
func splineMap(name string, inverse bool) {
	function(name, "n, bins int, at *float64, first, second, knots *float32, stride, next int, memory *float32, image, slope, consts *float64")
	bins, stride, pitch := arg("bins"), arg("stride"), GP64()
	MOVQ(U32(4*lanes), pitch)
	consts := arg("consts")
	constants := func(i int) vec { v := newVec(); VBROADCASTSD(Mem{Base: consts}.Offset(8*i), v); return v }
	Label("group")
	memory := arg("memory")
	exponentials(bins, stride, pitch, memory)
	Label("same") // parameters
	found := rowAfter(memory, bins, pitch)
	found = rowAfter(found, bins, pitch)
	for half := range 2 {
		findBin64(half, bins, stride, pitch, memory, found, constants)
	}
	for end := range 2 {
		m := foundRow(found, foundSlopes, 0).Offset(4 * lanes * end)
		shift, lowest := newVec(), newVec()
		narrow(constants(mapShift), shift)
		narrow(constants(mapMinSlope), lowest)
		y, _ := softplus(add(load(m, nil), shift))
		store(add(y, lowest), nil, m)
	}
	for half := range 2 {
		mapBin64(half, inverse, found)
	}
	step := GP64()
	MOVQ(slot("next"), step)
	for _, name := range []string{"first", "second", "knots"} {
		ADDQ(step, slot(name))
	}
	for _, name := range []string{"at", "image", "slope"} {
		ADDQ(U32(8*lanes), slot(name))
	}
	SUBQ(Imm(uint64(lanes)), slot("n"))
	JZ(LabelRef("end"))
	TESTQ(step, step)
	JZ(LabelRef("same"))
	JMP(LabelRef("group"))
	Label("end")
	leave()
}

// narrow fills all lanes of v with what fills those of the float64 vector x.
func narrow(x, v vec) {
	VCVTPD2PSX(x.AsX(), v.AsX())
	VBROADCASTSS(v.AsX(), v)
}

// exponentials writes those of the parameters below their maximum to memory, row by row.
func exponentials(bins, stride, pitch, memory reg.GPVirtual) {
	to := GP64()
	MOVQ(memory, to)
	for _, name := range []string{"first", "second"} {
		from := arg(name)
		top := load(Mem{Base: from}, nil)
		times(bins, 0, func() {
			VMAXPS(top, load(Mem{Base: from}, nil), top) // a NaN comes out in the exponentials
			ADDQ(stride, from)
		})
		from = arg(name)
		times(bins, 0, func() {
			store(expNear(1, atLeast(sub(load(Mem{Base: from}, nil), top), -expLimit)), nil, Mem{Base: to})
			ADDQ(stride, from)
			ADDQ(pitch, to)
		})
	}
}

// foundRow addresses half a row of what findBin64 writes.
func foundRow(found reg.GPVirtual, row, half int) Mem {
	return Mem{Base: found}.Offset(8*lanes*row + 4*lanes*half)
}

// doubles loads half a vector of float32.
func doubles(m Mem) vec {
	v := newVec()
	VCVTPS2PD(m, v)
	return v
}

func constant64(f float64) vec {
	m := bits64(math.Float64bits(f))
	v := newVec()
	VBROADCASTSD(m, v)
	return v
}

// findBin64 finds the bins of half a vector of elements.
func findBin64(half int, bins, stride, pitch, memory, found reg.GPVirtual, constants func(int) vec) {
	offset := 2 * lanes * half
	p, q := GP64(), GP64()
	start := func() {
		MOVQ(memory, p)
		MOVQ(memory, q)
		q2 := rowAfter(p, bins, pitch)
		MOVQ(q2, q)
	}
	start()
	scale, scaleOther := constant64(0), constant64(0)
	times(bins, 0, func() {
		VADDPD(doubles(Mem{Base: p}.Offset(offset)), scale, scale)
		VADDPD(doubles(Mem{Base: q}.Offset(offset)), scaleOther, scaleOther)
		ADDQ(pitch, p)
		ADDQ(pitch, q)
	})
	VDIVPD(scale, constants(mapFree), scale)
	VDIVPD(scaleOther, constants(mapFreeOther), scaleOther)
	start()
	at, knots := arg("at"), arg("knots")
	rest := load(Mem{Base: at}.Offset(4*lanes*half), nil)
	low, d0, d1 := constant64(0), constant64(0), constant64(0)
	thisSize, thisOther := constant64(0), constant64(0)
	on := allLanes()
	sizes := func() (size, other vec) {
		size, other = constants(mapMin), constants(mapMinOther)
		VFMADD231PD(doubles(Mem{Base: p}.Offset(offset)), scale, size)
		VFMADD231PD(doubles(Mem{Base: q}.Offset(offset)), scaleOther, other)
		on.set64(thisSize, size)
		on.set64(thisOther, other)
		return size, other
	}
	times(bins, 1, func() {
		size, other := sizes()
		knot := doubles(Mem{Base: knots}.Offset(offset))
		on.set64(d1, knot)
		beyond := newVec()
		VSUBPD(size, rest, beyond)
		on.and64(size, rest)
		on.set64(rest, beyond)
		on.add64(low, other)
		on.set64(d0, knot)
		ADDQ(pitch, p)
		ADDQ(pitch, q)
		ADDQ(stride, knots)
	})
	sizes()
	on.set64(d1, constant64(0))
	for row, v := range []vec{foundRest: rest, foundLow: low, foundSize: thisSize, foundOther: thisOther} {
		store(v, nil, foundRow(found, row, half))
	}
	for end, d := range []vec{d0, d1} {
		m := foundRow(found, foundSlopes, 0).Offset(4*lanes*end + offset)
		if wide() {
			y := YMM()
			VCVTPD2PS(d, y)
			VMOVUPS(y, m)
		} else {
			x := XMM()
			VCVTPD2PSY(d, x)
			VMOVUPS(x, m)
		}
	}
}

func (on lanesOn) set64(dst, src vec) {
	if wide() {
		VMOVAPD(src, reg.K2, dst)
		return
	}
	VBLENDVPD(on.v, src, dst, dst)
}

func (on lanesOn) add64(dst, src vec) {
	if wide() {
		VADDPD(src, dst, reg.K2, dst)
		return
	}
	VANDPD(on.v, src, src)
	VADDPD(src, dst, dst)
}

func (on lanesOn) and64(a, b vec) {
	if wide() {
		VCMPPD(Imm(lessOrEqual), b, a, reg.K2, reg.K2)
		return
	}
	VCMPPD(Imm(lessOrEqual), b, a, a)
	VANDPD(a, on.v, on.v)
}

// mapBin64 computes the images, or preimages, of half a vector of elements in their bins, and the slopes.
func mapBin64(half int, inverse bool, found reg.GPVirtual) {
	op := func(f instruction, a, b vec) vec { v := newVec(); f(b, a, v); return v }
	plus := func(a, b vec) vec { return op(VADDPD, a, b) }
	minus := func(a, b vec) vec { return op(VSUBPD, a, b) }
	by := func(a, b vec) vec { return op(VMULPD, a, b) }
	over := func(a, b vec) vec { return op(VDIVPD, a, b) }
	row := func(i int) vec { return load(foundRow(found, i, half), nil) }
	slopeAt := func(end int) vec {
		return doubles(foundRow(found, foundSlopes, 0).Offset(4*lanes*end + 2*lanes*half))
	}
	w, h := row(foundSize), row(foundOther)
	if inverse {
		w, h = h, w
	}
	mean, d0, d1 := over(h, w), slopeAt(0), slopeAt(1)
	bend := minus(plus(d0, d1), plus(mean, mean))
	var xi vec
	if !inverse {
		xi = over(row(foundRest), w)
	} else {
		// The root of a quadratic in a form without cancellation.
		rest := row(foundRest)
		turn := by(rest, bend)
		a := plus(by(h, minus(mean, d0)), turn)
		b := minus(by(h, d0), turn)
		c := by(mean, rest)
		c = plus(c, c)
		root := by(b, b)
		VFMADD231PD(plus(a, a), c, root)
		zero := constant64(0)
		VMAXPD(root, zero, root)
		VSQRTPD(root, root)
		xi = over(c, plus(b, root))
	}
	one := constant64(1)
	limit := newVec()
	VMINPD(xi, one, limit)
	low := constant64(0)
	VMAXPD(limit, low, limit)
	xi = limit
	r := minus(one, xi)
	q := by(xi, r)
	square := by(xi, xi)
	den := by(bend, q)
	VADDPD(mean, den, den)
	ratio := over(mean, den)
	top := by(d1, square)
	VFMADD231PD(plus(mean, mean), q, top)
	VFMADD231PD(by(d0, r), r, top)
	store(by(by(ratio, ratio), top), nil, Mem{Base: arg("slope")}.Offset(4*lanes*half))
	image := row(foundLow)
	if inverse {
		VFMADD231PD(xi, w, image)
	} else {
		num := by(mean, square)
		VFMADD231PD(d0, q, num)
		VFMADD231PD(over(num, den), h, image)
	}
	store(image, nil, Mem{Base: arg("image")}.Offset(4*lanes*half))
}
