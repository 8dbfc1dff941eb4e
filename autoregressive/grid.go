package autoregressive

import "math"

// grid divides a box into cells and numbers their digits. Of base^digits bins on an axis the
// lowest has all digits 0; a bin has its lower edge, not its upper one.
type grid struct {
	box          Box
	base, digits int
	interleaved  bool
}

func (g grid) bins() int {
	n := 1
	for range g.digits {
		n *= g.base
	}
	return n
}

func (g grid) bin() (dx, dy float64) {
	n := float64(g.bins())
	return (g.box.XMax - g.box.XMin) / n, (g.box.YMax - g.box.YMin) / n
}

// cell returns the bins of a point, and whether it is in the box.
func (g grid) cell(x, y float64) (i, j int, inside bool) {
	b := g.box
	if !(x >= b.XMin && x < b.XMax && y >= b.YMin && y < b.YMax) {
		return 0, 0, false
	}
	i, j = g.nearest(x, y)
	return i, j, true
}

// nearest returns the bins of the point of the box that is nearest to a point.
func (g grid) nearest(x, y float64) (i, j int) {
	b, n := g.box, g.bins()
	axis := func(v, lo, hi float64) int {
		return int(math.Max(0, math.Min(float64(n-1), math.Floor((v-lo)/(hi-lo)*float64(n)))))
	}
	return axis(x, b.XMin, b.XMax), axis(y, b.YMin, b.YMax)
}

// place says where in the sequence digit k of an axis stands, the first digit being the
// coarsest.
func (g grid) place(axis, k int) int {
	if g.interleaved {
		return 2*k + axis
	}
	return axis*g.digits + k
}

// write stores the 2·digits digits of a cell.
func (g grid) write(dst []int, i, j int) {
	for axis, v := range [2]int{i, j} {
		for k := g.digits - 1; k >= 0; k-- {
			dst[g.place(axis, k)] = v % g.base
			v /= g.base
		}
	}
}

// read returns the cell of its digits.
func (g grid) read(digits []int) (i, j int) {
	for k := range g.digits {
		i = i*g.base + digits[g.place(0, k)]
		j = j*g.base + digits[g.place(1, k)]
	}
	return i, j
}

// code is the number that the digits of a cell make, in the order in which they are written.
func (g grid) code(i, j int) int {
	var digits [64]int
	d := digits[:2*g.digits]
	g.write(d, i, j)
	code := 0
	for _, v := range d {
		code = code*g.base + v
	}
	return code
}
