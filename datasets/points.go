package datasets

import (
	"fmt"
	"path/filepath"
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
// header), by its extension. The file is replaced atomically. It fails for another extension or if
// the file cannot be written, and panics if d < 2.
func WritePoints(path string, x mat.Matrix) error {
	n, d := x.Dims()
	if d < 2 {
		panic(fmt.Sprintf("datasets: WritePoints of %d columns, want 2 or more", d))
	}
	data := make([]float64, 0, n*d)
	for i := range n {
		for j := range d {
			data = append(data, x.At(i, j))
		}
	}
	return write(path, data, d)
}

// WriteVector writes v to a .npy file (float64, shape (n,)) or a .csv file of one column, as
// [WritePoints] does.
func WriteVector(path string, v []float64) error { return write(path, v, 1) }

// The formats, by extension.
const (
	extNPY = ".npy"
	extCSV = ".csv"
)

// format returns the extension of path in lower case. It fails if the extension is not supported.
func format(path string) (string, error) {
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case extNPY, extCSV:
		return ext, nil
	default:
		return "", fmt.Errorf("%s: the extension is %q, want %s or %s", path, ext, extNPY, extCSV)
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

// write replaces the file at path by a table with the given number of columns.
func write(path string, data []float64, columns int) error {
	ext, err := format(path)
	if err != nil {
		return err
	}
	if ext == extNPY {
		return atomicfile.Write(path, table.AppendNPY(nil, data, columns))
	}
	var text []byte
	for i, v := range data {
		text = strconv.AppendFloat(text, v, 'g', -1, 64)
		if (i+1)%columns == 0 {
			text = append(text, '\n')
		} else {
			text = append(text, ',')
		}
	}
	return atomicfile.Write(path, text)
}

// ErrCorrupt is matched (errors.Is) by the errors of files that are truncated or not of the format
// that their extension promises.
var ErrCorrupt = table.ErrCorrupt
