package metrics

import (
	"cmp"
	"math"
	"slices"
)

// projected is a value of a sample on a line; row is its row in the sample.
type projected struct {
	at  float64
	row int
}

// line is a sorted sample on the line.
type line []projected

// projector sorts projections of samples, reusing its memory.
type projector struct {
	values      []float64
	keys, spare []uint64
}

// project returns the sorted projection of the sample on a direction, equal values by their row, in the memory of l.
//
// A radix sort orders the values as float32, whose bits, with the sign bit flipped and those of negative numbers
// inverted, are ordered like the numbers; values that are equal in single precision are then sorted by comparison.
func (p *projector) project(l line, c coordinates, direction []float64) line {
	n := c.len()
	l = slices.Grow(l[:0], n)[:n]
	p.values, p.keys, p.spare = slices.Grow(p.values[:0], n)[:n], slices.Grow(p.keys[:0], n)[:n], slices.Grow(p.spare[:0], n)[:n]
	clear(p.values)
	for k, v := range c {
		for i, at := range v {
			p.values[i] += direction[k] * at
		}
	}
	for i, v := range p.values {
		bits := math.Float32bits(float32(v))
		bits ^= uint32(int32(bits)>>31) | 1<<31
		p.keys[i] = uint64(bits)<<32 | uint64(i)
	}
	p.sort()
	for i, key := range p.keys {
		row := int(uint32(key))
		l[i] = projected{p.values[row], row}
	}
	for lo := 0; lo < n; {
		hi := lo + 1
		for hi < n && p.keys[hi]>>32 == p.keys[lo]>>32 {
			hi++
		}
		if hi-lo > 1 {
			slices.SortFunc(l[lo:hi], func(a, b projected) int {
				return cmp.Or(cmp.Compare(a.at, b.at), a.row-b.row)
			})
		}
		lo = hi
	}
	return l
}

// sort orders the keys by their upper 32 bits, keeping the order of equal ones.
func (p *projector) sort() {
	const digit, digits = 11, 3
	var count [digits][1 << digit]int
	for _, key := range p.keys {
		for d := range digits {
			count[d][key>>(32+d*digit)&(1<<digit-1)]++
		}
	}
	for d := range digits {
		start := 0
		for value, n := range count[d] {
			count[d][value] = start
			start += n
		}
		for _, key := range p.keys {
			at := &count[d][key>>(32+d*digit)&(1<<digit-1)]
			p.spare[*at] = key
			*at++
		}
		p.keys, p.spare = p.spare, p.keys
	}
}
