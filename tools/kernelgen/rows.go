package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// softmax, or its logarithm, in three passes over a row: maximum, sum of exponentials, result.
func softmax(name string, logarithm bool) {
	function(name, "rows, cols int, x, y *float32")
	cols, x, y := arg("cols"), arg("x"), arg("y")
	matrixRows(cols, []reg.GPVirtual{x, y}, func() {
		top, lowest, sum := newVec(), constant(math.Inf(-1)), zero(newVec())
		VMOVAPS(lowest, top)
		elements(cols, func(at func(reg.Register) Mem, by *mask) {
			VMAXPS(top, loadOr(at(x), by, lowest), top) // a NaN comes out in the exponentials
		})
		broadcastMax(top)
		elements(cols, func(at func(reg.Register) Mem, by *mask) {
			e := exp(sub(loadOr(at(x), by, lowest), top))
			if !logarithm {
				store(e, by, at(y))
			}
			VADDPS(e, sum, sum)
		})
		broadcastSum(sum)
		if logarithm {
			shift := logNormal(sum, zero(newVec()))
			// A NaN has no exponent to take the logarithm of: pass it on.
			shift = choose(compare(sum, notLess, c(math.Inf(1))), sum, shift)
			elements(cols, func(at func(reg.Register) Mem, by *mask) {
				store(sub(sub(load(at(x), by), top), shift), by, at(y))
			})
		} else {
			inverse := div(constant(1), sum)
			elements(cols, func(at func(reg.Register) Mem, by *mask) {
				store(mul(load(at(y), by), inverse), by, at(y))
			})
		}
	})
	leave()
}

// reciprocal returns 1/n in every lane.
func reciprocal(n reg.GPVirtual) vec {
	x, v := XMM(), newVec()
	VXORPS(x, x, x)
	VCVTSI2SSQ(n, x, x)
	VBROADCASTSS(x, v)
	return div(constant(1), v)
}

// putScalar stores the first lane at the pointer in an argument slot and moves that on.
func putScalar(v vec, name string) {
	p := GP64()
	MOVQ(slot(name), p)
	VMOVSS(v.AsX(), Mem{Base: p})
	ADDQ(Imm(4), slot(name))
}

// takeScalar loads the value that putScalar has stored.
func takeScalar(name string) vec {
	p, v := GP64(), newVec()
	MOVQ(slot(name), p)
	VBROADCASTSS(Mem{Base: p}, v)
	ADDQ(Imm(4), slot(name))
	return v
}

func layerNorm() {
	function("layerNorm", "rows, cols int, x, gain, bias, y, mean, rstd *float32, eps float32")
	cols, x, gain, bias, y := arg("cols"), arg("x"), arg("gain"), arg("bias"), arg("y")
	share := reciprocal(cols)
	matrixRows(cols, []reg.GPVirtual{x, y}, func() {
		sum, square := zero(newVec()), zero(newVec())
		elements(cols, func(at func(reg.Register) Mem, by *mask) {
			VADDPS(load(at(x), by), sum, sum)
		})
		mean := mul(broadcastSum(sum), share)
		elements(cols, func(at func(reg.Register) Mem, by *mask) {
			d := sub(loadOr(at(x), by, mean), mean)
			accumulate(square, d, d)
		})
		variance := mul(broadcastSum(square), share)
		root := newVec()
		VSQRTPS(add(variance, broadcast("eps")), root)
		rstd := div(constant(1), root)
		putScalar(mean, "mean")
		putScalar(rstd, "rstd")
		elements(cols, func(at func(reg.Register) Mem, by *mask) {
			h := mul(sub(load(at(x), by), mean), rstd)
			store(accumulate(load(at(bias), by), h, load(at(gain), by)), by, at(y))
		})
	})
	leave()
}

func layerNormBackward() {
	function("layerNormBackward", "rows, cols int, x, gain, mean, rstd, up, dx, dgain, dbias *float32")
	cols, x, gain, up, dx, dgain, dbias := arg("cols"), arg("x"), arg("gain"), arg("up"), arg("dx"), arg("dgain"), arg("dbias")
	share := reciprocal(cols)
	matrixRows(cols, []reg.GPVirtual{x, up, dx}, func() {
		mean, rstd := takeScalar("mean"), takeScalar("rstd")
		sum, dot := zero(newVec()), zero(newVec())
		elements(cols, func(at func(reg.Register) Mem, by *mask) {
			h := mul(sub(load(at(x), by), mean), rstd)
			g := load(at(up), by)
			store(accumulate(load(at(dgain), by), g, h), by, at(dgain))
			store(add(load(at(dbias), by), g), by, at(dbias))
			gh := mul(g, load(at(gain), by))
			VADDPS(gh, sum, sum)
			accumulate(dot, gh, h)
		})
		m, p := mul(broadcastSum(sum), share), mul(broadcastSum(dot), share)
		elements(cols, func(at func(reg.Register) Mem, by *mask) {
			h := mul(sub(load(at(x), by), mean), rstd)
			gh := mul(load(at(up), by), load(at(gain), by))
			store(mul(deduct(sub(gh, m), h, p), rstd), by, at(dx))
		})
	})
	leave()
}
