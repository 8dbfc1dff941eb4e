package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// dots computes inner products of rows of A with n rows of B, for groups of rows: out
// receives rows*n values a group, row by row. All rows are contiguous, of k values. Every
// product is summed in the same order, whatever its row's place in a group.
func dots(rows, n int) {
	function(fmt.Sprintf("dots%dx%d", rows, n),
		"groups, k int, a *float32, rowA int, b *float32, rowB int, out *float32")
	rowA, rowB := arg("rowA"), arg("rowB")
	var by *mask
	if rows*n < lanes {
		count := GP64()
		MOVQ(U32(rows*n), count)
		by = newMasks(count, 1, 1)[0]
	}
	Label("group")
	a, movingA := rowsOf(arg("a"), rowA, rows)
	b, movingB := rowsOf(arg("b"), rowB, n)
	k := arg("k")
	sums := newVecs(rows * n)
	for _, s := range sums {
		zero(s)
	}
	bv, av := newVecs(n), newVec()
	step := func(tail *mask) {
		for j, v := range bv {
			loadTo(b[j], tail, v)
		}
		for i := range rows {
			loadTo(a[i], tail, av)
			for j, v := range bv {
				VFMADD231PS(v, av, sums[i*n+j])
			}
		}
	}
	SUBQ(Imm(uint64(lanes)), k)
	JL(LabelRef("tail"))
	Label("loop")
	step(nil)
	for _, p := range append(movingA, movingB...) {
		ADDQ(Imm(uint64(4*lanes)), p)
	}
	SUBQ(Imm(uint64(lanes)), k)
	JGE(LabelRef("loop"))
	Label("tail")
	ADDQ(Imm(uint64(lanes)), k)
	JZ(LabelRef("done"))
	step(newMask(k))
	Label("done")
	out := arg("out")
	store(reduce(sums), by, Mem{Base: out})
	ADDQ(Imm(uint64(4*rows*n)), slot("out"))
	grow := GP64()
	IMUL3Q(Imm(uint64(rows)), rowA, grow)
	ADDQ(grow, slot("a"))
	DECQ(slot("groups"))
	JNZ(LabelRef("group"))
	leave()
}

// reduce returns the sums over the lanes of each of up to lanes vectors, the i-th sum in lane
// i. At each level two vectors become one: the upper halves of both are added to the lower
// halves, then quarters, and so on, in the same way for all.
func reduce(sums []vec) vec {
	levels := 3
	if wide() {
		levels = 4
	}
	// Fold pairs a fixed distance apart so that the last level leaves lane i to vector i.
	order := foldOrder(levels)
	v := make([]vec, lanes)
	for lane, i := range order {
		v[i] = sums[min(lane, len(sums)-1)]
	}
	for level := range levels {
		next := make([]vec, len(v)/2)
		for i := range next {
			next[i] = fold(levels-level, v[2*i], v[2*i+1])
		}
		v = next
	}
	return v[0]
}

// fold adds the halves of x and of y at a distance of 2^(level-1) lanes: level 4 within the
// vector, 3 within its halves, 2 and 1 within 128 bits.
func fold(level int, x, y vec) vec {
	lo, hi := newVec(), newVec()
	switch {
	case level == 4:
		VSHUFF64X2(Imm(0x44), y, x, lo)
		VSHUFF64X2(Imm(0xEE), y, x, hi)
	case level == 3 && wide():
		VSHUFF64X2(Imm(0x88), y, x, lo)
		VSHUFF64X2(Imm(0xDD), y, x, hi)
	case level == 3:
		VPERM2F128(Imm(0x20), y, x, lo)
		VPERM2F128(Imm(0x31), y, x, hi)
	case level == 2:
		VUNPCKLPD(y, x, lo)
		VUNPCKHPD(y, x, hi)
	default:
		VSHUFPS(Imm(0x88), y, x, lo)
		VSHUFPS(Imm(0xDD), y, x, hi)
	}
	VADDPS(hi, lo, lo)
	return lo
}

// foldOrder returns, for each lane of the result of reduce, the vector that ends there.
func foldOrder(levels int) []int {
	v := make([][]int, 1<<levels) // v[i][lane] is the vector whose sum the lane holds
	for i := range v {
		for range 1 << levels {
			v[i] = append(v[i], i)
		}
	}
	for level := levels; level > 0; level-- {
		next := make([][]int, len(v)/2)
		for i := range next {
			x, y := v[2*i], v[2*i+1]
			out := make([]int, len(x))
			for lane := range out {
				out[lane] = foldLane(level, lane, x, y)
			}
			next[i] = out
		}
		v = next
	}
	return v[0]
}

// foldLane mirrors the lower shuffle of fold.
func foldLane(level, lane int, x, y []int) int {
	chunk, in := lane/4, lane%4
	switch {
	case level == 4:
		return [][]int{x[0:4], x[4:8], y[0:4], y[4:8]}[chunk][in]
	case level == 3 && wide():
		return [][]int{x[0:4], x[8:12], y[0:4], y[8:12]}[chunk][in]
	case level == 3:
		return [][]int{x[0:4], y[0:4]}[chunk][in]
	case level == 2:
		return []int{x[4*chunk], x[4*chunk+1], y[4*chunk], y[4*chunk+1]}[in]
	}
	return []int{x[4*chunk], x[4*chunk+2], y[4*chunk], y[4*chunk+2]}[in]
}

// transpose writes columns of src, which has lanes rows of k values, as k rows of dst.
// Strides are in bytes.
func transpose() {
	function("transpose", "k int, src *float32, rowSrc int, dst *float32, rowDst int")
	k, rowDst, dst := arg("k"), arg("rowDst"), arg("dst")
	src, moving := rowsOf(arg("src"), arg("rowSrc"), lanes)
	Label("loop")
	CMPQ(k, Imm(uint64(lanes)))
	JL(LabelRef("tail"))
	transposeBlock(src, nil, func(col int, v vec) {
		store(v, nil, Mem{Base: dst})
		ADDQ(rowDst, dst)
	})
	for _, p := range moving {
		ADDQ(Imm(uint64(4*lanes)), p)
	}
	SUBQ(Imm(uint64(lanes)), k)
	JNZ(LabelRef("loop"))
	leave()
	Label("tail")
	transposeBlock(src, newMask(k), func(col int, v vec) {
		store(v, nil, Mem{Base: dst})
		if col < lanes-1 {
			ADDQ(rowDst, dst)
			DECQ(k)
			JZ(LabelRef("done"))
		}
	})
	Label("done")
	leave()
}

// transposeBlock passes the columns of a square block to put, in their order.
func transposeBlock(src []Mem, by *mask, put func(col int, v vec)) {
	r := make([]vec, lanes)
	for i := range r {
		r[i] = load(src[i], by)
	}
	pair := func(op func(ops ...Op), x, y vec) vec {
		v := newVec()
		op(y, x, v)
		return v
	}
	// Within 128 bits: u[4*i+j] holds columns j, 4+j, ... of rows 4*i to 4*i+3.
	t, u := make([]vec, lanes), make([]vec, lanes)
	for i := 0; i < lanes; i += 2 {
		t[i], t[i+1] = pair(VUNPCKLPS, r[i], r[i+1]), pair(VUNPCKHPS, r[i], r[i+1])
	}
	for i := 0; i < lanes; i += 4 {
		u[i], u[i+1] = pair(VUNPCKLPD, t[i], t[i+2]), pair(VUNPCKHPD, t[i], t[i+2])
		u[i+2], u[i+3] = pair(VUNPCKLPD, t[i+1], t[i+3]), pair(VUNPCKHPD, t[i+1], t[i+3])
	}
	columns := make([]vec, lanes)
	for j := range 4 {
		if !wide() {
			lo, hi := newVec(), newVec()
			VPERM2F128(Imm(0x20), u[4+j], u[j], lo)
			VPERM2F128(Imm(0x31), u[4+j], u[j], hi)
			columns[j], columns[4+j] = lo, hi
			continue
		}
		quarter := func(imm uint64, x, y vec) vec {
			v := newVec()
			VSHUFF64X2(Imm(imm), y, x, v)
			return v
		}
		even, odd := quarter(0x88, u[j], u[4+j]), quarter(0xDD, u[j], u[4+j])
		even2, odd2 := quarter(0x88, u[8+j], u[12+j]), quarter(0xDD, u[8+j], u[12+j])
		columns[j], columns[8+j] = quarter(0x88, even, even2), quarter(0xDD, even, even2)
		columns[4+j], columns[12+j] = quarter(0x88, odd, odd2), quarter(0xDD, odd, odd2)
	}
	for i, v := range columns {
		put(i, v)
	}
}
