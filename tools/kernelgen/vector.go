package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lanes is the number of float32 values in a vector.
var lanes int

// vec is a vector register of the width being generated.
type vec = reg.VecVirtual

// wide reports AVX-512: 32 registers, and tails by mask registers.
func wide() bool { return lanes == 16 }

func newVec() vec {
	if wide() {
		return ZMM()
	}
	return YMM()
}

func newVecs(n int) []vec {
	v := make([]vec, n)
	for i := range v {
		v[i] = newVec()
	}
	return v
}

// function begins an assembly function; its name ends in the level.
func function(name, args string) {
	level := "AVX2"
	if wide() {
		level = "AVX512"
	}
	TEXT(name+level, NOSPLIT, "func("+args+")")
	Pragma("noescape")
}

// leave ends a function. Without VZEROUPPER scalar code runs several times slower after it.
func leave() {
	VZEROUPPER()
	RET()
}

// zero clears v. VXORPS has no form for registers above 15 in AVX512F, and avo does not say so.
func zero(v vec) vec {
	if wide() {
		VPXORD(v, v, v)
	} else {
		VXORPS(v, v, v)
	}
	return v
}

// arg loads an integer or pointer argument into a register.
func arg(name string) reg.GPVirtual {
	return Load(Param(name), GP64()).(reg.GPVirtual)
}

// slot returns the stack slot of an argument, for values that need no register of their own.
func slot(name string) Mem {
	b, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// broadcast loads a float32 argument into every lane.
func broadcast(name string) vec {
	v := newVec()
	VBROADCASTSS(slot(name), v)
	return v
}

// rowsOf returns the first element of each of n rows, stride bytes apart from base on, and
// the registers that move them all. x86 scales an index by 1, 2, 4 or 8, so three rows share
// a register.
func rowsOf(base, stride reg.GPVirtual, n int) (rows []Mem, moving []reg.GPVirtual) {
	moving = []reg.GPVirtual{base}
	for i := range n {
		if i > 0 && i%3 == 0 {
			p := GP64()
			LEAQ(Mem{Base: moving[len(moving)-1], Index: stride, Scale: 2}, p)
			ADDQ(stride, p)
			moving = append(moving, p)
		}
		m := Mem{Base: moving[i/3]}
		if i%3 > 0 {
			m.Index, m.Scale = stride, uint8(i%3)
		}
		rows = append(rows, m)
	}
	return rows, moving
}

// mask selects the first few lanes of a vector: a K register of AVX-512, a vector of sign
// bits in AVX2.
type mask struct {
	k reg.Register
	v vec
}

const maskVectors = 4 // masks reach over this many vectors

var maskTable Mem

// newMask selects the first n lanes of one vector.
func newMask(n reg.GPVirtual) *mask { return newMasks(n, 1, 0)[0] }

// newMasks selects the first n elements of count consecutive vectors. AVX-512 keeps them in
// the mask registers from number first on.
func newMasks(n reg.GPVirtual, count, first int) []*mask {
	masks := make([]*mask, count)
	for i := range masks {
		masks[i] = new(mask)
	}
	if wide() {
		m := GP64()
		MOVQ(I32(-1), m)
		BZHIQ(n, m, m)
		for i, k := range []reg.Register{reg.K1, reg.K2, reg.K3, reg.K4, reg.K5}[first : first+count] {
			KMOVW(m.As32(), k)
			if i < count-1 {
				SHRQ(Imm(16), m)
			}
			masks[i].k = k
		}
		return masks
	}
	if maskTable.Base == nil {
		maskTable = GLOBL("masks8", 8|16)
		for i := range 2 * maskVectors * lanes {
			u := uint32(0)
			if i < maskVectors*lanes {
				u = 1<<32 - 1
			}
			DATA(4*i, U32(u))
		}
	}
	p := GP64()
	LEAQ(maskTable.Offset(4*maskVectors*lanes), p)
	q := GP64()
	MOVQ(n, q)
	NEGQ(q)
	for i := range masks {
		masks[i].v = newVec()
		VMOVUPS(Mem{Base: p, Index: q, Scale: 4}.Offset(4*lanes*i), masks[i].v)
	}
	return masks
}

// loadTo fills v from memory; with a mask the other lanes are zero and their memory is not
// touched. A nil mask selects all.
func loadTo(m Mem, by *mask, v vec) vec {
	switch {
	case by == nil:
		VMOVUPS(m, v)
	case wide():
		VMOVUPS_Z(m, by.k, v)
	default:
		VMASKMOVPS(m, by.v, v)
	}
	return v
}

func load(m Mem, by *mask) vec { return loadTo(m, by, newVec()) }

// loadOr is load with the lanes of fill where the mask selects none.
func loadOr(m Mem, by *mask, fill vec) vec {
	v := newVec()
	switch {
	case by == nil:
		VMOVUPS(m, v)
	case wide():
		VMOVAPS(fill, v)
		VMOVUPS(m, by.k, v)
	default:
		VMASKMOVPS(m, by.v, v)
		VBLENDVPS(by.v, v, fill, v)
	}
	return v
}

// store writes v, or the lanes of v that the mask selects.
func store(v vec, by *mask, m Mem) {
	switch {
	case by == nil:
		VMOVUPS(v, m)
	case wide():
		VMOVUPS(v, by.k, m)
	default:
		VMASKMOVPS(v, by.v, m)
	}
}
