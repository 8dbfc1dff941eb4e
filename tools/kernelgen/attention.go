package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// spanBlock is SpanBlock of internal/kernel.
const spanBlock = 32

var rampTable Mem

// ramp returns the vector 0, 1, 2, ...
func ramp() vec {
	if rampTable.Base == nil {
		rampTable = GLOBL(fmt.Sprintf("ramp%d", lanes), 8|16) // RODATA, NOPTR
		for i := range lanes {
			DATA(4*i, U32(math.Float32bits(float32(i))))
		}
	}
	return load(rampTable, nil)
}

// spanRows runs body once for every row of stride values at the pointers. body receives the masking of
// the values outside the row's span, which is to be called for each vector in turn, from the first.
func spanRows(pointers []reg.GPVirtual, body func(n reg.GPVirtual, restart func(), inside func(v, other vec) vec)) {
	spans, stride := arg("spans"), arg("stride")
	start := ramp()
	index, from, to := newVec(), newVec(), newVec()
	n := GP64()
	matrixRows(stride, pointers, func() {
		VPBROADCASTD(Mem{Base: spans}, from)
		VPBROADCASTD(Mem{Base: spans, Disp: 4}, to)
		VCVTDQ2PS(from, from)
		VCVTDQ2PS(to, to)
		MOVLQSX(Mem{Base: spans, Disp: 4}, n)
		ADDQ(Imm(spanBlock-1), n)
		ANDQ(I8(-spanBlock), n)
		CMPQ(n, stride)
		CMOVQGT(stride, n)
		ADDQ(Imm(8), spans)
		body(n, func() { VMOVAPS(start, index) }, func(v, other vec) vec {
			v = choose(compare(index, less, to), v, other)
			v = choose(compare(index, less, from), other, v)
			VADDPS(everywhere(float64(lanes)), index, index)
			return v
		})
	})
}

// everywhere returns c(f) as a vector operand.
func everywhere(f float64) Op {
	if wide() {
		return constant(f)
	}
	return c(f)
}

func softmaxSpans() {
	function("softmaxSpans", "rows, stride int, x *float32, spans *int32")
	x := arg("x")
	lowest := constant(math.Inf(-1))
	spanRows([]reg.GPVirtual{x}, func(n reg.GPVirtual, restart func(), inside func(v, other vec) vec) {
		top, sum := newVec(), zero(newVec())
		VMOVAPS(lowest, top)
		restart()
		elements(n, func(at func(reg.Register) Mem, by *mask) {
			v := inside(load(at(x), by), lowest)
			store(v, by, at(x))
			VMAXPS(top, v, top) // a NaN comes out in the exponentials
		})
		broadcastMax(top)
		elements(n, func(at func(reg.Register) Mem, by *mask) {
			e := exp(sub(load(at(x), by), top))
			store(e, by, at(x))
			VADDPS(e, sum, sum)
		})
		inverse := div(constant(1), broadcastSum(sum))
		elements(n, func(at func(reg.Register) Mem, by *mask) {
			store(mul(load(at(x), by), inverse), by, at(x))
		})
	})
	leave()
}

func softmaxSpansBackward() {
	function("softmaxSpansBackward", "rows, stride int, w, d *float32, spans *int32")
	w, d := arg("w"), arg("d")
	none := zero(newVec())
	spanRows([]reg.GPVirtual{w, d}, func(n reg.GPVirtual, restart func(), inside func(v, other vec) vec) {
		dot := zero(newVec())
		restart()
		elements(n, func(at func(reg.Register) Mem, by *mask) {
			g := inside(load(at(d), by), none)
			store(g, by, at(d))
			accumulate(dot, load(at(w), by), g)
		})
		broadcastSum(dot)
		elements(n, func(at func(reg.Register) Mem, by *mask) {
			store(mul(sub(load(at(d), by), dot), load(at(w), by)), by, at(d))
		})
	})
	leave()
}

// mixPhases is the number of consecutive rows with sums of their own in mix: a multiply-add waits for the
// one before it on the same sum.
const mixPhases = 4

// mix computes y = w*X, where X has groups of mixPhases rows of two vectors, rowX bytes apart.
func mix() {
	function("mix", "groups int, w, x *float32, rowX int, y *float32")
	groups, w, rowX, y := arg("groups"), arg("w"), arg("rowX"), arg("y")
	rows, moving := rowsOf(arg("x"), rowX, mixPhases)
	sums := newVecs(2 * mixPhases)
	for _, s := range sums {
		zero(s)
	}
	Label("loop")
	for i, row := range rows {
		weight := newVec()
		VBROADCASTSS(Mem{Base: w, Disp: 4 * i}, weight)
		for j := range 2 {
			VFMADD231PS(row.Offset(4*lanes*j), weight, sums[2*i+j])
		}
	}
	ADDQ(Imm(4*mixPhases), w)
	step := GP64()
	MOVQ(rowX, step)
	SHLQ(Imm(2), step)
	for _, p := range moving {
		ADDQ(step, p)
	}
	DECQ(groups)
	JNZ(LabelRef("loop"))
	for n := len(sums); n > 2; n /= 2 {
		for i := range n / 2 {
			VADDPS(sums[n/2+i], sums[i], sums[i])
		}
	}
	for j := range 2 {
		store(sums[j], nil, Mem{Base: y, Disp: 4 * lanes * j})
	}
	leave()
}

// attendHeads computes the attention of one query in each of several heads, of two vectors' width, to the keys of
// groups of a vector's lanes, of which the last group has so many: quads is the number of keys over mixPhases, rounded
// up. The keys of a head are contiguous, as are the values, and head bytes after those of the head before. The scores
// of a head pass through w. Memory is read before it is used: the values of a head along with its keys, and the keys of
// the next head, or what follows the last one, along with the values.
func attendHeads() {
	function("attendHeads", "heads, groups, last, quads int, scale float32, q, k, v *float32, head int, w, out *float32")
	q, k, v, head, w, out := arg("q"), arg("k"), arg("v"), arg("head"), arg("w"), arg("out")
	by := newMask(arg("last"))
	scale, lowest := broadcast("scale"), constant(math.Inf(-1))
	const line = 64
	row := 2 * 4 * lanes

	Label("head")
	q0, q1 := mul(scale, load(Mem{Base: q}, nil)), mul(scale, load(Mem{Base: q, Disp: 4 * lanes}, nil))
	top := newVec()
	VMOVAPS(lowest, top)
	at, keys, values, left := GP64(), GP64(), GP64(), GP64()
	MOVQ(w, at)
	MOVQ(k, keys)
	MOVQ(v, values)
	MOVQ(slot("groups"), left)
	Label("scores")
	sums := newVecs(lanes)
	for i, s := range sums {
		VMULPS(Mem{Base: keys, Disp: row * i}, q0, s)
		VFMADD231PS(Mem{Base: keys, Disp: row*i + 4*lanes}, q1, s)
	}
	for i := 0; i < row*lanes; i += line {
		PREFETCHT0(Mem{Base: values, Disp: i})
	}
	score := newVec()
	VMOVAPS(reduce(sums), score)
	CMPQ(left, Imm(1))
	JNE(LabelRef("whole"))
	store(lowest, nil, Mem{Base: at})
	store(score, by, Mem{Base: at})
	VMOVUPS(Mem{Base: at}, score)
	Label("whole")
	store(score, nil, Mem{Base: at})
	VMAXPS(top, score, top) // a NaN comes out in the exponentials
	ADDQ(Imm(uint64(4*lanes)), at)
	ADDQ(I32(row*lanes), keys)
	ADDQ(I32(row*lanes), values)
	DECQ(left)
	JNZ(LabelRef("scores"))

	broadcastMax(top)
	sum := zero(newVec())
	MOVQ(w, at)
	MOVQ(slot("groups"), left)
	Label("weights")
	e := exp(sub(load(Mem{Base: at}, nil), top))
	store(e, nil, Mem{Base: at})
	VADDPS(e, sum, sum)
	ADDQ(Imm(uint64(4*lanes)), at)
	DECQ(left)
	JNZ(LabelRef("weights"))
	inverse := div(constant(1), broadcastSum(sum))

	y := newVecs(2 * mixPhases)
	for _, s := range y {
		zero(s)
	}
	ADDQ(head, k)
	MOVQ(w, at)
	MOVQ(k, keys)
	MOVQ(v, values)
	MOVQ(slot("quads"), left)
	Label("mix")
	for i := range mixPhases {
		weight := newVec()
		VBROADCASTSS(Mem{Base: at, Disp: 4 * i}, weight)
		for j := range 2 {
			VFMADD231PS(Mem{Base: values, Disp: row*i + 4*lanes*j}, weight, y[2*i+j])
		}
	}
	for i := 0; i < row*mixPhases; i += line {
		PREFETCHT0(Mem{Base: keys, Disp: i})
	}
	ADDQ(Imm(4*mixPhases), at)
	ADDQ(I32(row*mixPhases), keys)
	ADDQ(I32(row*mixPhases), values)
	DECQ(left)
	JNZ(LabelRef("mix"))
	for n := len(y); n > 2; n /= 2 {
		for i := range n / 2 {
			VADDPS(y[n/2+i], y[i], y[i])
		}
	}
	for j := range 2 {
		store(mul(inverse, y[j]), nil, Mem{Base: out, Disp: 4 * lanes * j})
	}
	ADDQ(head, v)
	ADDQ(I32(row), q)
	ADDQ(I32(row), out)
	DECQ(slot("heads"))
	JNZ(LabelRef("head"))
	leave()
}

func attentionKernels() {
	softmaxSpans()
	softmaxSpansBackward()
	mix()
	attendHeads()
}
