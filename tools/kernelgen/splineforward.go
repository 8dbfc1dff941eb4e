package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

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
			e := expNear(1, atLeast(sub(load(Mem{Base: r.from}, by), r.top), -expLimit))
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
