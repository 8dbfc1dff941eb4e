package sweep

import (
	"math/bits"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// polynomial is a primitive polynomial over GF(2) with the initial direction numbers of a coordinate.
type polynomial struct {
	degree, inner uint32 // inner: the coefficients but for the first and the last, which are 1
	m             []uint32
}

// joeKuo lists the polynomials and direction numbers of the coordinates from the second on: the first lines of the
// file new-joe-kuo-6.21201 of [joe2008].
var joeKuo = []polynomial{
	{1, 0, []uint32{1}},
	{2, 1, []uint32{1, 3}},
	{3, 1, []uint32{1, 3, 1}},
	{3, 2, []uint32{1, 1, 1}},
	{4, 1, []uint32{1, 1, 3, 3}},
	{4, 4, []uint32{1, 3, 5, 13}},
	{5, 2, []uint32{1, 1, 5, 5, 17}},
	{5, 4, []uint32{1, 1, 5, 5, 5}},
	{5, 7, []uint32{1, 1, 7, 11, 19}},
	{5, 11, []uint32{1, 1, 5, 1, 1}},
	{5, 13, []uint32{1, 1, 1, 3, 11}},
	{5, 14, []uint32{1, 3, 5, 5, 31}},
	{6, 1, []uint32{1, 3, 3, 9, 7, 49}},
	{6, 13, []uint32{1, 1, 1, 15, 21, 21}},
	{6, 16, []uint32{1, 3, 1, 13, 27, 49}},
	{6, 19, []uint32{1, 1, 1, 15, 7, 5}},
	{6, 22, []uint32{1, 3, 1, 15, 13, 25}},
	{6, 25, []uint32{1, 1, 5, 5, 19, 61}},
	{7, 1, []uint32{1, 3, 7, 11, 23, 15, 103}},
	{7, 4, []uint32{1, 3, 7, 13, 13, 15, 69}},
}

// maxSobol is the largest number of coordinates.
const maxSobol = 21

// sobol fills the rows of x (n x d, d at most maxSobol) with the first n points of the Sobol sequence in Gray-code
// order, every coordinate shifted by a random number of 32 bits (exclusive or), which keeps the balance of the
// points and moves the first one away from the corner.
func sobol(x *mat.Dense, rng *rand.Rand) {
	n, d := x.Dims()
	for j := range d {
		v := directions(j)
		state := rng.Uint32()
		for i := range n {
			if i > 0 {
				state ^= v[bits.TrailingZeros32(uint32(i))]
			}
			x.Set(i, j, float64(state)/(1<<32))
		}
	}
}

// directions returns the direction numbers of the j-th coordinate, the binary fractions of [joe2008] eq. 2 as
// integers of 32 bits.
func directions(j int) (v [32]uint32) {
	if j == 0 {
		for i := range v {
			v[i] = 1 << (31 - i)
		}
		return v
	}
	p := joeKuo[j-1]
	s := int(p.degree)
	for i := range v {
		if i < s {
			v[i] = p.m[i] << (31 - i)
			continue
		}
		v[i] = v[i-s] ^ v[i-s]>>s
		for k := 1; k < s; k++ {
			v[i] ^= (p.inner >> (s - 1 - k) & 1) * v[i-k]
		}
	}
	return v
}
