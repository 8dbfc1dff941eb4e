package kernel

import (
	"fmt"
	"math"
	"slices"

	"genlab/internal/suggest"
)

// Precision is the number format of the factors of matrix products. Sums are float32 in both.
type Precision uint8

// The precisions.
const (
	Float32  Precision = iota
	BFloat16           // 8 bits of exponent, 7 of mantissa: the upper half of a float32
	precisions
)

var precisionNames = [precisions]string{"float32", "bf16"}

// String returns the precision's name.
func (p Precision) String() string {
	if p >= precisions {
		return fmt.Sprintf("Precision(%d)", uint8(p))
	}
	return precisionNames[p]
}

// Choices returns the valid names.
func (Precision) Choices() []string { return precisionNames[:] }

// MarshalText returns the name.
func (p Precision) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText fails for a text that is not one of the Choices.
func (p *Precision) UnmarshalText(text []byte) error {
	if err := suggest.Name("precision", string(text), p.Choices()); err != nil {
		return err
	}
	*p = Precision(slices.Index(p.Choices(), string(text)))
	return nil
}

// RoundBF16 sets dst to the nearest bfloat16 numbers of x, ties to even. As in the instructions of
// AVX512-BF16 a denormal gives a zero of its sign. dst may be x.
func RoundBF16(dst, x []float32) {
	checkSame("RoundBF16", "x", len(x), len(dst))
	if simd[float32]() {
		roundBF16SIMD(dst, x)
		return
	}
	for i, v := range x {
		dst[i] = roundBF16(v)
	}
}

func roundBF16(v float32) float32 {
	const exponent, quiet, upper = 0x7f800000, 0x00400000, 0xffff0000
	u := math.Float32bits(v)
	switch {
	case v != v:
		u |= quiet
	case u&exponent == 0:
		u &= 1 << 31
	default:
		u += 0x7fff + u>>16&1
	}
	return math.Float32frombits(u & upper)
}
