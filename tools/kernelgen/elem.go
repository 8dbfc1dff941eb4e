package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

var labels int

// fresh returns a label that no other loop of the function has.
func fresh(name string) string {
	labels++
	return fmt.Sprintf("%s%d", name, labels)
}

// elements runs body over n > 0 elements: whole vectors, then the rest under a mask. at is
// the current place in the slice that begins at p.
func elements(n reg.GPVirtual, body func(at func(p reg.Register) Mem, by *mask)) {
	loop, tail, done := fresh("loop"), fresh("tail"), fresh("done")
	offset, left := GP64(), GP64()
	at := func(p reg.Register) Mem { return Mem{Base: p, Index: offset, Scale: 4} }
	XORQ(offset, offset)
	MOVQ(n, left)
	SUBQ(Imm(uint64(lanes)), left)
	JL(LabelRef(tail))
	Label(loop)
	body(at, nil)
	ADDQ(Imm(uint64(lanes)), offset)
	SUBQ(Imm(uint64(lanes)), left)
	JGE(LabelRef(loop))
	Label(tail)
	ADDQ(Imm(uint64(lanes)), left)
	JZ(LabelRef(done))
	body(at, newMask(left))
	Label(done)
}

// matrixRows runs body once for every row, and moves the pointers by a row after each.
func matrixRows(cols reg.GPVirtual, pointers []reg.GPVirtual, body func()) {
	row := fresh("row")
	Label(row)
	body()
	for _, p := range pointers {
		LEAQ(Mem{Base: p, Index: cols, Scale: 4}, p)
	}
	DECQ(slot("rows"))
	JNZ(LabelRef(row))
}

func elemKernels() {
	simple()
	roundBF16()
	for _, a := range activations {
		biasAct(a.name, a.f)
	}
	colSum("colSum", false)
	colSum("mulColSum", true)
	fillRows()
	dot()
	adam()
	softmax("softmax", false)
	softmax("logSoftmax", true)
	layerNorm()
	layerNormBackward()
	attentionKernels()
}

func simple() {
	unary := func(name string, f func(x vec) vec) {
		function(name, "n int, dst, x *float32")
		n, dst, x := arg("n"), arg("dst"), arg("x")
		elements(n, func(at func(reg.Register) Mem, by *mask) {
			store(f(load(at(x), by)), by, at(dst))
		})
		leave()
	}
	unary("exp", exp)
	unary("log", log)
	pairs := func(name string, f func(x, y vec) vec) {
		function(name, "n int, dst, a, b *float32")
		n, dst, a, b := arg("n"), arg("dst"), arg("a"), arg("b")
		elements(n, func(at func(reg.Register) Mem, by *mask) {
			store(f(load(at(a), by), load(at(b), by)), by, at(dst))
		})
		leave()
	}
	pairs("mul", func(x, y vec) vec { return mul(x, y) })
	pairs("add", func(x, y vec) vec { return add(x, y) })

	function("axpy", "n int, alpha float32, x, y *float32")
	n, alpha, x, y := arg("n"), broadcast("alpha"), arg("x"), arg("y")
	elements(n, func(at func(reg.Register) Mem, by *mask) {
		store(accumulate(load(at(y), by), load(at(x), by), alpha), by, at(y))
	})
	leave()

	function("scale", "n int, alpha float32, x *float32")
	n, alpha, x = arg("n"), broadcast("alpha"), arg("x")
	elements(n, func(at func(reg.Register) Mem, by *mask) {
		store(mul(load(at(x), by), alpha), by, at(x))
	})
	leave()

	function("sinCos", "rows, cols int, x, y *float32, stride int")
	cols, x, sin, cos, stride := arg("cols"), arg("x"), arg("y"), GP64(), arg("stride")
	row := fresh("row")
	Label(row)
	LEAQ(Mem{Base: sin, Index: cols, Scale: 4}, cos)
	elements(cols, func(at func(reg.Register) Mem, by *mask) {
		s, k := sinCos(load(at(x), by))
		store(s, by, at(sin))
		store(k, by, at(cos))
	})
	LEAQ(Mem{Base: x, Index: cols, Scale: 4}, x)
	ADDQ(stride, sin)
	DECQ(slot("rows"))
	JNZ(LabelRef(row))
	leave()
}

// biasAct computes y = f(z+bias) and, unless dy is nil, its derivative.
func biasAct(name string, f activation) {
	function("bias"+name, "rows, cols int, z, bias, y, dy *float32")
	cols, z, bias, y, dy := arg("cols"), arg("z"), arg("bias"), arg("y"), arg("dy")
	holdConstants()
	matrixRows(cols, []reg.GPVirtual{z, y, dy}, func() {
		elements(cols, func(at func(reg.Register) Mem, by *mask) {
			value, derivative := f(add(load(at(z), by), load(at(bias), by)))
			store(value, by, at(y))
			skip := fresh("skip")
			CMPQ(slot("dy"), Imm(0))
			JEQ(LabelRef(skip))
			store(derivative(), by, at(dy))
			Label(skip)
		})
	})
	leave()
	releaseConstants()
}

// colSum sums columns in strips, eight vectors wide while they last, then four and one. With product it first
// multiplies up by dy and stores that in gz.
func colSum(name string, product bool) {
	args := "x, sum *float32"
	if product {
		args = "up, dy, gz, sum *float32"
	}
	function(name, "rows, cols int, "+args)
	cols, sum := arg("cols"), arg("sum")
	var pointers []reg.GPVirtual
	if product {
		pointers = []reg.GPVirtual{arg("up"), arg("dy"), arg("gz")}
	} else {
		pointers = []reg.GPVirtual{arg("x")}
	}
	stride, left, rows := GP64(), GP64(), GP64()
	MOVQ(cols, left)
	MOVQ(cols, stride)
	SHLQ(Imm(2), stride)
	strip := func(vectors int, by *mask) {
		sums := newVecs(vectors)
		for _, s := range sums {
			zero(s)
		}
		var p []reg.GPVirtual
		for _, from := range pointers {
			to := GP64()
			MOVQ(from, to)
			p = append(p, to)
		}
		MOVQ(slot("rows"), rows)
		row := fresh("row")
		Label(row)
		for i, s := range sums {
			v := load(Mem{Base: p[0]}.Offset(4*lanes*i), by)
			if product {
				v = mul(v, load(Mem{Base: p[1]}.Offset(4*lanes*i), by))
				store(v, by, Mem{Base: p[2]}.Offset(4*lanes*i))
			}
			VADDPS(v, s, s)
		}
		for _, to := range p {
			ADDQ(stride, to)
		}
		DECQ(rows)
		JNZ(LabelRef(row))
		for i, s := range sums {
			store(s, by, Mem{Base: sum}.Offset(4*lanes*i))
		}
		for _, q := range append(pointers, sum) {
			ADDQ(U32(4*lanes*vectors), q)
		}
	}
	for _, vectors := range []int{8, 4, 1} {
		loop, next := fresh("strip"), fresh("narrower")
		Label(loop)
		CMPQ(left, Imm(uint64(vectors*lanes)))
		JL(LabelRef(next))
		strip(vectors, nil)
		SUBQ(Imm(uint64(vectors*lanes)), left)
		JMP(LabelRef(loop))
		Label(next)
	}
	TESTQ(left, left)
	JZ(LabelRef("done"))
	strip(1, newMask(left))
	Label("done")
	leave()
}

// fillRows sets each row to one value.
func fillRows() {
	function("fillRows", "rows, cols int, v, dst *float32")
	cols, v, dst := arg("cols"), arg("v"), arg("dst")
	matrixRows(cols, []reg.GPVirtual{dst}, func() {
		x := spread(Mem{Base: v})
		elements(cols, func(at func(reg.Register) Mem, by *mask) { store(x, by, at(dst)) })
		ADDQ(Imm(4), v)
	})
	leave()
}

// dot adds the products of n elements, a multiple of 32, to 32 sums in double precision.
func dot() {
	const sumsPerCall = 32
	function("dot", "n int, x, y *float32, sums *float64")
	n, x, y, out := arg("n"), arg("x"), arg("y"), arg("sums")
	doubles := lanes / 2
	sums := newVecs(sumsPerCall / doubles)
	for i, s := range sums {
		VMOVUPD(Mem{Base: out}.Offset(8*doubles*i), s)
	}
	Label("loop")
	for i, s := range sums {
		a, b := newVec(), newVec()
		VCVTPS2PD(Mem{Base: x}.Offset(4*doubles*i), a)
		VCVTPS2PD(Mem{Base: y}.Offset(4*doubles*i), b)
		VFMADD231PD(a, b, s)
	}
	ADDQ(Imm(4*sumsPerCall), x)
	ADDQ(Imm(4*sumsPerCall), y)
	SUBQ(Imm(sumsPerCall), n)
	JNZ(LabelRef("loop"))
	for i, s := range sums {
		VMOVUPD(s, Mem{Base: out}.Offset(8*doubles*i))
	}
	leave()
}

// adam is AdamStep of internal/kernel.
func adam() {
	function("adam", "n int, p, grad, m, v, ema *float32, scale, beta1, new1, beta2, new2, keep, step, eps, decay, freshness float32")
	n, p, grad, m, v, ema := arg("n"), arg("p"), arg("grad"), arg("m"), arg("v"), arg("ema")
	value := broadcast // AVX2 has too few registers to hold the ten
	if wide() {
		held := map[string]vec{}
		for _, name := range []string{"scale", "beta1", "new1", "beta2", "new2", "keep", "step", "eps", "decay", "freshness"} {
			held[name] = broadcast(name)
		}
		value = func(name string) vec { return held[name] }
	}
	elements(n, func(at func(reg.Register) Mem, by *mask) {
		g := mul(load(at(grad), by), value("scale"))
		first := accumulate(mul(load(at(m), by), value("beta1")), g, value("new1"))
		store(first, by, at(m))
		second := accumulate(mul(load(at(v), by), value("beta2")), mul(g, g), value("new2"))
		store(second, by, at(v))
		root := newVec()
		VSQRTPS(second, root)
		change := div(mul(first, value("step")), add(root, value("eps")))
		next := sub(mul(load(at(p), by), value("keep")), change)
		store(next, by, at(p))
		skip := fresh("skip")
		CMPQ(slot("ema"), Imm(0))
		JEQ(LabelRef(skip))
		store(accumulate(mul(load(at(ema), by), value("decay")), next, value("freshness")), by, at(ema))
		Label(skip)
	})
	leave()
}
