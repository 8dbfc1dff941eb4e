package table

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// number returns the value of a cell; one that is too large is infinite.
func number(cell []byte) (float64, bool) {
	v, err := strconv.ParseFloat(string(cell), 64)
	return v, err == nil || errors.Is(err, strconv.ErrRange)
}

var (
	decimalComma = regexp.MustCompile(`^[+-]?[\d.]*,\d+([eE][+-]?\d+)?$`)
	startsNumber = regexp.MustCompile(`^[+-]?\.?\d`)
	misspelt     = strings.NewReplacer("O", "0", "o", "0", "l", "1", "I", "1")
	missing      = []string{"NA", "N/A", "null", "NULL", "None"}
)

// letters returns a cell with the digits for which it has letters, "1.0" for "1.O".
func letters(cell []byte) (string, bool) {
	s := misspelt.Replace(string(cell))
	_, ok := number([]byte(s))
	return s, ok && s != string(cell)
}

// looksNumeric reports whether a cell is a number, or was meant to be one.
func looksNumeric(cell []byte) bool {
	if _, ok := number(cell); ok || startsNumber.Match(cell) || decimalComma.Match(cell) {
		return true
	}
	_, almost := letters(cell)
	return almost && strings.ContainsAny(string(cell), "0123456789") && strings.Contains(string(cell), ".") ||
		slices.Contains(missing, string(cell))
}

// isWord reports whether a cell may be the name of a column: it has a character beyond ASCII's signs.
func isWord(cell []byte) bool {
	return slices.ContainsFunc(cell, func(c byte) bool { return c >= 0x80 || c|0x20 >= 'a' && c|0x20 <= 'z' })
}

// isHeader reports whether a row names the columns.
func isHeader(cells [][]byte) bool {
	return !slices.ContainsFunc(cells, looksNumeric) && slices.ContainsFunc(cells, isWord)
}

// wrong says what is wrong with a cell that is no number.
func wrong(cell []byte) string {
	switch s, almost := letters(cell); {
	case len(cell) == 0:
		return "the cell is empty"
	case slices.Contains(missing, string(cell)):
		return fmt.Sprintf("%q is not a number but a missing value", cell)
	case decimalComma.Match(cell):
		return fmt.Sprintf("%q has a decimal comma: write decimal points, 1.5 for 1,5", cell)
	case almost:
		return fmt.Sprintf("%q is not a number: it has a letter for a digit of %s", cell, s)
	}
	if len(cell) > 60 {
		return fmt.Sprintf("%q... is not a number", cell[:60])
	}
	return fmt.Sprintf("%q is not a number", cell)
}

// finite returns an error if v cannot be a coordinate.
func finite(v float64) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("%g is not a finite number", v)
	}
	return nil
}
