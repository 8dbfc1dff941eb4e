package table

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

// npy returns an NPY file of version 1.0 with the values given.
func npy(header string, values any) string {
	var b bytes.Buffer
	b.WriteString(npyMagic + "\x01\x00")
	binary.Write(&b, binary.LittleEndian, uint16(len(header)+1))
	b.WriteString(header + "\n")
	binary.Write(&b, binary.LittleEndian, values)
	return b.String()
}

// from reads a text or an NPY file.
func from(content string, w Want) (*Table, error) {
	return From(strings.NewReader(content), int64(len(content)), false, w)
}

// TestDelimiters: each is found by the first lines, and what each row holds stays.
func TestDelimiters(t *testing.T) {
	want := []float64{1, 2, -3, 4.5}
	for _, c := range []struct{ content, cells string }{
		{"1,2\n-3,4.5\n", "commas"},
		{"1, 2\n-3, 4.5\n", "commas"},
		{"1;2\n-3;4.5\n", "semicolons"},
		{"1\t2\n-3\t4.5\n", "tabs"},
		{"1 2\n-3 4.5\n", "spaces"},
		{"  1.0   2\n -3.0\t 4.5 \n", "spaces"},
		{"# made by hand, with care; twice\n1 2\n\n# more\n-3 4.5", "spaces"},
		{"\"1\";\"2\"\r\n\"-3\";\"4.5\"\r\n", "semicolons"},
		{"my x,my y\n1,2\n-3,4.5\n", "commas"},
		{"\"a;b\",\"c\"\"d\"\n1,2\n-3,4.5\n", "commas"},
		{"\"a\nb\" \t c\n1\t2\n-3\t4.5\n", "tabs"},
	} {
		x, err := from(c.content, Want{Width: 2})
		if err != nil || !slices.Equal(x.Values, want) || x.Cells != c.cells {
			t.Errorf("%q: %+v, %v", c.content, x, err)
		}
	}
}

// TestColumnsAndLabels: columns by name and number, labels sorted.
func TestColumnsAndLabels(t *testing.T) {
	const iris = "n,width,kind,\"length, cm\",note\n1,2.5,setosa,5,\"two\nlines\"\n2,3.5,\"al;ba\",6,\n3,4.5,setosa,7,x\n"
	for _, query := range []string{"?x=length%2C cm&y=width&label=kind", "?x=4&y=2&label=3", "?label=kind&columns=length%2C cm,2"} {
		q, err := ParseQuery("iris" + query)
		if err != nil {
			t.Fatal(err)
		}
		x, err := from(iris, Want{Query: q, Width: 2})
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if !slices.Equal(x.Values, []float64{5, 2.5, 6, 3.5, 7, 4.5}) || !slices.Equal(x.Columns, []string{"length, cm", "width"}) ||
			!slices.Equal(x.Labels, []string{"al;ba", "setosa"}) || !slices.Equal(x.Classes, []uint16{1, 0, 1}) || x.Header != 1 {
			t.Errorf("%s: %+v", query, x)
		}
	}
	file := npy("{'descr': '<f8', 'fortran_order': True, 'shape': (3, 3), }", []float64{1, 2, 3, 10, 9, 10, 7, 8, 9})
	x, err := from(file, Want{Query: Query{Label: "2"}, Width: 2})
	if err != nil || !slices.Equal(x.Values, []float64{1, 7, 2, 8, 3, 9}) || !slices.Equal(x.Labels, []string{"9", "10"}) ||
		!slices.Equal(x.Classes, []uint16{1, 0, 1}) {
		t.Errorf("labels of NPY: %+v, %v", x, err)
	}
}

func TestParseQueryErrors(t *testing.T) {
	for text, want := range map[string]string{
		"a.csv?x=1":                     "two coordinates",
		"a.csv?y=1&x=":                  "x must name one column",
		"a.csv?y=1":                     "y needs x",
		"a.csv?x=1&x=2":                 "x must name one column",
		"a.csv?x=1&y=2&lable=3":         `did you mean "label"`,
		"a.csv?x=1&y=2&columns=1,2":     "exclude each other",
		"a.csv?columns=1":               "two coordinates",
		"a.csv?x=salt&pepper&y=sugar=2": "%26",
	} {
		if q, err := ParseQuery(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v, want %q", text, q, err, want)
		}
	}
	for _, text := range []string{"a.csv", "what?.csv", "a?b/c.csv"} {
		if q, err := ParseQuery(text); err != nil || q.Path != text {
			t.Errorf("%s: %+v, %v", text, q, err)
		}
	}
	for _, name := range []string{"a&b", "50 %", "100%25", "x, y", "é=ü"} {
		q, err := ParseQuery("f?x=" + Escape(name) + "&y=1")
		if err != nil || q.Columns[0] != name {
			t.Errorf("%q came back as %+v, %v", name, q, err)
		}
	}
}

// endless repeats a row.
type endless string

func (e endless) Read(p []byte) (n int, err error) {
	for n+len(e) <= len(p) {
		n += copy(p[n:], e)
	}
	return n, nil
}

// TestBounds: sizes are refused before the memory is taken.
func TestBounds(t *testing.T) {
	if _, err := From(endless("1,2\n"), 1<<40, false, Want{Width: 2}); err == nil || !strings.Contains(err.Error(), "at most 268435456 values") {
		t.Errorf("a terabyte: %v", err)
	}
	if _, err := From(endless("1,2,"), -1, false, Want{Width: 2}); err == nil || !strings.Contains(err.Error(), "line 1 is longer than 1 MiB") {
		t.Errorf("an endless line: %v", err)
	}
	if _, err := From(io.MultiReader(strings.NewReader("3,4\n\""), endless("1,2\n")), -1, false, Want{Width: 2}); err == nil || !strings.Contains(err.Error(), "line 2: a quoted cell has no end") {
		t.Errorf("an endless cell: %v", err)
	}
	many := npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 2), }", []float32{})
	if _, err := From(strings.NewReader(many), 1<<35+int64(len(many)), false, Want{Width: 2}); err == nil || !strings.Contains(err.Error(), "at most 268435456 values") {
		t.Errorf("a large NPY file: %v", err)
	}
}

// TestPipe: a text of unknown size is the same, also where it is longer than guessed.
func TestPipe(t *testing.T) {
	var b strings.Builder
	for range 3000 {
		b.WriteString("1.2345678901234567,-1.2345678901234567\n")
	}
	b.WriteString(strings.Repeat("5,6\n", chunk))
	known, err := from(b.String(), Want{Width: 2})
	if err != nil {
		t.Fatal(err)
	}
	piped, err := From(strings.NewReader(b.String()), -1, false, Want{Width: 2})
	if err != nil || !slices.Equal(known.Values, piped.Values) || known.Rows() != 3000+chunk {
		t.Errorf("%d rows of a file, %d of a pipe, %v", known.Rows(), piped.Rows(), err)
	}
}

func FuzzReadNPY(f *testing.F) {
	f.Add(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }", []float64{1, 2}))
	f.Add(npy("{'descr': '>f4', 'fortran_order': True, 'shape': (1, 2), }", []float32{1, 2}))
	f.Add(npyMagic + "\x02\x00\xff\xff\xff\xff")
	f.Fuzz(func(t *testing.T, content string) {
		x, err := From(strings.NewReader(content), int64(len(content)), true, Want{Width: 2})
		if err == nil && (len(x.Values) == 0 || len(x.Values)%2 != 0 || len(x.Values)*4 > len(content)) && !strings.HasPrefix(content, "\x1f\x8b") {
			t.Errorf("%d values of %d bytes", len(x.Values), len(content))
		}
	})
}

func FuzzReadCSV(f *testing.F) {
	f.Add("x,y\n1,2\n")
	f.Add("1,\"2\"\r\n\n3, 4")
	f.Add("\ufeff1e999,nan")
	f.Add("a b\n1 2\n# c\n\"3\" \"4\"\"\"")
	f.Add("x;y;\"z\n\"\n1,5;2;3")
	f.Fuzz(func(t *testing.T, content string) {
		for _, w := range []Want{{Width: 2}, {Query: Query{Label: "3"}, Width: 2}, {Query: Query{All: true}}} {
			x, err := from(content, w)
			if err != nil {
				continue
			}
			if len(x.Values) == 0 || w.Width > 0 && len(x.Columns) != w.Width || len(x.Values)%len(x.Columns) != 0 ||
				w.Label != "" && len(x.Classes) != x.Rows() {
				t.Errorf("%+v", x)
			}
			for _, v := range x.Values {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("read %g", v)
				}
			}
		}
	})
}
