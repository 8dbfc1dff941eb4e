package datasets

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestProvide: points in memory are those of the file, with the same digest, and are forgotten after the last use.
func TestProvide(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{0.1, -2, 1e-9, 3, 5, 1. / 3, 7, 8})
	for text, labels := range map[string][]int{
		"x,y\n0.1,-2\n1e-9,3\n5,0.3333333333333333\n7,8\n":                  nil,
		"x,y,label\n0.1,-2,10\n1e-9,3,2\n5,0.3333333333333333,10\n7,8,31\n": {10, 2, 10, 31},
	} {
		path := filepath.Join(t.TempDir(), "points.csv")
		name := ProvidedName(path, labels != nil)
		forget := Provide(path, x, labels)
		again := Provide(path, x, labels)
		memory, err := ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		forget()
		forget()
		if _, err := ByName(name); err != nil {
			t.Errorf("forgotten while in use: %v", err)
		}
		again()
		if _, err := ByName(name); err == nil {
			t.Error("read from memory after the last use")
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		file, err := ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := memory.Digest()
		b, _ := file.Digest()
		if a != b || !slices.Equal(memory.Labels, file.Labels) || memory.Name != file.Name || memory.Note != file.Note {
			t.Errorf("%v: memory has %x %q, the file %x %q", labels, a, memory.Note, b, file.Note)
		}
	}
}
