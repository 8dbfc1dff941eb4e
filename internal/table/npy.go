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
	npyRecord  = regexp.MustCompile(`'descr'\s*:\s*\[([^\]]*)\]`)
	npyField   = regexp.MustCompile(`\('([^']*)',\s*'([^']*)'\)`)
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
	fortran, shape := npyFortran.FindStringSubmatch(header), npyShape.FindStringSubmatch(header)
	fields, plain := npyFields(header)
	if fields == nil || fortran == nil || shape == nil {
		return nil, corruptf("the NPY header %q does not give descr, fortran_order and shape", strings.TrimSpace(header))
	}
	l := layout{shape: "shape " + shape[1] + " of " + fields[0][1], byColumn: fortran[1] == "True"}
	columns := int64(len(fields))
	if plain {
		l.rows, columns, err = npyShapeOf(shape[1], w)
	} else if l.rows, err = npyRecords(shape[1], w); err == nil {
		l.shape = "shape " + shape[1] + " of records"
	}
	if err != nil {
		return nil, err
	}
	for j := range columns {
		f := fields[0]
		if !plain {
			f = fields[j]
		} else {
			f[0] = strconv.FormatInt(j+1, 10)
		}
		value, width, err := npyType(f[1])
		if err != nil {
			return nil, err
		}
		l.columns = append(l.columns, binaryColumn{f[0], value, width})
	}
	return l.read(b, size-start, shape[1], w)
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
	kind := strings.TrimLeft(descr, "<>=|")
	switch kind {
	case "f8":
		return func(b []byte) float64 { return math.Float64frombits(order.Uint64(b)) }, 8, nil
	case "f4":
		return func(b []byte) float64 { return float64(math.Float32frombits(order.Uint32(b))) }, 4, nil
	case "i8":
		return func(b []byte) float64 { return float64(int64(order.Uint64(b))) }, 8, nil
	case "i4":
		return func(b []byte) float64 { return float64(int32(order.Uint32(b))) }, 4, nil
	case "i2":
		return func(b []byte) float64 { return float64(int16(order.Uint16(b))) }, 2, nil
	case "u1":
		return func(b []byte) float64 { return float64(b[0]) }, 1, nil
	}
	return nil, 0, fmt.Errorf("the values have the NumPy type %s, want float64 (<f8), float32 (<f4), int64 (<i8), int32 (<i4), int16 (<i2) or uint8 (|u1): save them with x.astype(float)", descr)
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
