package plot

import (
	"bytes"
	"image/png"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestSheet: pixels are where they should be, with the shade of their value.
func TestSheet(t *testing.T) {
	x := mat.NewDense(3, 4, []float64{0, 1, 0.5, 2, 1, 1, 1, math.NaN(), 0, 0, 0, -3})
	file, err := Images("", "", x, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	// All greys of the first picture's second row, somewhere on one line from left to right.
	found := map[[3]uint32]int{}
	for i := range img.Bounds().Dx() {
		for j := range img.Bounds().Dy() {
			r, g, b, _ := img.At(i, j).RGBA()
			found[[3]uint32{r >> 8, g >> 8, b >> 8}]++
		}
	}
	pixel := found[[3]uint32{128, 128, 128}] // one of 0.5
	if pixel < 100 {
		t.Fatalf("a picture's pixel takes %d", pixel)
	}
	if got := found[[3]uint32{0xd5, 0x5e, 0}]; got != pixel {
		t.Errorf("what is not finite takes %d pixels, want %d", got, pixel)
	}
	if got := found[[3]uint32{}]; got < 5*pixel {
		t.Errorf("the dark takes %d pixels, want %d", got, 5*pixel)
	}
	defer func() {
		if recover() == nil {
			t.Error("a sheet of pictures of another size does not panic")
		}
	}()
	Images("", "", x, 3, 2)
}
