package table

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// The NPY format [numpy-format]: the magic string and a version, the length of a header, the
// header (a Python dictionary with the keys descr, fortran_order and shape), and the values.
//
// Package npyio accepts truncated files, panics on a malformed header and allocates what the header
// asks for; the tests use it as a second implementation.

const npyMagic = "\x93NUMPY"

var (
	npyDescr   = regexp.MustCompile(`'descr'\s*:\s*'([^']*)'`)
	npyFortran = regexp.MustCompile(`'fortran_order'\s*:\s*(True|False)`)
	npyShape   = regexp.MustCompile(`'shape'\s*:\s*(\([^()]*\))`)
)

// readNPY reads a table, or where one column is wanted also a vector, from a file of the given size.
// It allocates no more than a multiple of that size.
func readNPY(b *bufio.Reader, size int64, w Want) (*Table, error) {
	if size == 0 {
		return nil, corruptf("the file is empty")
	}
	header, start, err := npyHeader(b, size)
	if err != nil {
		return nil, err
	}
	descr, fortran, shape := npyDescr.FindStringSubmatch(header), npyFortran.FindStringSubmatch(header), npyShape.FindStringSubmatch(header)
	if descr == nil || fortran == nil || shape == nil {
		return nil, corruptf("the NPY header %q does not give descr, fortran_order and shape", strings.TrimSpace(header))
	}
	value, bytes, err := npyType(descr[1])
	if err != nil {
		return nil, err
	}
	n, columns, err := npyShapeOf(shape[1], w)
	if err != nil {
		return nil, err
	}
	names := make([]string, columns)
	for j := range names {
		names[j] = strconv.Itoa(j + 1)
	}
	pick, err := w.find(names, WidthError{Shape: shape[1]})
	if err != nil {
		return nil, err
	}
	// Compare by division: a product of absurd numbers may overflow.
	if have := (size - start) / int64(bytes) / columns; n > have {
		return nil, corruptf("the file is truncated: shape %s of %s, but %d bytes of values hold %d rows", shape[1], descr[1], size-start, have)
	} else if n == 0 {
		return nil, fmt.Errorf("the file has no rows: shape %s", shape[1])
	}
	if extra := size - start - n*columns*int64(bytes); extra != 0 {
		return nil, corruptf("%d bytes follow the values of shape %s of %s", extra, shape[1], descr[1])
	}
	if most := limit(); n > most/int64(pick.width) {
		return nil, tooLarge("the file", n, pick.width, most)
	}
	t := &Table{Columns: pick.columns(names), Values: make([]float64, n*int64(pick.width))}
	l := &labels{index: map[string]uint16{}}
	raw := make([]byte, bytes)
	var text []byte
	for k := range n * columns {
		i, j := k/columns, k%columns
		if fortran[1] == "True" {
			i, j = k%n, k/n
		}
		if _, err := io.ReadFull(b, raw); err != nil {
			return nil, corruptf("the file is truncated: %v", err)
		}
		slot := pick.slots[j]
		if slot < 0 && int(j) != pick.label {
			continue
		}
		v := value(raw)
		if err := finite(v); err != nil && !w.Infinite {
			return nil, fmt.Errorf("row %d, column %d: %w", i+1, j+1, err)
		}
		if slot >= 0 {
			t.Values[int(i)*pick.width+slot] = v
		}
		if int(j) == pick.label {
			l.column, text = names[j], strconv.AppendFloat(text[:0], v, 'g', -1, 64)
			if err := l.add(text); err != nil {
				return nil, fmt.Errorf("row %d: %w", i+1, err)
			}
		}
	}
	if pick.label >= 0 {
		l.store(t)
	}
	return t, nil
}

// npyHeader returns the header's dictionary and the offset at which the values start.
func npyHeader(r io.Reader, size int64) (header string, start int64, err error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:6]) != npyMagic {
		return "", 0, corruptf(`this is not an NPY file: it does not start with \x93NUMPY`)
	}
	var length int64
	switch major := head[6]; major {
	case 1:
		var b [2]byte
		_, err = io.ReadFull(r, b[:])
		length, start = int64(binary.LittleEndian.Uint16(b[:])), 10
	case 2, 3:
		var b [4]byte
		_, err = io.ReadFull(r, b[:])
		length, start = int64(binary.LittleEndian.Uint32(b[:])), 12
	default:
		return "", 0, corruptf("NPY version %d, want 1, 2 or 3", major)
	}
	if err != nil || length > size-start {
		return "", 0, corruptf("the file is truncated in its header: %d bytes", size)
	}
	if length > 1<<16 {
		return "", 0, corruptf("an NPY header of %d bytes, want at most 65536", length)
	}
	b := make([]byte, length)
	if _, err := io.ReadFull(r, b); err != nil {
		return "", 0, corruptf("the file is truncated in its header: %v", err)
	}
	return string(b), start + length, nil
}

// npyType returns how to read a value of the NumPy type descr, and its width in bytes.
func npyType(descr string) (value func([]byte) float64, width int, err error) {
	var order binary.ByteOrder = binary.LittleEndian
	if strings.HasPrefix(descr, ">") {
		order = binary.BigEndian
	}
	switch strings.TrimLeft(descr, "<>=|") {
	case "f8":
		return func(b []byte) float64 { return math.Float64frombits(order.Uint64(b)) }, 8, nil
	case "f4":
		return func(b []byte) float64 { return float64(math.Float32frombits(order.Uint32(b))) }, 4, nil
	}
	return nil, 0, fmt.Errorf("the values have the NumPy type %s, want float64 (<f8) or float32 (<f4)", descr)
}

// npyShapeOf returns the numbers of rows and columns of a shape such as "(100, 2)".
func npyShapeOf(shape string, w Want) (rows, columns int64, err error) {
	wrong := &WidthError{Shape: shape, Want: w.Width}
	var dims []int64
	for field := range strings.SplitSeq(strings.Trim(shape, "()"), ",") {
		if field = strings.TrimSpace(field); field == "" {
			continue // (n,)
		}
		d, err := strconv.ParseInt(field, 10, 64)
		if err != nil || d < 0 {
			return 0, 0, wrong
		}
		dims = append(dims, d)
	}
	switch {
	case len(dims) == 2 && dims[1] >= 1 && dims[1] <= maxLine:
		return dims[0], dims[1], nil
	case len(dims) == 1 && w.Width == 1 && w.Columns == nil:
		return dims[0], 1, nil
	}
	return 0, 0, wrong
}

// AppendNPYHeader appends what precedes the values of a table of float64, or for one column of a vector, in
// version 1.0 and C order.
func AppendNPYHeader(b []byte, rows, columns int) []byte {
	shape := fmt.Sprintf("(%d,)", rows)
	if columns > 1 {
		shape = fmt.Sprintf("(%d, %d)", rows, columns)
	}
	header := fmt.Sprintf("{'descr': '<f8', 'fortran_order': False, 'shape': %s, }", shape)
	const align = 64 // the values start at a multiple of it, the header ends in a newline
	if over := (len(npyMagic) + 4 + len(header) + 1) % align; over > 0 {
		header += strings.Repeat(" ", align-over)
	}
	header += "\n"
	b = append(b, npyMagic+"\x01\x00"...)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	return append(b, header...)
}

// AppendNPY appends values behind the header.
func AppendNPY(b []byte, data []float64) []byte {
	for _, v := range data {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return b
}
