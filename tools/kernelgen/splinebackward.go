package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

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
				store(add(v, load(Mem{Base: toH}, nil)), nil, Mem{Base: toH})
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
