package pack_test

import (
	"encoding/base64"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/lab/live/pack"
)

// TestPointsSurvive: packed points come back within a half of a step of 2^-16 of the box; those outside are at its
// edge and counted, and one that is no number is at the lowest corner.
func TestPointsSurvive(t *testing.T) {
	box := plot.Box{XMin: -3, XMax: 5, YMin: 10, YMax: 11}
	x := mat.NewDense(4, 2, []float64{0.123456, 10.5, -3, 11, 99, 10.25, math.NaN(), 10.5})
	y := pack.Unquantise(pack.Quantise(x, box), box)
	for i, want := range [][2]float64{{0.123456, 10.5}, {-3, 11}, {5, 10.25}, {-3, 10.5}} {
		if math.Abs(y.At(i, 0)-want[0]) > 4./65535 || math.Abs(y.At(i, 1)-want[1]) > .5/65535+1e-12 {
			t.Errorf("row %d is (%v, %v), want %v", i, y.At(i, 0), y.At(i, 1), want)
		}
	}
	if share := pack.Outside(x, box); share != 0.5 {
		t.Errorf("a share of %v is outside, want 0.5", share)
	}
	b, err := base64.StdEncoding.DecodeString(pack.Points(x, box))
	if err != nil || len(b) != 4*4 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if low, high := int(b[4])|int(b[5])<<8, int(b[6])|int(b[7])<<8; low != 0 || high != math.MaxUint16 {
		t.Errorf("the second point is %d, %d, want the ends of the box", low, high)
	}
}

// TestDensityHasMassOne: squares of the bytes of a density integrate to one over the box.
func TestDensityHasMassOne(t *testing.T) {
	d, err := datasets.ByName("moons")
	if err != nil {
		t.Fatal(err)
	}
	var box plot.Box
	box.XMin, box.XMax, box.YMin, box.YMax = d.Box()
	g := pack.Density(d.Density, box, 160)
	b, err := base64.StdEncoding.DecodeString(g.Values)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, v := range b {
		sum += float64(v) * float64(v) / 255 / 255 * *g.Max
	}
	if mass := sum * (box.XMax - box.XMin) * (box.YMax - box.YMin) / float64(len(b)); math.Abs(mass-1) > 0.02 {
		t.Errorf("the mass is %v", mass)
	}
	if v := pack.Values([]float64{2, 4, 3, 2}, 2); *v.Low != 2 || *v.High != 4 || v.Values != base64.StdEncoding.EncodeToString([]byte{0, 255, 128, 0}) {
		t.Errorf("values are %+v", v)
	}
}
