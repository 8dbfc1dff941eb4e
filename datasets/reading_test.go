package datasets

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/gentest"
)

func zipped(content string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(content))
	z.Close()
	return b.String()
}

// TestReadTables: what spreadsheets, R and NumPy write is read, without a point lost.
func TestReadTables(t *testing.T) {
	want := mat.NewDense(2, 2, []float64{1, 2, 3, 4})
	for name, content := range map[string]string{
		"semicolons.csv": "x;y\n1;2\n3;4\n",
		"tabs.tsv":       "x\ty\n1\t2\n3\t4\n",
		"savetxt.txt":    "# x y\n1.000e+00 2.000e+00\n3.000e+00 4.000e+00\n",
		"aligned.txt":    "   x    y\n 1.0  2.0\n 3.0  4.0\n",
		"comment.csv":    "# of a Monday\nx,y\n1,2\n\n# the last\n3,4\n",
		"one.csv.gz":     zipped("x,y\n1,2\n3,4\n"),
		"two.npy.gz":     zipped(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }", []float64{1, 2, 3, 4})),
		"renamed.csv":    zipped("1,2\n3,4\n"),
	} {
		x, err := ReadPoints(file(t, name, content))
		if err != nil || !mat.Equal(x, want) {
			t.Errorf("%s: %v, %v", name, x, err)
		}
	}
	cut := zipped(strings.Repeat("1,2\n", 1000))
	if _, err := ReadPoints(file(t, "cut.csv.gz", cut[:len(cut)-9])); !errors.Is(err, ErrCorrupt) {
		t.Errorf("half a .gz: %v", err)
	}
}

// TestFirstRow: a first row that half parses is not a header.
func TestFirstRow(t *testing.T) {
	for _, c := range []struct{ content, want string }{
		{"1.O,2.O\n3,4\n5,6\n", `line 1, column 1: "1.O" is not a number: it has a letter for a digit of 1.0`},
		{"O.5,O.7\n3,4\n5,6\n", `line 1, column 1: "O.5" is not a number: it has a letter for a digit of 0.5`},
		{"1.5m,2.5m\n3,4\n5,6\n", `line 1, column 1: "1.5m" is not a number`},
		{"1,5;2,5\n3,5;4,5\n", `line 1, column 1: "1,5" has a decimal comma: write decimal points`},
		{"x;y\n1;2\n3;4,5\n", `line 3, column 2: "4,5" has a decimal comma: write decimal points, 1.5 for 1,5 (column y)`},
		{"NA,NA\n3,4\n5,6\n", `line 1, column 1: "NA" is not a number but a missing value`},
		{"lon,lat\n3,4\n,6\n", "line 3, column 1: the cell is empty (column lon)"},
		{"lon,lat\n3,4\n5,NaN\n", "line 3, column 2: NaN is not a finite number (column lat)"},
		{"1,2\n3;4\n", "line 2: the number of columns is 1, want 2, separated by commas"},
		{"\xff\xfe1\x00,\x002\x00", "UTF-16"},
		{strings.Repeat("1,", 1<<20), "line 1 is longer than 1 MiB"},
	} {
		x, err := ReadPoints(file(t, "p.csv", c.content))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: %v, %v, want %s", c.content, x, err, c.want)
		}
	}
	for _, header := range []string{"O3,NO2", "I,O", "km/h,Na", ",y", "1 st,x"} {
		x, err := ReadPoints(file(t, "p.csv", header+"\n3,4\n5,6\n"))
		if header == "1 st,x" {
			if err == nil {
				t.Errorf("%q is read as a header", header)
			}
		} else if err != nil || x.RawMatrix().Rows != 2 {
			t.Errorf("%q: %v, %v", header, x, err)
		}
	}
}

// TestColumnsOfAFile: columns by name, labels, and points of three coordinates.
func TestColumnsOfAFile(t *testing.T) {
	path := file(t, "iris.csv", "id,length,width,depth,species\n1,5.5,2.5,7,setosa\n2,6.5,3.5,8,alba\n3,7.5,4.5,9,setosa\n")
	_, err := ByName("file:" + path)
	want := "Columns of the file: 1 id, 2 length, 3 width, 4 depth, 5 species (text). " +
		"Choose two, as in 'file:" + path + "?x=id&y=length&label=species', or more with columns=id,length,width"
	if err == nil || !strings.Contains(err.Error(), "5 columns, want 2") || !strings.Contains(err.Error(), want) {
		t.Errorf("a file of five columns: %v, want %s", err, want)
	}
	many := file(t, "many.csv", strings.Repeat("1,", 39)+"1\n"+strings.Repeat("2,", 39)+"2\n")
	if _, err := ByName("file:" + many); err == nil || !strings.Contains(err.Error(), "file: 1, 2, 3, ") || !strings.Contains(err.Error(), " 28, 29, .... Choose") {
		t.Errorf("a file of forty columns: %v, want 29 of them", err)
	}
	if _, err := ByName("file:" + path + "?x=length&y=with"); err == nil || !strings.Contains(err.Error(), `unknown column "with": did you mean "width"`) {
		t.Errorf("a column that is not there: %v", err)
	}

	d, err := ByName("file:" + path + "?x=length&y=width&label=species")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Labels, []string{"alba", "setosa"}) || d.Dim() != 2 || d.View != nil || d.Plane() != d {
		t.Errorf("%+v", d)
	}
	gentest.Sampler(t, d.Sampler, 2)
	x, labels := d.Sampler.(Labelled).SampleLabelled(100, gentest.Rand(1))
	if !mat.Equal(x, d.Sampler.Sample(100, gentest.Rand(1))) {
		t.Error("Sample and SampleLabelled differ")
	}
	for i, label := range labels {
		if alba := x.At(i, 0) == 6.5; x.At(i, 0) != x.At(i, 1)+3 || alba != (label == 0) {
			t.Fatalf("%v has the label %d", x.RawRowView(i), label)
		}
	}
	if with, err := d.WithLabels(); err != nil {
		t.Error(err)
	} else {
		gentest.Sampler(t, with, 3)
	}

	space, err := ByName("file:" + path + "?columns=depth,length,2,3")
	if err == nil || !strings.Contains(err.Error(), "column length is chosen twice") {
		t.Errorf("a column twice: %v, %v", space, err)
	}
	for _, query := range []string{"?columns=depth,length,width", "?x=4&y=2&z=3"} {
		space, err = ByName("file:" + path + query)
		if err != nil {
			t.Fatal(err)
		}
		gentest.Sampler(t, space.Sampler, 3)
		gentest.Sampler(t, space.Plane().Sampler, 2)
		if dim, ok := FileDim(space.Name); dim != 3 || !ok || space.Dim() != 3 {
			t.Errorf("%s: %d coordinates, %v", query, dim, ok)
		}
		x := space.Sampler.Sample(10, gentest.Rand(1))
		if y := space.Project(x); !mat.Equal(y, x.Slice(0, 10, 0, 2)) {
			t.Errorf("%v is shown as %v", x, y)
		}
		if x0, x1, y0, y1 := space.Box(); x0 > 7 || x0 < 6 || x1 < 9 || x1 > 10 || y0 > 5.5 || y1 < 7.5 {
			t.Errorf("the box is %g %g %g %g", x0, x1, y0, y1)
		}
	}
	if x, err := ReadRows(path+"?columns=depth,length,width", 3); err != nil || x.At(0, 0) != 7 {
		t.Errorf("rows by name: %v, %v", x, err)
	}
	if _, err := ReadRows(path+"?columns=depth,length,width", 2); err == nil || !strings.Contains(err.Error(), "3 columns are chosen, want 2") {
		t.Errorf("three of two columns: %v", err)
	}
	for name, want := range map[string]bool{"file:a.txt": true, "file:a.txt?x=1&y=2": false, "file:a.csv?x=1&y=2": false,
		"file:a.tsv": false, "file:a.csv.gz": false, "file:a.txt.gz": true} {
		if IsText(name) != want {
			t.Errorf("IsText(%q) = %v", name, !want)
		}
	}
}

// TestDigestOfLabels: the digest covers labels, and without them is that of the values alone.
func TestDigestOfLabels(t *testing.T) {
	dir := t.TempDir()
	digest := func(content, query string) string {
		path := filepath.Join(dir, "p.csv")
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		d, err := ByName("file:" + path + query)
		if err != nil {
			t.Fatal(err)
		}
		sum, ok := d.Digest()
		if !ok {
			t.Error("no digest")
		}
		return fmt.Sprintf("%x", sum)
	}
	plain := digest("1,2\n3,4\n", "")
	if plain != "6bab56d2f81d4b5a2dbf102bf6a6ff7d5211a475fc5f97813f977e8ba714b07d" {
		t.Errorf("the digest of old runs is %s", plain)
	}
	if got := digest("a,1,2\nb,3,4\n", "?x=2&y=3"); got != plain {
		t.Error("a column that is not read changes the digest")
	}
	all := []string{plain}
	for _, content := range []string{"a,1,2\nb,3,4\n", "a,1,2\na,3,4\n", "b,1,2\na,3,4\n", "a,1,2\nc,3,4\n", "a,1,2\nb,3,5\n"} {
		got := digest(content, "?x=2&y=3&label=1")
		if slices.Contains(all, got) {
			t.Errorf("%q has the digest of another file", content)
		}
		all = append(all, got)
	}
}

// TestNotes: a reader of the data is told what was taken for what.
func TestNotes(t *testing.T) {
	for _, c := range []struct{ name, content, query, want string }{
		{"p.csv", "lon,lat\n1,2\n3,4\n", "", "2 rows of columns lon, lat; header in line 1"},
		{"p.csv", "1,2\n3,4\n", "", "2 rows of columns 1, 2; no header"},
		{"p.tsv", "# c\nx\ty\tk\n1\t2\tb\n3\t4\ta\n3\t4\tb\n", "?label=k", "3 rows of columns x, y; header in line 2; separated by tabs; labels in column k: a (1), b (2)"},
		{"p.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }", []float64{1, 2, 3, 4}), "", "2 rows of columns 1, 2"},
	} {
		path := file(t, c.name, c.content)
		if d, err := ByName("file:" + path + c.query); err != nil || d.Note != "read "+path+": "+c.want {
			t.Errorf("%v, %v, want %q", d, err, c.want)
		}
	}
}
