package alphabet

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"genlab/checkpoint"
)

// TestState: what is saved is what is loaded, and what is no alphabet is an error.
func TestState(t *testing.T) {
	a, err := Of("to be or nöt 𝄞")
	if err != nil {
		t.Fatal(err)
	}
	saved := a.State()
	if got, err := FromState(saved); err != nil || !slices.Equal(got, a) || !Saved(saved) {
		t.Errorf("loaded %q, %v", string(got), err)
	}
	for _, wrong := range [][]float32{{98, 97}, {97, 97}, {97.5}, {-1}, {0x110000}} {
		if got, err := FromState([]checkpoint.Tensor{{Name: tensor, Shape: []int{len(wrong)}, Data: wrong}}); err == nil {
			t.Errorf("%v are read as %q", wrong, string(got))
		}
	}
	if Saved(nil) {
		t.Error("nothing has an alphabet")
	}
}

// TestEncoding: indices are those of the sorted characters, decoding inverts them, and an unknown character is named.
func TestEncoding(t *testing.T) {
	a, _ := Of("banana")
	ids, err := a.Encode("nab")
	if err != nil || !slices.Equal(ids, []int{2, 0, 1}) || a.Decode(ids) != "nab" {
		t.Errorf("%v, %v", ids, err)
	}
	var unknown *UnknownCharacterError
	if _, err := a.Encode("na!"); !errors.As(err, &unknown) || unknown.Char != '!' || unknown.At != 3 {
		t.Errorf("error %v", err)
	}
	if got := a.Indices("a!"); !slices.Equal(got, []int{0, 3}) {
		t.Errorf("indices %v", got)
	}
	if got := a.LogUnknown(); math.Abs(got-math.Log(1112064-3)) > 1e-12 {
		t.Errorf("log of the number of unknown characters is %v", got)
	}
	w, err := a.Windows("banana", 2)
	if err != nil {
		t.Fatal(err)
	}
	x := w.Sample(50, rand.New(rand.NewPCG(1, 1)))
	for i := range 50 {
		if x.At(i, 0) == x.At(i, 1) {
			t.Errorf("window %v of banana", x.RawRowView(i))
		}
	}
}
