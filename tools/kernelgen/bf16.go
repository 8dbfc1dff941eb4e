package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/reg"
)

// Products of bfloat16. A pair is two consecutive values along k in 32 bits, the first one in the lower
// half, so that a tile of pairs is a tile of float32 with half the steps along k.

func bf16Kernels() {
	for _, vectors := range []int{2, 1} {
		for _, rows := range []int{tallest(), 4, 2, 1} {
			tile("pairs", multiplyPairs, rows, vectors)
		}
	}
	pairRows()
	pairColumns()
	vendor()
}

// vendor returns the first four letters of the CPU's vendor, the first one in the lowest byte.
func vendor() {
	TEXT("vendor", NOSPLIT, "func() uint32")
	XORL(reg.EAX, reg.EAX)
	CPUID()
	Store(reg.EBX, ReturnIndex(0))
	RET()
}

// multiplyPairs adds the two products of each pair of a and b to sum, the second one first.
func multiplyPairs(b, a, sum vec) {
	Instruction(&ir.Instruction{
		Opcode: "VDPBF16PS", ISA: []string{"AVX512_BF16"},
		Operands: []Op{b, a, sum}, Inputs: []Op{b, a, sum}, Outputs: []Op{sum},
	})
}

// toBF16 rounds 16 values of low and 16 of high, in this order, to the nearest bfloat16.
func toBF16(low, high vec) vec {
	v := newVec()
	Instruction(&ir.Instruction{
		Opcode: "VCVTNE2PS2BF16", ISA: []string{"AVX512_BF16"},
		Operands: []Op{low, high, v}, Inputs: []Op{low, high}, Outputs: []Op{v},
	})
	return v
}

// evex holds the prefix bits pp of the instructions above and their opcodes, in the map 0F38.
var evex = map[string]struct{ pp, opcode uint32 }{
	"VDPBF16PS":      {2, 0x52},
	"VCVTNE2PS2BF16": {3, 0x72},
}

// unknown returns a pass that replaces instructions which Go's assembler does not know by what encode returns, once
// registers are allocated. It keeps those for which that is nil.
func unknown(encode func(i *ir.Instruction) []ir.Node) pass.FunctionPass {
	return func(f *ir.Function) error {
		var nodes []ir.Node
		for _, node := range f.Nodes {
			var code []ir.Node
			if i, ok := node.(*ir.Instruction); ok {
				code = encode(i)
			}
			if code == nil {
				code = []ir.Node{node}
			}
			nodes = append(nodes, code...)
		}
		f.Nodes = nodes
		return nil
	}
}

// encodeBF16 returns the bytes of an instruction of AVX512-BF16, after a comment that says what it is, nil for others.
func encodeBF16(i *ir.Instruction) []ir.Node {
	code, known := evex[i.Opcode]
	if !known {
		return nil
	}
	rm, second, dst := number(i.Operands[0]), number(i.Operands[1]), number(i.Operands[2])
	bit := func(n, i uint32) uint32 { return n >> i & 1 }
	// Intel SDM volume 2, 2.7.1: register numbers are inverted where they are in the prefix.
	p0 := (1^bit(dst, 3))<<7 | (1^bit(rm, 4))<<6 | (1^bit(rm, 3))<<5 | (1^bit(dst, 4))<<4 | 2
	p1 := (^second&15)<<3 | 1<<2 | code.pp
	const length512 = 2 << 5
	p2 := length512 | (1^bit(second, 4))<<3
	modrm := 3<<6 | (dst&7)<<3 | rm&7
	return []ir.Node{
		ir.NewComment(fmt.Sprintf("%s Z%d, Z%d, Z%d", i.Opcode, rm, second, dst)),
		&ir.Instruction{Opcode: "LONG", Operands: []Op{U32(0x62 | p0<<8 | p1<<16 | p2<<24)}},
		&ir.Instruction{Opcode: "WORD", Operands: []Op{U16(code.opcode | modrm<<8)}},
	}
}

func number(o Op) uint32 { return uint32(o.(reg.Physical).PhysicalIndex()) }

// pairRows packs neighbours of a row: a row of cols values becomes one of (cols+1)/2 pairs. Strides are
// in bytes.
func pairRows() {
	function("pairRows", "rows, cols int, src *float32, rowSrc int, dst *float32, rowDst int")
	cols, rest, half := arg("cols"), GP64(), GP64()
	MOVQ(cols, rest)
	ANDQ(Imm(uint64(2*lanes-1)), rest)
	masks := newMasks(rest, 2, 0)
	LEAQ(Mem{Base: rest}.Offset(1), half)
	SHRQ(Imm(1), half)
	to := newMasks(half, 1, 2)[0]
	Label("row")
	src, dst, left := arg("src"), arg("dst"), GP64()
	pack := func(low, high, to *mask) {
		v := toBF16(load(Mem{Base: src}, low), load(Mem{Base: src}.Offset(4*lanes), high))
		store(v, to, Mem{Base: dst})
	}
	MOVQ(cols, left)
	SUBQ(Imm(uint64(2*lanes)), left)
	JL(LabelRef("tail"))
	Label("loop")
	pack(nil, nil, nil)
	ADDQ(Imm(uint64(8*lanes)), src)
	ADDQ(Imm(uint64(4*lanes)), dst)
	SUBQ(Imm(uint64(2*lanes)), left)
	JGE(LabelRef("loop"))
	Label("tail")
	TESTQ(rest, rest)
	JZ(LabelRef("done"))
	pack(masks[0], masks[1], to)
	Label("done")
	nextRows("src", "rowSrc", 1)
	nextRows("dst", "rowDst", 1)
	DECQ(slot("rows"))
	JNZ(LabelRef("row"))
	leave()
}

// pairColumns packs neighbours of a column: rows of cols values become (rows+1)/2 rows of cols pairs.
// Strides are in bytes.
func pairColumns() {
	function("pairColumns", "rows, cols int, src *float32, rowSrc int, dst *float32, rowDst int")
	zip := newVec()
	VMOVUPS(zipTable(), zip)
	none := zero(newVec())
	cols, rest := arg("cols"), GP64()
	MOVQ(cols, rest)
	ANDQ(Imm(uint64(lanes-1)), rest)
	tail := newMask(rest)
	CMPQ(slot("rows"), Imm(2))
	JL(LabelRef("last"))
	Label("row")
	zipRows(cols, rest, tail, zip, nil, "row")
	nextRows("src", "rowSrc", 2)
	nextRows("dst", "rowDst", 1)
	SUBQ(Imm(2), slot("rows"))
	CMPQ(slot("rows"), Imm(2))
	JGE(LabelRef("row"))
	Label("last")
	CMPQ(slot("rows"), Imm(0))
	JEQ(LabelRef("end"))
	zipRows(cols, rest, tail, zip, none, "last")
	Label("end")
	leave()
}

// zipRows packs a row with the next one, or with a given vector.
func zipRows(cols, rest reg.GPVirtual, tail *mask, zip, with vec, name string) {
	src, dst, row, left := arg("src"), arg("dst"), arg("rowSrc"), GP64()
	pack := func(by *mask) {
		second := with
		if with == nil {
			second = load(Mem{Base: src, Index: row, Scale: 1}, by)
		}
		v := toBF16(load(Mem{Base: src}, by), second)
		VPERMW(v, zip, v)
		store(v, by, Mem{Base: dst})
	}
	MOVQ(cols, left)
	SUBQ(Imm(uint64(lanes)), left)
	JL(LabelRef(name + "Tail"))
	Label(name + "Loop")
	pack(nil)
	ADDQ(Imm(uint64(4*lanes)), src)
	ADDQ(Imm(uint64(4*lanes)), dst)
	SUBQ(Imm(uint64(lanes)), left)
	JGE(LabelRef(name + "Loop"))
	Label(name + "Tail")
	TESTQ(rest, rest)
	JZ(LabelRef(name + "Done"))
	pack(tail)
	Label(name + "Done")
}

// zipTable returns the order of words that alternates between the halves of a vector.
func zipTable() Mem {
	m := GLOBL("zip", 8|16)
	for i := range lanes {
		DATA(4*i, U32(uint32(i)|uint32(lanes+i)<<16))
	}
	return m
}

// nextRows moves a pointer argument by rows.
func nextRows(pointer, stride string, rows int) {
	step := arg(stride)
	for range rows {
		ADDQ(step, slot(pointer))
	}
}

// roundBF16 rounds n values to the nearest bfloat16 with integer arithmetic, as the conversion of
// AVX512-BF16 does: ties to even, denormals to zero, NaN to a quiet one.
func roundBF16() {
	function("roundBF16", "n int, dst, x *float32")
	n, dst, x := arg("n"), arg("dst"), arg("x")
	elements(n, func(at func(p reg.Register) Mem, by *mask) {
		v := load(at(x), by)
		odd := and(shiftRight(v, 16), bits(1))
		rounded := addInt(addInt(v, bits(0x7fff)), odd)
		quiet := newVec()
		if wide() {
			VPORD_BCST(pattern(0x400000), v, quiet)
		} else {
			VORPS(pattern(0x400000), v, quiet)
		}
		v, tiny := choose(compare(v, unordered, v), quiet, rounded), and(v, bits(signBit))
		magnitude := absolute(load(at(x), by))
		v = choose(compare(magnitude, less, c(minNormal)), tiny, v)
		store(and(v, bits(0xffff0000)), by, at(dst))
	})
	leave()
}
