package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// distancesPerCall is the number of points that a step of the distances kernel takes at either width, so that its
// partial sums are the same.
const distancesPerCall = 8

// pointKernels are the kernels over points of the plane.
func pointKernels() {
	distances()
	gaussians()
}

// distances computes the distances from (x, y) to n points, a multiple of 8, in double precision. It adds each to
// its element of col, and to one of 8 partial sums. It multiplies and adds in two roundings, as the portable twin does.
func distances() {
	function("distances", "n int, x, y float64, bx, by, col, sums *float64")
	n, bx, by, col, out := arg("n"), arg("bx"), arg("by"), arg("col"), arg("sums")
	doubles := lanes / 2
	px, py := newVec(), newVec()
	VBROADCASTSD(slot("x"), px)
	VBROADCASTSD(slot("y"), py)
	sums := newVecs(distancesPerCall / doubles)
	for i, s := range sums {
		VMOVUPD(Mem{Base: out}.Offset(8*doubles*i), s)
	}
	offset := GP64()
	XORQ(offset, offset)
	Label("loop")
	for i, s := range sums {
		at := func(p Mem) Mem { p.Index, p.Scale = offset, 8; return p.Offset(8 * doubles * i) }
		dx, dy := newVec(), newVec()
		VSUBPD(at(Mem{Base: bx}), px, dx)
		VSUBPD(at(Mem{Base: by}), py, dy)
		VMULPD(dx, dx, dx)
		VMULPD(dy, dy, dy)
		VADDPD(dy, dx, dx)
		VSQRTPD(dx, dx)
		VADDPD(dx, s, s)
		VADDPD(at(Mem{Base: col}), dx, dx)
		VMOVUPD(dx, at(Mem{Base: col}))
	}
	ADDQ(Imm(distancesPerCall), offset)
	SUBQ(Imm(distancesPerCall), n)
	JNZ(LabelRef("loop"))
	for i, s := range sums {
		VMOVUPD(s, Mem{Base: out}.Offset(8*doubles*i))
	}
	leave()
}

// gaussians adds to sum, at each of n points, the terms of nodes of 5 values: the centre and the rate along each
// coordinate, and the weight. Terms beyond the cutoff of the exponent are 0.
func gaussians() {
	const valuesPerNode = 5
	function("gaussians", "n int, x, y, sum *float32, nodes int, node *float32, cutoff float32")
	n, x, y, sum, first := arg("n"), arg("x"), arg("y"), arg("sum"), arg("node")
	cutoff := broadcast("cutoff")
	elements(n, func(at func(reg.Register) Mem, by *mask) {
		px, py, total := load(at(x), by), load(at(y), by), load(at(sum), by)
		node, left := GP64(), GP64()
		MOVQ(first, node)
		MOVQ(slot("nodes"), left)
		next := fresh("node")
		Label(next)
		value := func(i int) vec {
			v := newVec()
			VBROADCASTSS(Mem{Base: node}.Offset(4*i), v)
			return v
		}
		a, b := mul(sub(px, value(0)), value(1)), mul(sub(py, value(2)), value(3))
		exponent := accumulate(mul(a, a), b, b)
		term := expNear(-1, atMost(exponent, expLimit))
		term = keep(compare(exponent, less, cutoff), term)
		accumulate(total, term, value(4))
		ADDQ(Imm(4*valuesPerNode), node)
		DECQ(left)
		JNZ(LabelRef(next))
		store(total, by, at(sum))
	})
	leave()
}
