package datasets

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"genlab/gentest"
	"genlab/internal/suggest"
)

// file writes content to a new file of that name.
func file(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const npyMagic = "\x93NUMPY"

// npy returns an NPY file of version 1.0 with the values given.
func npy(header string, values any) string {
	var b bytes.Buffer
	b.WriteString(npyMagic + "\x01\x00")
	binary.Write(&b, binary.LittleEndian, uint16(len(header)+1))
	b.WriteString(header + "\n")
	binary.Write(&b, binary.LittleEndian, values)
	return b.String()
}

func TestPointsRoundTrip(t *testing.T) {
	dir := t.TempDir()
	for _, ext := range []string{".npy", ".csv", ".NPY"} {
		rapid.Check(t, func(t *rapid.T) {
			path := filepath.Join(dir, "points"+ext)
			v := rapid.SliceOfN(rapid.Float64(), 1, 20).Draw(t, "v")
			x := mat.NewDense(len(v), 2, append(slices.Clone(v), v...))
			if err := WritePoints(path, x.Slice(0, len(v), 0, 2)); err != nil {
				t.Fatal(err)
			}
			y, err := ReadPoints(path)
			if err != nil || !mat.Equal(x, y) {
				t.Fatalf("%v came back as %v, %v", x, y, err)
			}
			v = append(v, math.Inf(-1), math.NaN())
			if err := WriteVector(path, v); err != nil {
				t.Fatal(err)
			}
			w, err := ReadVector(path)
			same := func(a, b float64) bool { return a == b || a != a && b != b }
			if err != nil || !slices.EqualFunc(v, w, same) {
				t.Fatalf("%v came back as %v, %v", v, w, err)
			}
		})
	}
	left, _ := filepath.Glob(filepath.Join(dir, ".*"))
	if len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

// npyio is an independent reader and writer of the format.
func TestNPYAgainstNpyio(t *testing.T) {
	x := mat.NewDense(3, 2, []float64{1, -2, math.Pi, 4e-300, 5, 6})
	path := filepath.Join(t.TempDir(), "x.npy")
	if err := WritePoints(path, x); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var y mat.Dense
	if err := npyio.Read(bytes.NewReader(raw), &y); err != nil || !mat.Equal(x, &y) {
		t.Errorf("npyio reads %v, %v", y, err)
	}
	if len(raw) != 128+6*8 {
		t.Errorf("%d bytes: the values do not start at a multiple of 64", len(raw))
	}
	var b bytes.Buffer
	if err := npyio.Write(&b, x); err != nil {
		t.Fatal(err)
	}
	if y, err := ReadPoints(file(t, "y.npy", b.String())); err != nil || !mat.Equal(x, y) {
		t.Errorf("of npyio's file: %v, %v", y, err)
	}
}

func TestReadPoints(t *testing.T) {
	want := mat.NewDense(2, 2, []float64{1, 2, 3, 4})
	big := npy("{'descr': '>f8', 'fortran_order': False, 'shape': (2, 2), }", []byte{})
	for _, v := range []float64{1, 2, 3, 4} {
		big += string(binary.BigEndian.AppendUint64(nil, math.Float64bits(v)))
	}
	for name, content := range map[string]string{
		"plain.csv":   "1,2\n3,4\n",
		"header.csv":  "x,y\n1,2\n3,4\n",
		"spaces.csv":  " x , y\n 1 , 2 \n\n3,4",
		"windows.csv": "\ufeffx,y\r\n1,2\r\n3,4\r\n",
		"c.npy":       npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }", []float64{1, 2, 3, 4}),
		"fortran.npy": npy("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 2), }", []float64{1, 3, 2, 4}),
		"float32.npy": npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", []float32{1, 2, 3, 4}),
		"order.npy":   npy("{'shape': (2, 2), 'fortran_order': False, 'descr': '<f8'}", []float64{1, 2, 3, 4}),
		"big.npy":     big,
	} {
		if x, err := ReadPoints(file(t, name, content)); err != nil || !mat.Equal(x, want) {
			t.Errorf("%s: %v, %v", name, x, err)
		}
	}
}

func TestReadPointsErrors(t *testing.T) {
	const ok = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }"
	four := []float64{1, 2, 3, 4}
	damaged := []string{"empty.npy", "text.npy", "cut.npy", "version.npy", "cut2.npy", "huge.npy", "keys.npy",
		"struct.npy", "absurd.npy", "short.npy", "long.npy"}
	huge := npyMagic + "\x02\x00\xff\xff\xff\xff{}"
	for _, c := range []struct{ name, content, want string }{
		{"nan.csv", "x,y\n1,2\n3,NaN\n", "line 3, column 2: NaN is not a finite number"},
		{"inf.csv", "1,2\n\n-inf,4\n", "line 3, column 1: -Inf is not a finite number"},
		{"large.csv", "1,1e999\n", "line 1, column 2: +Inf is not a finite number"},
		{"three.csv", "1,2\n3,4,5\n", "line 2: the number of columns is 3, want 2"},
		{"one.csv", "1\n2\n", "line 1: the number of columns is 1, want 2"},
		{"header.csv", "x,y,z\n1,2,3\n", "line 1: a header of 3 columns, want 2"},
		{"text.csv", "1,2\n3,four\n", `line 2, column 2: "four" is not a number`},
		{"half.csv", "1,y\n3,4\n", `line 1, column 2: "y" is not a number`},
		{"twice.csv", "x,y\nx,y\n", `line 2, column 1: "x" is not a number`},
		{"quote.csv", "1,2\n\"3,4\n", "line 2"},
		{"empty.csv", "", "the file has no rows"},
		{"only.csv", "x,y\n", "the file has no rows"},
		{"points.xlsx", "1,2\n", `the extension is ".xlsx", want .npy, .csv, .tsv, .txt, .safetensors or one of them with .gz`},
		{"points.parquet", "PAR1", "to_csv"},
		{"empty.npy", "", "the file is empty"},
		{"text.npy", "1,2\n3,4\n5,6\n", "not an NPY file"},
		{"cut.npy", npyMagic[:4], "not an NPY file"},
		{"version.npy", npyMagic + "\x09\x00\x00\x00", "NPY version 9"},
		{"cut2.npy", npyMagic + "\x01\x00", "truncated in its header"},
		{"huge.npy", huge, "truncated in its header"},
		{"keys.npy", npy("{'descr': '<f8'}", four), "does not give descr, fortran_order and shape"},
		{"struct.npy", npy("{'descr': [('x', '<f8'], 'fortran_order': False, 'shape': (4,), }", four), "does not give descr"},
		{"shape.npy", npy(strings.Replace(ok, "(2, 2)", "(4, 1)", 1), four), "the shape is (4, 1), want (n, 2)"},
		{"flat.npy", npy(strings.Replace(ok, "(2, 2)", "(4,)", 1), four), "the shape is (4,), want (n, 2)"},
		{"cube.npy", npy(strings.Replace(ok, "(2, 2)", "(1, 2, 2)", 1), four), "the shape is (1, 2, 2), want (n, 2)"},
		{"scalar.npy", npy(strings.Replace(ok, "(2, 2)", "()", 1), four), "the shape is (), want (n, 2)"},
		{"minus.npy", npy(strings.Replace(ok, "(2, 2)", "(-2, 2)", 1), four), "the shape is (-2, 2)"},
		{"absurd.npy", npy(strings.Replace(ok, "(2, 2)", "(9223372036854775807, 2)", 1), four), "truncated"},
		{"none.npy", npy(strings.Replace(ok, "(2, 2)", "(0, 2)", 1), []float64{}), "the file has no rows"},
		{"complex.npy", npy(strings.Replace(ok, "<f8", "<c8", 1), four), "NumPy type <c8, want float64 (<f8), float32 (<f4)"},
		{"short.npy", npy(ok, four[:3]), "truncated: shape (2, 2) of <f8, but 24 bytes of values hold 1 rows"},
		{"long.npy", npy(ok, append(slices.Clone(four), 5)), "8 bytes follow the values"},
		{"nan.npy", npy(ok, []float64{1, 2, 3, math.NaN()}), "row 2, column 2: NaN is not a finite number"},
		{"fortran.npy", npy(strings.Replace(ok, "False", "True", 1), []float64{1, math.Inf(1), 3, 4}), "row 2, column 1: +Inf"},
	} {
		path := file(t, c.name, c.content)
		x, err := ReadPoints(path)
		if err == nil {
			t.Errorf("%s: read as %v", c.name, x)
		} else if msg := err.Error(); !strings.HasPrefix(msg, path+": ") || !strings.Contains(msg, c.want) {
			t.Errorf("%s: %q, want %q after the path", c.name, msg, c.want)
		}
		broken := slices.Contains(damaged, c.name)
		if errors.Is(err, ErrCorrupt) != broken {
			t.Errorf("%s: damaged %v, want %v", c.name, !broken, broken)
		}
	}

	dir := filepath.Join(t.TempDir(), "folder.npy")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPoints(dir); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := ReadPoints(filepath.Join(dir, "missing.npy")); !errors.Is(err, fs.ErrNotExist) || strings.Count(err.Error(), "missing.npy") != 1 {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := ReadVector(file(t, "v.npy", npy(ok, four))); err == nil || !strings.Contains(err.Error(), "the shape is (2, 2), want (n,) or (n, 1)") {
		t.Errorf("a matrix for a vector: %v", err)
	}
}

func TestWriteErrors(t *testing.T) {
	x := mat.NewDense(1, 2, nil)
	dir := t.TempDir()
	if err := WritePoints(filepath.Join(dir, "x.txt"), x); err == nil || !strings.Contains(err.Error(), ".txt") {
		t.Errorf("an unknown format: %v", err)
	}
	if err := WritePoints(filepath.Join(dir, "no", "x.npy"), x); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing folder: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "x.npy", "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := WritePoints(filepath.Join(dir, "x.npy"), x); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

func TestByName(t *testing.T) {
	want := []string{"8gaussians", "ring8", "25gaussians", "moons", "circles", "rings", "checkerboard", "pinwheel", "swissroll", "2spirals"}
	if got := Names(); !slices.Equal(got, want) {
		t.Errorf("Names() = %v, want %v", got, want)
	}
	for _, name := range want {
		d, err := ByName(name)
		if err != nil || d.Name != name || d.Summary == "" || strings.Contains(d.Summary, "\n") {
			t.Errorf("ByName(%q) = %+v, %v", name, d, err)
		}
		if s := fmt.Sprint(d.Sampler); strings.Contains(s, "{") {
			t.Errorf("%s prints as %s", name, s)
		}
	}
	var e *suggest.Error
	if _, err := ByName("mons"); !errors.As(err, &e) || !strings.Contains(err.Error(), `"moons"`) {
		t.Errorf("an unknown name: %v", err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("mine.csv", []byte("0,1\n1,2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ByName("mine.csv"); !errors.As(err, &e) || !strings.Contains(err.Error(), `did you mean "file:mine.csv"`) {
		t.Errorf("the name of a file: %v", err)
	}
}

func TestFile(t *testing.T) {
	path := file(t, "p.csv", "0,10\n1,11\n2,12\n")
	d, err := ByName("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	gentest.Sampler(t, d.Sampler, 2)
	if d.Density != nil || d.Modes != nil || d.Labels != nil || d.ModeWeights() != nil ||
		!math.IsNaN(d.Entropy) || !math.IsNaN(d.HighQuality) {
		t.Errorf("a file knows more than its points: %+v", d)
	}
	x := d.Sampler.Sample(3000, gentest.Rand(1))
	var count [3]float64
	for i := range 3000 {
		if x.At(i, 1) != x.At(i, 0)+10 {
			t.Fatalf("%v is not a row of the file", x.RawRowView(i))
		}
		count[int(x.At(i, 0))]++
	}
	for k, c := range count {
		if !(math.Abs(c-1000) <= 5*math.Sqrt(3000*2/9.)) { // 5 standard errors
			t.Errorf("row %d was drawn %g of 3000 times", k, c)
		}
	}
	if x0, x1, y0, y1 := d.Box(); !(x0 < 0 && x1 > 2 && y0 < 10 && y1 > 12) {
		t.Errorf("the box %g %g %g %g does not hold the points", x0, x1, y0, y1)
	}
	if _, err := ByName("file:" + file(t, "one.csv", "1,2\n")); err == nil || !strings.Contains(err.Error(), "1 row, want 2 or more") {
		t.Errorf("a file of one row: %v", err)
	}
	if _, err := ByName("file:"); err == nil {
		t.Error("an empty path was accepted")
	}
}

// TestStreamedPoints: points in blocks give the bytes of the same points at once, in both formats.
func TestStreamedPoints(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	x := mat.NewDense(100_001, 3, nil)
	for i := range x.RawMatrix().Data {
		x.RawMatrix().Data[i] = rng.NormFloat64()
	}
	blocks := func(yield func(mat.Matrix) bool) {
		for lo := 0; lo < 100_001; lo += 30_000 {
			if !yield(x.Slice(lo, min(lo+30_000, 100_001), 0, 3)) {
				return
			}
		}
	}
	for _, ext := range []string{".npy", ".csv"} {
		dir := t.TempDir()
		whole, parts := filepath.Join(dir, "whole"+ext), filepath.Join(dir, "parts"+ext)
		if err := errors.Join(WritePoints(whole, x), StreamPoints(parts, 100_001, 3, blocks)); err != nil {
			t.Fatal(err)
		}
		a, err1 := os.ReadFile(whole)
		b, err2 := os.ReadFile(parts)
		if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: %d bytes at once, %d in blocks (%v, %v)", ext, len(a), len(b), err1, err2)
		}
	}
}
