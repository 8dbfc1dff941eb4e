package datasets

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/atomicfile"
	"genlab/internal/table"
)

// ReadPoints reads points (n x 2, n >= 1) from a .npy file (float64 or float32, either byte
// order, C or Fortran order) or a .csv, .tsv or .txt file (two columns separated by commas, tabs,
// semicolons or spaces, an optional header line), each also compressed by gzip. Of a file with other
// columns, "PATH?x=A&y=B" reads two by name or by number from 1. It fails if the file cannot be read, has another shape, or a value is not finite:
// errors start with the path and name the row and the column. Those of a corrupt file match
// [ErrCorrupt].
func ReadPoints(path string) (*mat.Dense, error) { return ReadRows(path, 2) }

// ReadRows is [ReadPoints] for points of d coordinates. It panics if d < 2.
func ReadRows(path string, d int) (*mat.Dense, error) {
	if d < 2 {
		panic(fmt.Sprintf("datasets: ReadRows of %d columns, want 2 or more", d))
	}
	data, err := read(path, d)
	if err != nil {
		return nil, err
	}
	return mat.NewDense(len(data)/d, d, data), nil
}

// ReadVector reads n values from a .npy file of shape (n,) or (n, 1), or a .csv file with one
// column. It fails as [ReadPoints] does, but values may be infinite or NaN: a log density may be −Inf.
func ReadVector(path string) ([]float64, error) { return read(path, 1) }

// WritePoints writes the rows of x (n x d) to a .npy file (float64) or a .csv file (all digits, no
// header), by its extension, compressed by gzip where .gz follows. The file is replaced atomically. It fails for another extension or if
// the file cannot be written, and panics if d < 2.
func WritePoints(path string, x mat.Matrix) error {
	n, d := x.Dims()
	return StreamPoints(path, n, d, func(yield func(mat.Matrix) bool) { yield(x) })
}

// StreamPoints is [WritePoints] of n points of d coordinates that come in blocks and need not fit into
// memory together. It panics if the blocks have other numbers of rows or columns.
func StreamPoints(path string, n, d int, blocks iter.Seq[mat.Matrix]) error {
	if d < 2 {
		panic(fmt.Sprintf("datasets: points of %d columns, want 2 or more", d))
	}
	return write(path, n, d, func(yield func([]float64) bool) {
		var data []float64
		left := n
		for x := range blocks {
			rows, columns := x.Dims()
			if left -= rows; columns != d || left < 0 {
				panic(fmt.Sprintf("datasets: a block of %d x %d, want %d columns and %d rows in all", rows, columns, d, n))
			}
			data = data[:0]
			for i := range rows {
				for j := range d {
					data = append(data, x.At(i, j))
				}
			}
			if !yield(data) {
				return
			}
		}
		if left > 0 {
			panic(fmt.Sprintf("datasets: blocks of %d rows, want %d", n-left, n))
		}
	})
}

// WriteVector writes v to a .npy file (float64, shape (n,)) or a .csv file of one column, as
// [WritePoints] does.
func WriteVector(path string, v []float64) error {
	return write(path, len(v), 1, func(yield func([]float64) bool) { yield(v) })
}

// The formats, by extension.
const (
	extNPY = ".npy"
	extCSV = ".csv"
)

// format returns the extension of path, without .gz, in lower case. It fails if the extension is not supported.
func format(path string) (string, error) {
	switch ext := table.Extension(path); ext {
	case extNPY, extCSV:
		return ext, nil
	default:
		return "", fmt.Errorf("%s: the extension is %q, want %s or %s, also with .gz%s", path, ext, extNPY, extCSV, table.Remedy(ext))
	}
}

// CheckName returns an error if points cannot be written to path because of its extension.
func CheckName(path string) error {
	_, err := format(path)
	return err
}

// read returns the values of a file with the given number of columns, row by row.
func read(path string, columns int) ([]float64, error) {
	q, err := table.ParseQuery(path)
	if err != nil {
		return nil, err
	}
	t, err := table.Read(table.Want{Query: q, Width: columns, Infinite: columns == 1})
	if err != nil {
		return nil, err
	}
	return t.Values, nil
}

// writeBlock is the number of values that are encoded at a time.
const writeBlock = 1 << 16

// write replaces the file at path by a table of so many rows and columns, whose values come in blocks of whole rows.
func write(path string, rows, columns int, blocks iter.Seq[[]float64]) error {
	ext, err := format(path)
	if err != nil {
		return err
	}
	return atomicfile.Stream(path, func(w io.Writer) (err error) {
		if strings.HasSuffix(strings.ToLower(path), ".gz") {
			z := gzip.NewWriter(w)
			defer func() { err = errors.Join(err, z.Close()) }()
			w = z
		}
		var b []byte
		encode := table.AppendNPY
		if ext == extNPY {
			b = table.AppendNPYHeader(b, rows, columns)
		} else {
			encode = func(b []byte, data []float64) []byte { return appendCSV(b, data, columns) }
		}
		for block := range blocks {
			for part := range slices.Chunk(block, max(1, writeBlock/columns)*columns) {
				b = encode(b, part)
				if _, err := w.Write(b); err != nil {
					return err
				}
				b = b[:0]
			}
		}
		_, err = w.Write(b) // the header of a file without values
		return err
	})
}

// appendCSV appends rows with all digits.
func appendCSV(b []byte, data []float64, columns int) []byte {
	for i, v := range data {
		b = strconv.AppendFloat(b, v, 'g', -1, 64)
		if (i+1)%columns == 0 {
			b = append(b, '\n')
		} else {
			b = append(b, ',')
		}
	}
	return b
}

// ErrCorrupt is matched (errors.Is) by the errors of files that are truncated or not of the format
// that their extension promises.
var ErrCorrupt = table.ErrCorrupt
