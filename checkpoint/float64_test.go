package checkpoint

import (
	"math"
	"slices"
	"testing"
)

// TestExactKeepsEveryBit over the whole range of float64, in and out of a file.
func TestExactKeepsEveryBit(t *testing.T) {
	v := []float64{0, 1, -2, 0.1, 448251.31, -5411932.77, 1e-46, 1e39, -1e300, math.MaxFloat64,
		math.SmallestNonzeroFloat64, 3e-310, math.Nextafter(1, 2), math.Pi, 1 - 0x1p-53}
	saved, err := Decode(encode(t, &Checkpoint{Tensors: []Tensor{Exact("x", v)}}))
	if err != nil {
		t.Fatal(err)
	}
	if got := saved.Tensors[0]; !slices.Equal(got.Shape, []int{len(v), 4}) || !slices.Equal(Float64s(got), v) {
		t.Errorf("%v comes back as %v", v, Float64s(got))
	}
}
