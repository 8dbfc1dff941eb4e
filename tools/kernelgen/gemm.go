package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func gemmKernels() {
	fmaLoop()
	for _, vectors := range []int{2, 1} {
		for _, rows := range []int{tallest(), 4, 2, 1} {
			tile("gemm", multiply, rows, vectors)
		}
	}
	tile("gemm", multiply, 2, 4)
	tile("gemm", multiply, 1, 4)
	for n := 1; n <= 4; n++ {
		dots(lanes/n, n)
		if n < lanes {
			dots(1, n)
		}
	}
	transpose()
}

// tallest returns the number of rows of the tile that does the bulk of the work. It takes eight
// sums to hide the latency of two multiply-adds a cycle; more save loads, and eight rows
// divide the usual batches.
func tallest() int {
	if wide() {
		return 8
	}
	return 6
}

func multiply(b, a, sum vec) { VFMADD231PS(b, a, sum) }

// fmaLoop runs twelve independent chains of multiply-adds.
func fmaLoop() {
	function("fmaLoop", "rounds int")
	n := arg("rounds")
	x := zero(newVec())
	sums := newVecs(12)
	for _, s := range sums {
		zero(s)
	}
	Label("loop")
	for _, s := range sums {
		VFMADD231PS(x, x, s)
	}
	DECQ(n)
	JNZ(LabelRef("loop"))
	leave()
}

// tile multiplies tiles of rows x (vectors*lanes) of C, one below the other:
//
//	C = alpha*A*B, or C += alpha*A*B with accumulate
//
// A has any strides, B contiguous rows; all strides are in bytes. cols <= vectors*lanes
// columns of C exist. AVX-512 reads only those of B; AVX2 reads B in full width, and with
// four vectors it writes C in full width too. add adds the product of two vectors to a sum.
func tile(name string, add func(b, a, sum vec), rows, vectors int) {
	function(fmt.Sprintf("%s%dx%d", name, rows, vectors*lanes),
		"tiles, k int, a *float32, rowA, colA int, b *float32, rowB, ahead int, c *float32, rowC, cols int, alpha float32, accumulate bool")
	rowA, colA, rowB := arg("rowA"), arg("colA"), arg("rowB")
	by := make([]*mask, vectors)
	if wide() {
		by = newMasks(arg("cols"), vectors, 0)
	}

	Label("tile")
	a, moving := rowsOf(arg("a"), rowA, rows)
	b, k := arg("b"), arg("k")
	sums := make([][]vec, rows)
	for i := range sums {
		sums[i] = newVecs(vectors)
		for _, s := range sums[i] {
			zero(s)
		}
	}
	bv := newVecs(vectors)
	step := func() {
		for j, v := range bv {
			loadTo(Mem{Base: b}.Offset(4*lanes*j), by[j], v)
		}
		for i := range sums {
			av := newVec()
			VBROADCASTSS(a[i], av)
			for j, v := range bv {
				add(v, av, sums[i][j])
			}
		}
		for _, p := range moving {
			ADDQ(colA, p)
		}
	}
	if vectors == 2 && rows > 4 {
		prefetchTile(rows, vectors)
		ahead := arg("ahead")
		TESTQ(ahead, ahead)
		JZ(LabelRef("loop"))
		CMPQ(slot("tiles"), Imm(1))
		JNE(LabelRef("loop"))
		Label("last")
		for j := 0; j < 4*lanes*vectors; j += 64 {
			PREFETCHT1(Mem{Base: b, Index: ahead, Scale: 1, Disp: j})
		}
		step()
		ADDQ(rowB, b)
		DECQ(k)
		JNZ(LabelRef("last"))
		JMP(LabelRef("summed"))
	}
	Label("loop")
	step()
	ADDQ(rowB, b)
	DECQ(k)
	JNZ(LabelRef("loop"))
	if vectors == 2 && rows > 4 {
		Label("summed")
	}

	CMPL(slot("alpha"), U32(0x3f800000)) // 1
	JEQ(LabelRef("scaled"))
	VBROADCASTSS(slot("alpha"), bv[0])
	for i := range sums {
		for _, s := range sums[i] {
			VMULPS(bv[0], s, s)
		}
	}
	Label("scaled")
	rowC := arg("rowC")
	if !wide() && vectors <= 2 {
		CMPQ(slot("cols"), Imm(uint64(vectors*lanes)))
		JNE(LabelRef("narrow"))
	}
	writeTile(sums, bv, by, rowC, "")
	nextTile(rows, rowA)
	leave()

	if !wide() && vectors <= 2 {
		Label("narrow")
		writeTile(sums, bv, newMasks(arg("cols"), vectors, 0), rowC, "Narrow")
		nextTile(rows, rowA)
		leave()
	}
}

// prefetchTile asks for the tile's part of C, which it reads or writes after its sums over k.
func prefetchTile(rows, vectors int) {
	p, stride := GP64(), arg("rowC")
	MOVQ(slot("c"), p)
	for range rows {
		for j := 0; j < 4*lanes*vectors; j += 64 {
			PREFETCHT0(Mem{Base: p, Disp: j})
		}
		ADDQ(stride, p)
	}
}

// writeTile stores the sums in C, or adds them to it, and moves c below the tile.
func writeTile(sums [][]vec, temps []vec, by []*mask, rowC reg.GPVirtual, suffix string) {
	out, p := arg("c"), GP64()
	CMPB(slot("accumulate"), Imm(0))
	JEQ(LabelRef("store" + suffix))
	MOVQ(out, p)
	for i := range sums {
		for j, t := range temps {
			loadTo(Mem{Base: p}.Offset(4*lanes*j), by[j], t)
			VADDPS(t, sums[i][j], sums[i][j])
		}
		ADDQ(rowC, p)
	}
	Label("store" + suffix)
	for i := range sums {
		for j := range temps {
			store(sums[i][j], by[j], Mem{Base: out}.Offset(4*lanes*j))
		}
		ADDQ(rowC, out)
	}
	MOVQ(out, slot("c"))
}

// nextTile moves a below the tile and goes on while tiles are left.
func nextTile(rows int, rowA reg.GPVirtual) {
	step := GP64()
	IMUL3Q(Imm(uint64(rows)), rowA, step)
	ADDQ(step, slot("a"))
	DECQ(slot("tiles"))
	JNZ(LabelRef("tile"))
}
