// Package table reads tables of numbers: text in columns (CSV and its relatives) and NPY files, plain
// or compressed by gzip, whole or by columns, with a column of labels.
//
// Rows are separated by line ends and cells by one delimiter (comma, semicolon, tab or runs of
// spaces), which is that of the first lines. Quoted cells, a byte order mark, blank lines and lines
// that start with # are read as spreadsheets and NumPy write them. The first row is a header if no cell of it
// looks like a number and one has a letter.
//
// A table is read in one pass, so that a pipe will do, in little more memory than its values take:
// float64, at most [MaxValues].
package table

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"genlab/internal/atomicfile"
	"genlab/internal/memory"
)

// MaxValues is the largest number of values that a table may have, 2 GiB of float64. It is fewer where
// less memory is free.
const MaxValues = 1 << 28

// limit returns the largest number of values that three quarters of the free memory hold, at most MaxValues.
func limit() int64 { return min(MaxValues, memory.Available()/4*3/8) }

// Want says what to read from a table.
type Want struct {
	Query
	Width    int  // number of columns to read; 0 for any
	Infinite bool // accept infinite values and NaN
}

// Table is what was read: n rows of d columns.
type Table struct {
	Columns []string  // name of each column: that of the header, or its number in the file
	Values  []float64 // n·d, row by row
	Label   string    // name of the column of labels, "" without
	Labels  []string  // distinct labels, sorted: by value if all are numbers, else by text
	Classes []uint16  // label of each row, an index into Labels
	Header  int       // line of the header, 0 without
	Once    bool      // whether it came from a pipe or the like, which cannot be read again
	Cells   string    // what separates the cells: "commas", "spaces", ...; "" in NPY
}

// Rows returns the number of rows.
func (t *Table) Rows() int { return len(t.Values) / len(t.Columns) }

// Formats lists the extensions that Read accepts; each may be followed by .gz.
var Formats = []string{".npy", ".csv", ".tsv", ".txt", ".safetensors"}

// Extension returns the extension of a path in lower case, without a .gz behind it.
func Extension(path string) string {
	return strings.ToLower(filepath.Ext(strings.TrimSuffix(strings.ToLower(path), ".gz")))
}

// Read reads the table at w.Path. Errors start with the path; those of a file that is damaged match
// [ErrCorrupt], and a table of another number of columns than w.Width is a [*WidthError].
func Read(w Want) (*Table, error) {
	t, err := read(w)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.Path, atomicfile.Cause(err))
	}
	return t, nil
}

func read(w Want) (*Table, error) {
	f, err := os.Open(w.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errors.New("is a directory, want a file")
	}
	size, ext := int64(-1), Extension(w.Path)
	if info.Mode().IsRegular() { // a pipe has neither a size nor a name that says much
		if size = info.Size(); !slices.Contains(Formats, ext) {
			return nil, fmt.Errorf("the extension is %q, want %s or one of them with .gz%s", ext, strings.Join(Formats, ", "), Remedy(ext))
		}
	}
	t, err := From(f, size, ext == ".npy", w)
	if err == nil {
		t.Once = !info.Mode().IsRegular()
	}
	return t, err
}

// Remedy says what to do with a file of an extension that is not read or written, "" where there is nothing to say.
func Remedy(ext string) string {
	if ext == ".parquet" {
		return ". pandas converts: pandas.read_parquet(F).to_csv(G, index=False), pandas.read_csv(G).to_parquet(F)"
	}
	return ""
}

// From reads a table from r, which has so many bytes (−1 if that is not known): an NPY file if npy
// is true or its first bytes say so, a safetensors file if they say that, else text.
func From(r io.Reader, size int64, npy bool, w Want) (*Table, error) {
	b := bufio.NewReaderSize(r, maxLine)
	if magic, _ := b.Peek(2); string(magic) == "\x1f\x8b" {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, corruptf("the gzip header is damaged: %v", err)
		}
		b, size = bufio.NewReaderSize(unzipped{z}, maxLine), -1
	}
	magic, _ := b.Peek(len(npyMagic))
	npy = npy || string(magic) == npyMagic
	start, _ := b.Peek(9)
	tensors := len(start) == 9 && string(start[4:]) == "\x00\x00\x00\x00{"
	if npy || tensors {
		if size < 0 {
			most := limit() / 2 // the bytes are kept beside the values
			raw, err := io.ReadAll(io.LimitReader(b, 8*most+1))
			if err != nil {
				return nil, err
			}
			if int64(len(raw)) > 8*most {
				return nil, tooLarge("the file", int64(len(raw))/8, 1, most)
			}
			b, size = bufio.NewReader(bytes.NewReader(raw)), int64(len(raw))
		}
		if tensors {
			return readSafetensors(b, size, w)
		}
		return readNPY(b, size, w)
	}
	return readText(b, size, w)
}

// unzipped says of errors that the compressed data has them.
type unzipped struct{ z *gzip.Reader }

func (u unzipped) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	switch {
	case err == io.ErrUnexpectedEOF:
		err = corruptf("the file is truncated: its gzip data ends early")
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		err = corruptf("the gzip data is damaged: %v", err)
	}
	return n, err
}

// tooLarge is the error of a table that does not fit in memory.
func tooLarge(what string, rows int64, columns int, most int64) error {
	why := ""
	if most < MaxValues {
		why = " into the memory that is free"
	}
	return fmt.Errorf("%s has %d rows of %d columns, but at most %d values can be read%s: "+
		"take a part (shuf -n 1000000 FILE), or fewer columns", what, rows, columns, most, why)
}

// WidthError reports a table whose number of columns is not the one wanted.
type WidthError struct {
	Line    int      // of the row that was counted; 0 in NPY
	Header  bool     // whether that row is a header
	Shape   string   // of an NPY file
	Columns []string // names or numbers of the columns of the file
	Text    []bool   // whether a column has text in the first row; nil in NPY
	Chosen  int      // number of columns that were chosen, 0 for all
	Want    int
}

func (e *WidthError) Error() string {
	switch {
	case e.Chosen > 0:
		return fmt.Sprintf("%d columns are chosen, want %d", e.Chosen, e.Want)
	case e.Shape != "" && e.Want == 1:
		return fmt.Sprintf("the shape is %s, want (n,) or (n, 1)", e.Shape)
	case e.Shape != "":
		return fmt.Sprintf("the shape is %s, want (n, %s)", e.Shape, numberOr(e.Want, "d"))
	case e.Header:
		return fmt.Sprintf("line %d: a header of %d columns, want %d", e.Line, len(e.Columns), e.Want)
	}
	return fmt.Sprintf("line %d: the number of columns is %d, want %d", e.Line, len(e.Columns), e.Want)
}

func numberOr(n int, unknown string) string {
	if n == 0 {
		return unknown
	}
	return strconv.Itoa(n)
}

// ErrCorrupt is matched (errors.Is) by the errors of files that are truncated or not of the format
// that their extension promises.
var ErrCorrupt = errors.New("corrupt file")

// corruption is an error that matches ErrCorrupt and says what is wrong.
type corruption string

func (c corruption) Error() string        { return string(c) }
func (c corruption) Is(target error) bool { return target == ErrCorrupt }

func corruptf(format string, args ...any) error { return corruption(fmt.Sprintf(format, args...)) }
