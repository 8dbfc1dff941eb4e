package table

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// layout describes the numbers of a binary file: rows of columns, or columns after one another.
type layout struct {
	columns  []binaryColumn
	rows     int64
	byColumn bool
	shape    string // in errors
}

// binaryColumn is a column of a binary file: its name, and how a value is read of so many bytes.
type binaryColumn struct {
	name  string
	value func([]byte) float64
	width int
}

// read reads the columns that are wanted of a file with size bytes of values. shape is that of a file whose columns have no names.
func (a layout) read(b *bufio.Reader, size int64, shape string, w Want) (*Table, error) {
	names, bytes := make([]string, len(a.columns)), int64(0)
	for j, c := range a.columns {
		names[j] = c.name
		bytes += int64(c.width)
	}
	pick, err := w.find(names, WidthError{Shape: shape})
	if err != nil {
		return nil, err
	}
	// Compare by division: a product of absurd numbers may overflow.
	if have := size / bytes; a.rows > have {
		return nil, corruptf("the file is truncated: %s, but %d bytes of values hold %d rows", a.shape, size, have)
	} else if a.rows == 0 {
		return nil, fmt.Errorf("the file has no rows: %s", a.shape)
	}
	if extra := size - a.rows*bytes; extra != 0 {
		return nil, corruptf("%d bytes follow the values of %s", extra, a.shape)
	}
	if most := limit(); a.rows > most/int64(pick.width) {
		return nil, tooLarge("the file", a.rows, pick.width, most)
	}
	n, columns := a.rows, int64(len(a.columns))
	t := &Table{Columns: pick.columns(names), Values: make([]float64, n*int64(pick.width))}
	l := &labels{index: map[string]uint16{}}
	var text []byte
	var raw [8]byte
	for k := range n * columns {
		i, j := k/columns, k%columns
		if a.byColumn {
			i, j = k%n, k/n
		}
		c := a.columns[j]
		if _, err := io.ReadFull(b, raw[:c.width]); err != nil {
			return nil, corruptf("the file is truncated: %v", err)
		}
		slot := pick.slots[j]
		if slot < 0 && int(j) != pick.label {
			continue
		}
		v := c.value(raw[:c.width])
		if err := finite(v); err != nil && !w.Infinite {
			return nil, fmt.Errorf("row %d, column %s: %w", i+1, c.name, err)
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

// npyFields returns the names and types of the fields of an NPY file; plain for one type without a name.
func npyFields(header string) (fields [][2]string, plain bool) {
	if m := npyDescr.FindStringSubmatch(header); m != nil {
		return [][2]string{{"", m[1]}}, true
	}
	m := npyRecord.FindStringSubmatch(header)
	if m == nil {
		return nil, false
	}
	for _, f := range npyField.FindAllStringSubmatch(m[1], -1) {
		fields = append(fields, [2]string{f[1], f[2]})
	}
	return fields, false
}

// npyRecords returns the number of the records of a shape (n,).
func npyRecords(shape string, w Want) (int64, error) {
	n, err := strconv.ParseInt(strings.Trim(shape, "(), "), 10, 64)
	if err != nil || n < 0 {
		return 0, &WidthError{Shape: shape, Want: w.Width}
	}
	return n, nil
}
