package datasets

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

// readNPY reads a table of the given number of columns, or for one column also a vector, from a file
// of the given size, row by row. It allocates no more than a multiple of that size.
func readNPY(r io.Reader, size int64, columns int) ([]float64, error) {
	if size == 0 {
		return nil, corruptf("the file is empty")
	}
	b := bufio.NewReader(r)
	header, start, err := npyHeader(b, size)
	if err != nil {
		return nil, err
	}
	descr, fortran, shape := npyDescr.FindStringSubmatch(header), npyFortran.FindStringSubmatch(header), npyShape.FindStringSubmatch(header)
	if descr == nil || fortran == nil || shape == nil {
		return nil, corruptf("the NPY header %q does not give descr, fortran_order and shape", strings.TrimSpace(header))
	}
	value, width, err := npyType(descr[1])
	if err != nil {
		return nil, err
	}
	n, err := npyRows(shape[1], columns)
	if err != nil {
		return nil, err
	}
	// Compare by division: a product of absurd numbers may overflow.
	if have := (size - start) / int64(width*columns); n > have {
		return nil, corruptf("the file is truncated: shape %s of %s, but %d bytes of values hold %d rows", shape[1], descr[1], size-start, have)
	} else if n == 0 {
		return nil, fmt.Errorf("the file has no rows: shape %s", shape[1])
	}
	if extra := size - start - n*int64(width*columns); extra != 0 {
		return nil, corruptf("%d bytes follow the values of shape %s of %s", extra, shape[1], descr[1])
	}

	raw := make([]byte, n*int64(width*columns))
	if _, err := io.ReadFull(b, raw); err != nil {
		return nil, corruptf("the file is truncated: %v", err)
	}
	data := make([]float64, n*int64(columns))
	for k := range data {
		i, j := k/columns, k%columns
		at := k
		if fortran[1] == "True" {
			at = j*int(n) + i
		}
		data[k] = value(raw[at*width:])
		if columns > 1 {
			if err := finite(data[k]); err != nil {
				return nil, fmt.Errorf("row %d, column %d: %w", i+1, j+1, err)
			}
		}
	}
	return data, nil
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

// npyRows returns the number of rows of a shape such as "(100, 2)".
func npyRows(shape string, columns int) (int64, error) {
	wrong := func() (int64, error) {
		if columns == 1 {
			return 0, fmt.Errorf("the shape is %s, want (n,) or (n, 1)", shape)
		}
		return 0, fmt.Errorf("the shape is %s, want (n, %d)", shape, columns)
	}
	var dims []int64
	for field := range strings.SplitSeq(strings.Trim(shape, "()"), ",") {
		if field = strings.TrimSpace(field); field == "" {
			continue // (n,)
		}
		d, err := strconv.ParseInt(field, 10, 64)
		if err != nil || d < 0 {
			return wrong()
		}
		dims = append(dims, d)
	}
	switch {
	case len(dims) == 2 && dims[1] == int64(columns), len(dims) == 1 && columns == 1:
		return dims[0], nil
	}
	return wrong()
}

// appendNPY appends a table of float64, or for one column a vector, in version 1.0 and C order.
func appendNPY(b []byte, data []float64, columns int) []byte {
	shape := fmt.Sprintf("(%d,)", len(data))
	if columns > 1 {
		shape = fmt.Sprintf("(%d, %d)", len(data)/columns, columns)
	}
	header := fmt.Sprintf("{'descr': '<f8', 'fortran_order': False, 'shape': %s, }", shape)
	const align = 64 // the values start at a multiple of it, the header ends in a newline
	if over := (len(npyMagic) + 4 + len(header) + 1) % align; over > 0 {
		header += strings.Repeat(" ", align-over)
	}
	header += "\n"
	b = append(b, npyMagic+"\x01\x00"...)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	b = append(b, header...)
	for _, v := range data {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return b
}
