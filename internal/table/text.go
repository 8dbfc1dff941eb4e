package table

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// sniffed is what the first bytes of a text say about all of it.
type sniffed struct {
	delim byte
	bytes float64 // mean size of a row
}

// sniffBytes and sniffRows bound what is looked at.
const (
	sniffBytes = 64 << 10
	sniffRows  = 100
)

// delimiters are the candidates, the likeliest first; 0xff, which no UTF-8 has, for a single column.
var delimiters = []struct {
	delim byte
	name  string
}{{',', "commas"}, {'\t', "tabs"}, {';', "semicolons"}, {' ', "spaces"}, {0xff, ""}}

// sniff finds the delimiter: the one by which the largest share of the cells are numbers, preferably
// with as many cells in every row.
func sniff(block []byte, whole bool) (s sniffed) {
	if cut := bytes.LastIndexByte(block, '\n'); cut >= 0 && !whole {
		block = block[:cut+1]
	}
	rows, size := [][]byte{}, 0
	l := &lines{b: bufio.NewReaderSize(bytes.NewReader(block), max(16, len(block)+1))}
	for {
		row, err := l.read()
		if err != nil {
			break
		}
		size++
		if len(rows) < sniffRows {
			rows = append(rows, bytes.Clone(row))
		}
	}
	s.bytes = float64(len(block)) / float64(max(1, size))
	best := -1.
	for _, d := range delimiters {
		if score, ok := fit(d.delim, rows); ok && score > best {
			best, s.delim = score, d.delim
		}
	}
	return s
}

// fit scores a delimiter, from 0 to 1. It is false for one that does not occur.
func fit(delim byte, rows [][]byte) (score float64, ok bool) {
	l := &lines{delim: delim}
	same, width, count := true, 0, 0
	numbers, commas := 0., 0.
	var cells [][]byte
	for i, row := range rows {
		cells = l.split(row, cells[:0])
		if i == 0 {
			width = len(cells)
		}
		same, ok = same && len(cells) == width, ok || len(cells) > 1
		count += len(cells)
		for _, cell := range cells {
			if _, is := number(cell); is {
				numbers++
			} else if decimalComma.Match(cell) && delim != ',' && delim != 0xff {
				commas++
			}
		}
	}
	if !same {
		return numbers / float64(count) / 2, ok
	}
	score = (numbers + commas) / float64(max(1, count))
	if delim != 0xff {
		score += 1e-6 // where nothing is a number
	}
	return score, ok || delim == 0xff
}

// foreign are beginnings of files that are no text, and what to do about them.
var foreign = []struct{ magic, what string }{
	{"\xff\xfe", "the text is UTF-16: save it as UTF-8 or ASCII"},
	{"\xfe\xff", "the text is UTF-16: save it as UTF-8 or ASCII"},
	{"PK\x03\x04", "this is a ZIP archive or a workbook, not a table: unpack it, or save the sheet as CSV"},
}

// text is the reader of a table of cells.
type text struct {
	lines
	w      Want
	pick   selection
	data   *values
	limit  int64 // the largest number of values
	labels *labels
	header int
	first  int // line of the first row that is not a header
	names  []string
	cells  [][]byte
	row    []float64
}

// readText reads a table of so many bytes, −1 if that is not known. Lines in errors count from 1
// and include the header, comments and blank lines.
func readText(b *bufio.Reader, size int64, w Want) (*Table, error) {
	if mark, _ := b.Peek(3); string(mark) == "\ufeff" { // spreadsheets write a byte order mark
		b.Discard(3)
	}
	block, err := b.Peek(sniffBytes)
	if err != nil && err != io.EOF {
		return nil, err
	}
	for _, f := range foreign {
		if bytes.HasPrefix(block, []byte(f.magic)) {
			return nil, errors.New(f.what)
		}
	}
	s := sniff(block, err == io.EOF)
	rows := int64(float64(size)/s.bytes*1.02) + 16
	if size < 0 {
		rows = 16
	}
	t := &text{lines: lines{b: b, delim: s.delim}, w: w}
	if err := t.begin(rows); err != nil {
		return nil, err
	}
	for {
		row, err := t.read()
		if err == io.EOF {
			return t.table(), nil
		} else if err != nil {
			return nil, err
		}
		if err := t.add(t.split(row, t.cells[:0])); err != nil {
			return nil, err
		}
	}
}

// begin reads the header and the first row of a table of about so many rows.
func (t *text) begin(rows int64) error {
	row, err := t.lines.read()
	if err == io.EOF {
		return errors.New("the file has no rows")
	} else if err != nil {
		return err
	}
	t.cells = t.split(row, nil)
	header := isHeader(t.cells)
	for i, cell := range t.cells {
		t.names = append(t.names, strconv.Itoa(i+1))
		if header && len(cell) > 0 {
			t.names[i] = string(cell)
		}
	}
	e := WidthError{Line: t.line}
	if header {
		t.header, e.Header = t.line, true
		if row, err = t.read(); err == nil {
			t.cells = t.split(row, t.cells[:0])
		} else if err != io.EOF {
			return err
		}
	}
	for _, cell := range t.cells {
		e.Text = append(e.Text, !looksNumeric(cell))
	}
	t.first = t.line
	var found error
	if t.pick, found = t.w.find(t.names, e); found != nil {
		return found
	} else if err == io.EOF {
		return errors.New("the file has no rows")
	}
	if t.limit = limit(); rows > t.limit/int64(t.pick.width) {
		return tooLarge("the file, by its size,", rows, t.pick.width, t.limit)
	}
	t.row = make([]float64, t.pick.width)
	t.data = newValues(int(rows) * t.pick.width)
	if t.pick.label >= 0 {
		t.labels = &labels{column: t.names[t.pick.label], index: map[string]uint16{}, rows: make([]uint16, 0, rows)}
	}
	return t.add(t.cells)
}

// add takes a row.
func (t *text) add(cells [][]byte) error {
	if t.cells = cells; len(cells) != len(t.names) {
		e := &WidthError{Line: t.line, Columns: make([]string, len(cells)), Want: len(t.names)}
		if len(cells) == 1 {
			return fmt.Errorf("%w, separated by %s", e, t.separator())
		}
		return e
	}
	for j, cell := range cells {
		if j == t.pick.label {
			if len(cell) == 0 {
				return t.at(j, wrong(cell))
			}
			if err := t.labels.add(cell); err != nil {
				return fmt.Errorf("line %d: %w", t.line, err)
			}
		}
		if t.pick.slots[j] < 0 {
			continue
		}
		v, ok := number(cell)
		if !ok {
			return t.at(j, wrong(cell))
		}
		if !t.w.Infinite {
			if err := finite(v); err != nil {
				return t.at(j, err.Error())
			}
		}
		t.row[t.pick.slots[j]] = v
	}
	for _, v := range t.row {
		t.data.add(v)
	}
	if int64(t.data.n) > t.limit {
		return tooLarge("the file, so far,", int64(t.data.n/t.pick.width), t.pick.width, t.limit)
	}
	return nil
}

// at is the error of a cell: where it is, what is wrong, and the name of its column.
func (t *text) at(j int, what string) error {
	name := ""
	switch {
	case t.header > 0:
		name = fmt.Sprintf(" (column %s)", t.names[j])
	case t.line == t.first && !looksNumeric(t.cells[j]):
		name = "; the row is not a header, because that would have no numbers"
	}
	return fmt.Errorf("line %d, column %d: %s%s", t.line, j+1, what, name)
}

// separator names the delimiter.
func (t *text) separator() string {
	for _, d := range delimiters {
		if d.delim == t.delim {
			return d.name
		}
	}
	return ""
}

// table returns what has been read.
func (t *text) table() *Table {
	out := &Table{Values: t.data.list(), Header: t.header, Cells: t.separator()}
	out.Columns = t.pick.columns(t.names)
	if t.labels != nil {
		t.labels.store(out)
	}
	return out
}
