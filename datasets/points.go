package datasets

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// ReadPoints reads points (n x 2, n >= 1) from a .npy file (float64 or float32, either byte
// order, C or Fortran order) or a .csv file (two columns separated by a comma, an optional
// header line). Every value must be finite. Errors begin with the path and name the row and
// the column at fault; those of a broken file match ErrCorrupt.
func ReadPoints(path string) (*mat.Dense, error) { return ReadRows(path, 2) }

// ReadRows is ReadPoints for points of d coordinates, d >= 2.
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
// column. Unlike coordinates, values may be infinite or NaN: a log density may be −Inf.
func ReadVector(path string) ([]float64, error) { return read(path, 1) }

// WritePoints writes the rows of x (n x d, d >= 2) to a .npy file (float64) or a .csv file (every
// digit, no header). The file appears whole or not at all: it is written beside its
// place, synced and renamed.
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

// WriteVector writes v to a .npy file (float64, shape (n,)) or a .csv file of one column. The
// file appears whole or not at all.
func WriteVector(path string, v []float64) error { return write(path, v, 1) }

// formats, by the extension of a path.
const (
	extNPY = ".npy"
	extCSV = ".csv"
)

// format returns the extension of path in lower case, or an error where it is not one of ours.
func format(path string) (string, error) {
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case extNPY, extCSV:
		return ext, nil
	default:
		return "", fmt.Errorf("%s: the extension is %q, want %s or %s", path, ext, extNPY, extCSV)
	}
}

// CheckName returns an error unless path has an extension that points can be written under.
func CheckName(path string) error {
	_, err := format(path)
	return err
}

// read returns the values of a file of the given number of columns, row by row.
func read(path string, columns int) ([]float64, error) {
	ext, err := format(path)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s: is a directory, want a file", path)
	}
	var data []float64
	if ext == extNPY {
		data, err = readNPY(f, info.Size(), columns)
	} else {
		data, err = readCSV(f, columns)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}

// reason is the cause of an *os.PathError, whose message has the path once more.
func reason(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// finite returns an error that says why v cannot be a coordinate.
func finite(v float64) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("%g is not a finite number", v)
	}
	return nil
}

// readCSV reads rows of the given number of columns. Lines and columns in errors count from
// 1, header and blank lines included, as an editor shows them.
func readCSV(r io.Reader, columns int) ([]float64, error) {
	b := bufio.NewReader(r)
	if mark, _ := b.Peek(3); string(mark) == "\ufeff" { // spreadsheets write a byte order mark
		b.Discard(3)
	}
	c := csv.NewReader(b)
	c.FieldsPerRecord = -1 // counted here, for a better message
	c.TrimLeadingSpace = true
	c.ReuseRecord = true
	var data []float64
	for first := true; ; first = false {
		record, err := c.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err // a *csv.ParseError, which has the line and the column
		}
		line, _ := c.FieldPos(0)
		if first && isHeader(record) {
			if len(record) != columns {
				return nil, fmt.Errorf("line %d: a header of %d columns, want %d", line, len(record), columns)
			}
			continue
		}
		if len(record) != columns {
			return nil, fmt.Errorf("line %d: the number of columns is %d, want %d", line, len(record), columns)
		}
		for j, field := range record {
			v, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
			if err != nil && !errors.Is(err, strconv.ErrRange) {
				return nil, fmt.Errorf("line %d, column %d: %q is not a number", line, j+1, field)
			}
			if columns > 1 {
				if err := finite(v); err != nil {
					return nil, fmt.Errorf("line %d, column %d: %w", line, j+1, err)
				}
			}
			data = append(data, v)
		}
	}
	if len(data) == 0 {
		return nil, errors.New("the file has no rows")
	}
	return data, nil
}

// isHeader reports whether no field is a number.
func isHeader(record []string) bool {
	for _, field := range record {
		if _, err := strconv.ParseFloat(strings.TrimSpace(field), 64); err == nil || errors.Is(err, strconv.ErrRange) {
			return false
		}
	}
	return true
}

// write puts the values of a table of the given number of columns in a new file.
func write(path string, data []float64, columns int) error {
	ext, err := format(path)
	if err != nil {
		return err
	}
	return replace(path, func(w *bufio.Writer) error {
		if ext == extNPY {
			return writeNPY(w, data, columns)
		}
		var text []byte
		for i, v := range data {
			text = strconv.AppendFloat(text[:0], v, 'g', -1, 64)
			if (i+1)%columns == 0 {
				text = append(text, '\n')
			} else {
				text = append(text, ',')
			}
			w.Write(text) // a bufio.Writer keeps its first error for Flush
		}
		return nil
	})
}

// replace writes a file beside path, syncs it, renames it to path and syncs the folder, so
// that path never holds half a file, whatever happens.
func replace(path string, content func(w *bufio.Writer) error) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("%s: %w", path, reason(err))
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("%s: %w", path, reason(err))
		}
	}()
	w := bufio.NewWriter(f)
	if err := content(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil { // CreateTemp makes it 0600
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
