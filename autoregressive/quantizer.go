package autoregressive

// quantizer maps the points of a box to the cells of a grid of base^digits bins an axis, and a cell
// to the digits of its two bins. The lowest bin has all digits 0.
type quantizer struct {
	box, bulk    Box
	x, y         axis
	base, digits int
	interleaved  bool
}

func newQuantizer(cfg Config, box, bulk Box) quantizer {
	q := quantizer{box: box, bulk: bulk, base: cfg.Base, digits: cfg.Digits, interleaved: cfg.Interleaved}
	q.x = newAxis(box.XMin, box.XMax, bulk.XMin, bulk.XMax, q.bins())
	q.y = newAxis(box.YMin, box.YMax, bulk.YMin, bulk.YMax, q.bins())
	return q
}

// power returns base^n.
func power(base, n int) int {
	p := 1
	for range n {
		p *= base
	}
	return p
}

// bins returns the number of bins of an axis.
func (q *quantizer) bins() int { return power(q.base, q.digits) }

// cell returns the bins of a point, and whether it is inside the box, which contains its edges.
func (q *quantizer) cell(x, y float64) (i, j int, inside bool) {
	b := q.box
	if !(x >= b.XMin && x <= b.XMax && y >= b.YMin && y <= b.YMax) {
		return 0, 0, false
	}
	i, j = q.nearest(x, y)
	return i, j, true
}

// nearest returns the bins of a point after clamping it to the box.
func (q *quantizer) nearest(x, y float64) (i, j int) { return q.x.bin(x), q.y.bin(y) }

// position returns the index in the sequence of digit k of an axis; digit 0 is the most
// significant.
func (q *quantizer) position(axis, k int) int {
	if q.interleaved {
		return 2*k + axis
	}
	return axis*q.digits + k
}

// encode writes the 2·digits digits of a cell.
func (q *quantizer) encode(dst []int, i, j int) {
	for axis, v := range [2]int{i, j} {
		for k := q.digits - 1; k >= 0; k-- {
			dst[q.position(axis, k)] = v % q.base
			v /= q.base
		}
	}
}

// decode returns the cell of its digits.
func (q *quantizer) decode(digits []int) (i, j int) {
	for k := range q.digits {
		i = i*q.base + digits[q.position(0, k)]
		j = j*q.base + digits[q.position(1, k)]
	}
	return i, j
}

// code returns the number whose digits in base are those of a cell, in the order of the sequence.
func (q *quantizer) code(i, j int) int {
	var digits [64]int
	d := digits[:2*q.digits]
	q.encode(d, i, j)
	code := 0
	for _, v := range d {
		code = code*q.base + v
	}
	return code
}
