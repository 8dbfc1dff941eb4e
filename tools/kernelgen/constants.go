package main

import (
	"fmt"
	"maps"
	"math"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

var (
	constants   = map[uint32]Mem{}
	constants64 = map[uint64]Mem{}
)

// held are the constants that the function being generated keeps in registers; nil if it keeps none.
var held map[uint32]vec

// mostHeld leaves registers to the computation.
const mostHeld = 18

// holdConstants has the function keep its constants in registers until releaseConstants, which ends the
// function. An AVX-512 core loads one vector in a cycle, whole or broadcast, so that loading a constant at
// every use takes longer than the arithmetic.
func holdConstants() {
	if !wide() {
		return
	}
	held = map[uint32]vec{}
	JMP(LabelRef("constants"))
	Label("begin")
}

// releaseConstants loads the constants, which are known once the function is written.
func releaseConstants() {
	if !wide() {
		return
	}
	Label("constants")
	for _, u := range slices.Sorted(maps.Keys(held)) {
		VBROADCASTSS(pattern(u), held[u])
	}
	JMP(LabelRef("begin"))
	held = nil
}

// holding returns the register that holds a pattern, if one does.
func holding(u uint32) (v vec, ok bool) {
	if held == nil {
		return nil, false
	}
	if v, ok = held[u]; !ok && len(held) < mostHeld {
		v, ok = newVec(), true
		held[u] = v
	}
	return v, ok
}

// bits returns a 32-bit pattern for every lane, in read-only memory: one value for AVX-512, whose
// instructions broadcast an operand, a full vector for AVX2.
func pattern(u uint32) Mem {
	m, ok := constants[u]
	if !ok {
		m = GLOBL(fmt.Sprintf("lanes%d_%08x", lanes, u), 8|16) // RODATA, NOPTR
		copies := lanes
		if wide() {
			copies = 1
		}
		for i := range copies {
			DATA(4*i, U32(u))
		}
		constants[u] = m
	}
	return m
}

// bits returns a 32-bit pattern for every lane, as an operand: memory, or the register that holds it.
func bits(u uint32) Op {
	if v, ok := holding(u); ok {
		return v
	}
	return pattern(u)
}

// bits64 returns a 64-bit pattern in read-only memory.
func bits64(u uint64) Mem {
	m, ok := constants64[u]
	if !ok {
		m = GLOBL(fmt.Sprintf("double%d_%016x", lanes, u), 8|16) // RODATA, NOPTR
		DATA(0, U64(u))
		constants64[u] = m
	}
	return m
}

// constant loads c(f) into a register.
// c returns a float32 constant for every lane, as an operand.
func c(f float64) Op { return bits(math.Float32bits(float32(f))) }

// constant returns a register with the constant f in every lane, which must not be overwritten.
func constant(f float64) vec {
	u := math.Float32bits(float32(f))
	if v, ok := holding(u); ok {
		return v
	}
	v := newVec()
	if wide() {
		VBROADCASTSS(pattern(u), v)
	} else {
		VMOVUPS(pattern(u), v)
	}
	return v
}
