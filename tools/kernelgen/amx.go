package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Products of bfloat16 by AMX. A tile register has up to 16 rows of 64 bytes: of A 16 rows of 16 pairs, of B 16 rows
// of pairs, one for each of 16 columns, of C 16 x 16 sums.

func amxKernels() {
	for _, rows := range []int{2, 1} {
		for _, cols := range []int{2, 1} {
			blocks(rows, cols)
		}
	}
}

// blocks multiplies blocks of A, one below the other, with each panel of B: a block is down tiles high, of which the last
// may have fewer rows, a panel across tiles wide. A and B are whole tiles along k. shape is the configuration of the
// tiles, rows the rows of C in a block and cols <= 16*across the columns of C in a panel. Strides are in bytes.
//
//	C = A*B with direct set, for which cols must be 16*across; else
//	C = alpha*A*B, or C += alpha*A*B with accumulate, by way of sums, which has room for a block
//
// Tiles 0 to 3 are sums, 0 and 1 for the upper rows, 4 and 5 of A, 6 and 7 of B.
func blocks(down, across int) {
	TEXT(fmt.Sprintf("blocks%dx%dAMX", down, across), NOSPLIT, "func(shape *byte, blocks, panels, steps, rows, cols int, a *float32, rowA int, b *float32, panelB int, c *float32, rowC int, alpha float32, accumulate, direct bool, sums *float32)")
	Pragma("noescape")
	const tileRows, tileBytes = 16, 64
	shape := arg("shape")
	tileInstruction("LDTILECFG", Mem{Base: shape})
	mask := newMasks(arg("cols"), across, 0)
	alpha := broadcast("alpha")
	rowB := GP64()
	MOVQ(I32(int32(tileBytes*across)), rowB)
	rowA := arg("rowA")

	below := func(row reg.GPVirtual) reg.GPVirtual {
		bytes := GP64()
		IMUL3Q(I32(int32(tileRows*down)), row, bytes)
		return bytes
	}

	Label("panel")
	block, c, blocks := arg("a"), arg("c"), arg("blocks")
	Label("block")
	sum := func(i, j int) Op { return Imm(uint64(2*i + j)) }
	for i := range down {
		for j := range across {
			tileInstruction("TILEZERO", sum(i, j))
		}
	}
	a := []reg.GPVirtual{GP64()}
	MOVQ(block, a[0])
	if down == 2 {
		second := GP64()
		MOVQ(rowA, second)
		SHLQ(Imm(4), second)
		ADDQ(block, second)
		a = append(a, second)
	}
	from, steps := arg("b"), arg("steps")
	Label("step")
	for j := range across {
		tileInstruction("TILELOADD", Mem{Base: from, Index: rowB, Scale: 1, Disp: tileBytes * j}, Imm(uint64(6+j)))
	}
	for i := range down {
		tileInstruction("TILELOADD", Mem{Base: a[i], Index: rowA, Scale: 1}, Imm(uint64(4+i)))
		for j := range across {
			tileInstruction("TDPBF16PS", Imm(uint64(6+j)), Imm(uint64(4+i)), sum(i, j))
		}
		ADDQ(Imm(tileBytes), a[i])
	}
	ADDQ(I32(int32(tileRows*tileBytes*across)), from)
	DECQ(steps)
	JNZ(LabelRef("step"))

	storeTiles := func(to, row reg.GPVirtual) {
		for i := range down {
			for j := range across {
				tileInstruction("TILESTORED", sum(i, j), Mem{Base: to, Index: row, Scale: 1, Disp: tileBytes * j})
			}
			if i < down-1 {
				skip := GP64()
				MOVQ(row, skip)
				SHLQ(Imm(4), skip)
				ADDQ(skip, to)
			}
		}
	}
	rowC := arg("rowC")
	CMPB(slot("direct"), Imm(0))
	JEQ(LabelRef("sums"))
	to := GP64()
	MOVQ(c, to)
	storeTiles(to, rowC)
	JMP(LabelRef("next"))

	Label("sums")
	storeTiles(arg("sums"), rowB)
	sums, out, rows := arg("sums"), GP64(), arg("rows")
	MOVQ(c, out)
	Label("row")
	v := make([]vec, across)
	for j := range v {
		v[j] = load(Mem{Base: sums}.Offset(tileBytes*j), nil)
		VMULPS(alpha, v[j], v[j])
	}
	CMPB(slot("accumulate"), Imm(0))
	JEQ(LabelRef("store"))
	for j := range v {
		VADDPS(load(Mem{Base: out}.Offset(tileBytes*j), mask[j]), v[j], v[j])
	}
	Label("store")
	for j := range v {
		store(v[j], mask[j], Mem{Base: out}.Offset(tileBytes*j))
	}
	ADDQ(rowB, sums)
	ADDQ(rowC, out)
	DECQ(rows)
	JNZ(LabelRef("row"))

	Label("next")
	ADDQ(below(rowA), block)
	ADDQ(below(rowC), c)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	next := arg("panelB")
	ADDQ(next, slot("b"))
	ADDQ(I32(int32(tileBytes*across)), slot("c"))
	DECQ(slot("panels"))
	JNZ(LabelRef("panel"))
	tileInstruction("TILERELEASE")
	leave()
}

// tileInstruction adds an instruction of AMX: registers and memory in the order of Go's assembler, the destination
// last. Tile registers are numbers.
func tileInstruction(opcode string, operands ...Op) {
	Instruction(&ir.Instruction{Opcode: opcode, ISA: []string{"AMX_TILE", "AMX_BF16"}, Operands: operands, Inputs: operands})
}

// vex holds the prefix bits pp of the instructions and their opcodes, in the map 0F38.
var vex = map[string]struct{ pp, opcode uint32 }{
	"LDTILECFG":   {0, 0x49},
	"TILERELEASE": {0, 0x49},
	"TILEZERO":    {3, 0x49},
	"TILELOADD":   {3, 0x4b},
	"TILESTORED":  {2, 0x4b},
	"TDPBF16PS":   {2, 0x5c},
}

// encodeAMX returns the bytes of an instruction of AMX, after a comment that says what it is, nil for others.
func encodeAMX(i *ir.Instruction) []ir.Node {
	code, known := vex[i.Opcode]
	if !known {
		return nil
	}
	text := i.Opcode
	var tiles []uint32
	var memory *Mem
	for n, o := range i.Operands {
		if n > 0 {
			text += ","
		}
		switch o := o.(type) {
		case Mem:
			memory = &o
			text += fmt.Sprintf(" %s", o.Asm())
		case U8:
			tiles = append(tiles, uint32(o))
			text += fmt.Sprintf(" T%d", o)
		}
	}
	// Intel SDM volume 2, 2.3.5: register numbers are inverted where they are in the prefix.
	const map0F38, sib, mod32, modRegister = 2, 4, 2 << 6, 3 << 6
	notR, notX, notB, vvvv := uint32(1), uint32(1), uint32(1), uint32(15)
	modrm, sibByte := uint32(modRegister), uint32(0)
	switch {
	case memory != nil:
		base, index := number(memory.Base), uint32(sib) // index 4 is none
		if memory.Index != nil {
			index = number(memory.Index)
			notX ^= index >> 3
		}
		notB ^= base >> 3
		modrm, sibByte = mod32|sib, index&7<<3|base&7
		if len(tiles) > 0 {
			modrm |= tiles[0] << 3
		}
	case len(tiles) == 3: // right factor, left factor, sums
		vvvv ^= tiles[0]
		modrm |= tiles[2]<<3 | tiles[1]
	case len(tiles) == 1:
		modrm |= tiles[0] << 3
	}
	nodes := []ir.Node{ir.NewComment(text), &ir.Instruction{Opcode: "LONG", Operands: []Op{
		U32(0xc4 | (notR<<7|notX<<6|notB<<5|map0F38)<<8 | (vvvv<<3|code.pp)<<16 | code.opcode<<24)}}}
	if memory == nil {
		return append(nodes, &ir.Instruction{Opcode: "BYTE", Operands: []Op{U8(modrm)}})
	}
	return append(nodes,
		&ir.Instruction{Opcode: "WORD", Operands: []Op{U16(modrm | sibByte<<8)}},
		&ir.Instruction{Opcode: "LONG", Operands: []Op{U32(uint32(memory.Disp))}})
}
