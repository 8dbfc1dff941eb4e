package table

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// maxLine is the largest size of a row in bytes.
const maxLine = 1 << 20

// lines reads the rows of a text. A quoted cell may hold line ends.
type lines struct {
	b     *bufio.Reader // of size maxLine
	delim byte          // 0 for any
	line  int           // of the start of the row
	next  int           // line that is read next, less one
	long  []byte        // a row of several lines
}

// read returns the next row without its line end, or io.EOF. The row is valid until the next call.
// Blank lines and comments are passed over.
func (l *lines) read() ([]byte, error) {
	for {
		piece, err := l.piece()
		if err != nil {
			return nil, err
		}
		l.line = l.next
		if len(bytes.TrimSpace(piece)) == 0 || l.comment(piece) {
			continue
		}
		if quoted := l.scan(piece, false); !quoted {
			return piece, nil
		}
		return l.quoted(piece)
	}
}

// comment reports whether a line is one: it starts with #, and that is not a cell of its own.
func (l *lines) comment(line []byte) bool {
	return line[0] == '#' && (len(line) == 1 || bytes.IndexByte([]byte(",;\t"), line[1]) < 0)
}

// piece returns the next line.
func (l *lines) piece() ([]byte, error) {
	piece, err := l.b.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		return nil, fmt.Errorf("line %d is longer than 1 MiB: is this a table with a row in each line?", l.next+1)
	}
	if err != nil && (err != io.EOF || len(piece) == 0) {
		return nil, err
	}
	l.next++
	piece = bytes.TrimSuffix(piece, []byte("\n"))
	return bytes.TrimSuffix(piece, []byte("\r")), nil
}

// quoted returns a row whose first line ends inside a quoted cell.
func (l *lines) quoted(first []byte) ([]byte, error) {
	l.long = append(l.long[:0], first...)
	for open := true; open; {
		piece, err := l.piece()
		if err == io.EOF || err == nil && len(l.long)+len(piece) > maxLine {
			return nil, fmt.Errorf(`line %d: a quoted cell has no end: a quote (") is missing`, l.line)
		}
		if err != nil {
			return nil, err
		}
		open = l.scan(piece, true)
		l.long = append(append(l.long, '\n'), piece...)
	}
	return l.long, nil
}

// scan reports whether a line ends inside a quoted cell, given whether it starts there.
func (l *lines) scan(line []byte, quoted bool) bool {
	if !quoted && bytes.IndexByte(line, '"') < 0 {
		return false
	}
	start := true // of a cell
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '"' && i+1 < len(line) && line[i+1] == '"':
			i++
		case c == '"' && (quoted || start):
			quoted, start = !quoted, false
		case quoted:
		case c == ' ':
			start = start || l.delim == ' ' || l.delim == 0
		default:
			start = l.separates(c)
		}
	}
	return quoted
}

// separates reports whether c ends a cell.
func (l *lines) separates(c byte) bool {
	switch l.delim {
	case 0:
		return c == ',' || c == ';' || c == '\t'
	case ' ':
		return c == ' ' || c == '\t'
	}
	return c == l.delim
}

// split appends the cells of a row, without the spaces and quotes around them.
func (l *lines) split(row []byte, cells [][]byte) [][]byte {
	if l.delim == ' ' {
		row = bytes.TrimSpace(row)
	}
	for {
		for len(row) > 0 && (row[0] == ' ' || row[0] == '\t') && (l.delim == ' ' || !l.separates(row[0])) {
			row = row[1:]
		}
		var cell []byte
		rest := row
		if len(row) > 0 && row[0] == '"' {
			cell, rest = unquote(row[1:])
		}
		end := l.end(rest)
		if tail := bytes.TrimSpace(rest[:end]); cell == nil {
			cell = tail
		} else if len(tail) > 0 {
			cell = append(bytes.Clone(cell), tail...) // text behind a quote
		}
		cells = append(cells, cell)
		if end == len(rest) {
			return cells
		}
		row = rest[end+1:]
	}
}

// end returns the length of the cell that a text starts with.
func (l *lines) end(text []byte) int {
	at := bytes.IndexByte(text, l.delim)
	if l.delim == ' ' {
		at = bytes.IndexAny(text, " \t")
	}
	if at < 0 {
		return len(text)
	}
	return at
}

// unquote returns a quoted cell, which is not nil, and what follows its closing quote.
func unquote(text []byte) (cell, rest []byte) {
	var copied []byte
	for {
		at := bytes.IndexByte(text, '"')
		if at < 0 {
			return append(copied, text...), nil // a stray quote: the row has been found to be whole
		}
		if at+1 == len(text) || text[at+1] != '"' {
			if copied == nil {
				return text[:at:at], text[at+1:]
			}
			return append(copied, text[:at]...), text[at+1:]
		}
		copied, text = append(copied, text[:at+1]...), text[at+2:]
	}
}
