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

// shares overwrites the scratch rows from w and from h on with exponentials of the parameters below
// their maximum, and returns the inverses of their sums.
func shares(at func(p reg.Register) Mem, by *mask, bins, stride, pitch reg.GPVirtual, scratch func() reg.GPVirtual) (scaleW, scaleH vec) {
	fromW := pointer("theta", at)
	fromH := rowAfter(fromW, bins, stride)
	topW, topH := load(Mem{Base: fromW}, by), load(Mem{Base: fromH}, by)
	times(bins, 0, func() {
		for _, r := range []struct {
			p   reg.GPVirtual
			top vec
		}{{fromW, topW}, {fromH, topH}} {
			VMAXPS(r.top, load(Mem{Base: r.p}, by), r.top) // a NaN comes out in the exponentials
			ADDQ(stride, r.p)
		}
	})
	fromW = pointer("theta", at)
	fromH = rowAfter(fromW, bins, stride)
	toW := scratch()
	toH := rowAfter(toW, bins, pitch)
	scaleW, scaleH = constant(0), constant(0)
	times(bins, 0, func() {
		for _, r := range []struct {
			from, to reg.GPVirtual
			top, sum vec
		}{{fromW, toW, topW, scaleW}, {fromH, toH, topH, scaleH}} {
			e := expNear(atLeast(sub(load(Mem{Base: r.from}, by), r.top), -expLimit))
			store(e, nil, Mem{Base: r.to})
			VADDPS(e, r.sum, r.sum)
			ADDQ(stride, r.from)
			ADDQ(pitch, r.to)
		}
	})
	for _, sum := range []vec{scaleW, scaleH} {
		VDIVPS(sum, constant(1), sum)
	}
	return scaleW, scaleH
}

// splineForward computes images and log slopes.
func splineForward(shared bool) {
	name := "splineForward"
	if shared {
		name += "Shared" // theta holds the slopes' parameters alone, share the shares
	}
	function(name, "n, bins int, x, theta *float32, stride int, share, kept *float32, pitch int, y, slope, consts *float32")
	n, bins, stride, pitch, constants := arg("n"), arg("bins"), arg("stride"), arg("pitch"), constantsAt()
	elements(n, func(at func(reg.Register) Mem, by *mask) {
		var scaleW, scaleH vec
		if !shared {
			scaleW, scaleH = shares(at, by, bins, stride, pitch, func() reg.GPVirtual { return pointer("share", at) })
		}
		p := pointer("x", at)
		rest := accumulate(constant(0.5), load(Mem{Base: p}, by), spread(constants(splineInverse)))
		kept := pointer("kept", at)
		row := func(i int) Mem { return rowMem(kept, pitch, i) }
		if !shared && !wide() { // too few registers: wait in rows that findBin writes at its end
			store(scaleW, nil, row(keptBelowW))
			store(scaleH, nil, row(keptDD0))
			scaleW, scaleH = nil, nil
		}
		findBin(at, by, shared, bins, stride, pitch, constants, rest, scaleW, scaleH, row)
		kneeSlopes(constants, row)

		// In units where the spline maps the unit interval to itself.
		w := accumulate(spread(constants(splineMinW)), load(row(keptW), nil), spread(constants(splineFreeW)))
		xi := div(load(row(keptXi), nil), w)
		xi = atLeast(atMost(xi, 1), 0)
		store(xi, nil, row(keptXi))
		h := accumulate(spread(constants(splineMinH)), load(row(keptH), nil), spread(constants(splineFreeH)))
		mean := div(h, w)
		r := sub(constant(1), xi)
		q := mul(xi, r)
		d0, d1 := load(row(keptD0), nil), load(row(keptD1), nil)
		square := mul(xi, xi)
		turn := sub(add(d0, d1), add(mean, mean))
		inverse := div(constant(1), accumulate(mul(turn, q), mean, constant(1)))
		image := mul(h, inverse)
		num := accumulate(mul(mean, square), d0, q)
		image = mul(image, num)
		top := mul(d1, square)
		accumulate(top, add(mean, mean), q)
		accumulate(top, mul(d0, r), r)
		ratio := mul(mean, inverse)
		top = mul(mul(ratio, ratio), top)

		bottom := mul(load(row(keptBin), nil), spread(constants(splineMinH)))
		accumulate(bottom, load(row(keptBelowH), nil), spread(constants(splineFreeH)))
		image = mul(add(image, bottom), spread(constants(splineRange)))
		image = sub(image, spread(constants(splineBound)))
		logSlope := log(top)

		p = pointer("x", at)
		x := load(Mem{Base: p}, by)
		bound := spread(constants(splineBound))
		inside := compare(absolute(x), less, bound)
		image = choose(inside, image, x)
		logSlope = keep(inside, logSlope)
		bin := choose(inside, load(row(keptBin), nil), constant(-1))
		store(bin, nil, row(keptBin))
		p = pointer("y", at)
		store(image, by, Mem{Base: p})
		p = pointer("slope", at)
		store(logSlope, by, Mem{Base: p})
	})
	leave()
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

// findBin finds the bin at rest, in [0, 1], and stores its number, its shares, the sums of the shares
// before it, and the parameters of its slopes in the rows of the slopes; the row of ξ gets the distance to
// the bin's lower end. Taking each width off keeps more digits of that than adding the widths up.
func findBin(at func(p reg.Register) Mem, by *mask, shared bool, bins, stride, pitch reg.GPVirtual, constants func(int) Mem, rest, scaleW, scaleH vec, row func(int) Mem) {
	var w, h, raw reg.GPVirtual
	step := GP64()
	if shared {
		w, raw = arg("share"), arg("theta")
		MOVQ(U32(4), step)
		h = rowAfter(w, bins, step)
	} else {
		w = pointer("share", at)
		h = rowAfter(w, bins, pitch)
		raw = pointer("theta", at)
		raw = rowAfter(raw, bins, stride)
		raw = rowAfter(raw, bins, stride)
	}
	bin, belowW, belowH := constant(0), constant(0), constant(0)
	thisW, thisH, d0, d1 := newVec(), newVec(), constant(0), constant(0)
	on := allLanes()
	share := func(p reg.GPVirtual, scale vec, waiting int) vec {
		if shared {
			return spread(Mem{Base: p})
		}
		v := load(Mem{Base: p}, nil)
		if scale == nil {
			VMULPS(row(waiting), v, v)
		} else {
			VMULPS(scale, v, v)
		}
		store(v, nil, Mem{Base: p})
		return v
	}
	advance := func() {
		if shared {
			ADDQ(step, w)
			ADDQ(step, h)
			ADDQ(step, raw)
			return
		}
		ADDQ(pitch, w)
		ADDQ(pitch, h)
		ADDQ(stride, raw)
	}
	VMOVAPS(bin, thisW)
	VMOVAPS(bin, thisH)
	times(bins, 1, func() {
		inW := share(w, scaleW, keptBelowW)
		on.set(thisW, inW)
		inH := share(h, scaleH, keptDD0)
		on.set(thisH, inH)
		var slope vec
		if shared {
			slope = spread(Mem{Base: raw})
		} else {
			slope = load(Mem{Base: raw}, by)
		}
		on.set(d1, slope)
		width := accumulate(spread(constants(splineMinW)), inW, spread(constants(splineFreeW)))
		beyond := sub(rest, width)
		on.and(width, rest)
		on.set(rest, beyond)
		on.set(d0, slope)
		on.add(belowW, inW)
		on.add(belowH, inH)
		on.add(bin, constant(1))
		advance()
	})
	v := share(w, scaleW, keptBelowW)
	on.set(thisW, v)
	v = share(h, scaleH, keptDD0)
	on.set(thisH, v)
	on.set(d1, constant(0))
	for i, v := range []vec{keptBin: bin, keptXi: rest, keptW: thisW, keptH: thisH, keptBelowW: belowW, keptBelowH: belowH, keptD0: d0, keptD1: d1} {
		store(v, nil, row(i))
	}
}

// kneeSlopes overwrites the parameters of the slopes at a bin's ends with these, and stores their
// derivatives.
func kneeSlopes(constants func(int) Mem, row func(int) Mem) {
	for i := range 2 {
		x := add(load(row(keptD0+i), nil), spread(constants(splineShift)))
		y, dy := softplus(x)
		store(dy(), nil, row(keptDD0+i))
		store(add(y, spread(constants(splineMinSlope))), nil, row(keptD0+i))
	}
}

// splineBackward computes the gradients at x and at theta from those at image and log slope.
func splineBackward(shared bool) {
	name := "splineBackward"
	if shared {
		name += "Shared" // dtheta holds sums by lanes, to be added up and multiplied with the shares
	}
	function(name, "n, bins int, share, kept *float32, pitch int, gy, gslope, dx, dtheta *float32, stride int, consts *float32")
	n, bins, stride, pitch, constants := arg("n"), arg("bins"), arg("stride"), arg("pitch"), constantsAt()
	elements(n, func(at func(reg.Register) Mem, by *mask) {
		kept := pointer("kept", at)
		row := func(i int) Mem { return rowMem(kept, pitch, i) }
		binGradients(at, by, constants, row)

		bin, number := load(row(keptBin), nil), constant(0)
		beforeW, hereW, dotW := load(row(gradBeforeW), nil), load(row(gradHereW), nil), load(row(gradDotW), nil)
		beforeH, hereH, dotH := load(row(gradBeforeH), nil), load(row(gradHereH), nil), load(row(gradDotH), nil)
		toW := arg("dtheta")
		if !shared {
			toW = pointer("dtheta", at)
		}
		toH := rowAfter(toW, bins, stride)
		shareW := pointer("share", at)
		shareH := rowAfter(shareW, bins, pitch)
		times(bins, 0, func() {
			for _, r := range []struct {
				before, here, dot vec
				to, share         reg.GPVirtual
			}{{beforeW, hereW, dotW, toW, shareW}, {beforeH, hereH, dotH, toH, shareH}} {
				v := sub(keep(compare(number, less, bin), r.before), r.dot)
				v = add(v, keep(compare(number, equal, bin), r.here))
				if shared {
					store(add(v, load(Mem{Base: r.to}, nil)), nil, Mem{Base: r.to})
				} else {
					store(mul(v, load(Mem{Base: r.share}, nil)), by, Mem{Base: r.to})
					ADDQ(pitch, r.share)
				}
				ADDQ(stride, r.to)
			}
			VADDPS(constant(1), number, number)
		})
		d0, d1 := load(row(gradD0), nil), load(row(gradD1), nil)
		number = constant(0)
		times(bins, 1, func() {
			v := keep(compare(number, equal, bin), d1)
			VADDPS(constant(1), number, number)
			v = add(v, keep(compare(number, equal, bin), d0))
			if shared {
				v = add(v, load(Mem{Base: toH}, nil))
			}
			if shared {
				store(v, nil, Mem{Base: toH})
			} else {
				store(v, by, Mem{Base: toH})
			}
			ADDQ(stride, toH)
		})
	})
	leave()
}

// binGradients writes the gradient at x, and to its rows those at the parameters of the element's bin: at
// the share of each bin before it, at its own, and the sum of these weighted by the shares.
func binGradients(at func(p reg.Register) Mem, by *mask, constants func(int) Mem, row func(int) Mem) {
	width := func() vec {
		return accumulate(spread(constants(splineMinW)), load(row(keptW), nil), spread(constants(splineFreeW)))
	}
	height := func() vec {
		return accumulate(spread(constants(splineMinH)), load(row(keptH), nil), spread(constants(splineFreeH)))
	}
	argument := func(name string) vec { return load(Mem{Base: pointer(name, at)}, by) }
	imageGradient := func() vec { return mul(argument("gy"), spread(constants(splineRange))) }
	double := func(v vec) vec { return add(v, v) }

	// The image is h num/den above the bin's lower end, the slope mean² top/den².
	xi, d0, d1 := load(row(keptXi), nil), load(row(keptD0), nil), load(row(keptD1), nil)
	rest := sub(constant(1), xi)
	q := mul(xi, rest)
	w := width()
	mean := div(height(), w)
	turn := sub(add(d0, d1), double(mean))
	inverse := div(constant(1), accumulate(mul(turn, q), mean, constant(1)))
	num := accumulate(mul(mul(mean, xi), xi), d0, q)
	top := accumulate(mul(mul(d1, xi), xi), double(mean), q)
	accumulate(top, mul(d0, rest), rest)

	// The gradients at num, top and den.
	atNum := mul(mul(imageGradient(), height()), inverse)
	atTop := div(argument("gslope"), top)
	atDen := mul(argument("gslope"), inverse)
	atDen = double(atDen)

	// ξ moves the image by its slope.
	atXi := mul(mul(mul(atNum, inverse), mean), top)
	middle := sub(rest, xi) // the derivative of q
	v := mul(d1, xi)
	accumulate(v, mean, middle)
	deduct(v, d0, rest)
	accumulate(atXi, double(v), atTop)
	deduct(atXi, mul(turn, middle), atDen)

	accumulate(atDen, mul(atNum, inverse), num)
	image := mul(num, inverse) // below that at num is a sum, over what height moves directly
	atMean := mul(mul(atNum, xi), xi)
	accumulate(atMean, double(q), atTop)
	deduct(atMean, sub(constant(1), double(q)), atDen)
	accumulate(atMean, double(argument("gslope")), div(constant(1), mean))

	inside := func(v vec) vec { return keep(compare(load(row(keptBin), nil), notLess, c(0)), v) }
	v = mul(q, sub(atNum, atDen))
	accumulate(v, mul(rest, rest), atTop)
	store(inside(mul(v, load(row(keptDD0), nil))), nil, row(gradD0))
	v = mul(mul(xi, xi), atTop)
	deduct(v, q, atDen)
	store(inside(mul(v, load(row(keptDD1), nil))), nil, row(gradD1))

	invW := div(constant(1), w)
	dx := mul(mul(atXi, invW), spread(constants(splineInverse)))
	outside := compare(load(row(keptBin), nil), less, c(0))
	dx = choose(outside, argument("gy"), dx)
	store(dx, by, Mem{Base: pointer("dx", at)})

	minusFree := mul(spread(constants(splineFreeW)), negative(invW))
	here := mul(atMean, mean)
	accumulate(here, atXi, xi)
	bins := func(before, here vec, gradBefore, keptBelow, keptHere int) {
		before, here = inside(before), inside(here)
		store(before, nil, row(gradBefore))
		store(here, nil, row(gradBefore+1))
		dot := mul(before, load(row(keptBelow), nil))
		store(accumulate(dot, here, load(row(keptHere), nil)), nil, row(gradBefore+2))
	}
	bins(mul(atXi, minusFree), mul(here, minusFree), gradBeforeW, keptBelowW, keptW)
	here = mul(atMean, invW)
	accumulate(here, imageGradient(), image)
	free := spread(constants(splineFreeH))
	bins(mul(imageGradient(), free), mul(here, free), gradBeforeH, keptBelowH, keptH)
}
