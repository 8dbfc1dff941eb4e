package table

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// values is a growing list of numbers. It never holds two copies while it grows.
type values struct {
	full [][]float64
	last []float64
	n    int
}

// chunk is the number of values that a list grows by.
const chunk = 1 << 20

func newValues(expected int) *values { return &values{last: make([]float64, 0, expected)} }

func (v *values) add(x float64) {
	if len(v.last) == cap(v.last) {
		if len(v.last) > 0 {
			v.full = append(v.full, v.last)
		}
		v.last = make([]float64, 0, chunk)
	}
	v.last = append(v.last, x)
	v.n++
}

// list returns all values.
func (v *values) list() []float64 {
	if len(v.full) == 0 {
		return v.last
	}
	all := make([]float64, 0, v.n)
	for i, part := range v.full {
		all, v.full[i] = append(all, part...), nil
	}
	return append(all, v.last...)
}

// maxLabels is the largest number of distinct labels of a table.
const maxLabels = 1000

// labels collects the labels of rows.
type labels struct {
	column string
	index  map[string]uint16
	names  []string
	rows   []uint16
}

func (l *labels) add(text []byte) error {
	k, ok := l.index[string(text)]
	if !ok {
		if len(l.names) == maxLabels {
			return fmt.Errorf("column %s has more than %d different labels, %q is one: does it hold classes?", l.column, maxLabels, text)
		}
		k = uint16(len(l.names))
		l.names = append(l.names, string(text))
		l.index[string(text)] = k
	}
	l.rows = append(l.rows, k)
	return nil
}

// store sorts the labels and puts them into a table.
func (l *labels) store(t *Table) {
	number, numbers := map[string]float64{}, true
	for _, name := range l.names {
		v, err := strconv.ParseFloat(name, 64)
		number[name], numbers = v, numbers && err == nil
	}
	t.Label, t.Classes, t.Labels = l.column, l.rows, slices.Clone(l.names)
	slices.SortFunc(t.Labels, func(a, b string) int {
		if numbers && number[a] != number[b] {
			return cmp.Compare(number[a], number[b])
		}
		return cmp.Compare(a, b)
	})
	place := make([]uint16, len(t.Labels))
	for k, name := range t.Labels {
		place[l.index[name]] = uint16(k)
	}
	for i, k := range t.Classes {
		t.Classes[i] = place[k]
	}
}
