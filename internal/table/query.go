package table

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"genlab/internal/suggest"
)

// Query is a path and the columns to read: PATH?x=lon&y=lat&label=species. A column is given by its
// name in the header or by its number from 1.
type Query struct {
	Path    string
	Columns []string // nil for all but the label
	Label   string   // "" for none
	Tensor  string   // of a safetensors file, "" for its only one
	All     bool     // whether columns=all: as many as there are
}

// queryKeys are the keys of a query. Those of coordinates come first.
var queryKeys = []string{"x", "y", "z", "columns", "label", "tensor"}

// ParseQuery parses PATH, PATH?x=A&y=B, also with z=C, PATH?columns=A,B,C and PATH?columns=all, each
// with or without &label=L. In names, & is written %26 and a comma %2C. It fails for an unknown key,
// a key that occurs twice, and fewer than two coordinates.
func ParseQuery(text string) (q Query, err error) {
	at := strings.LastIndexByte(text, '?')
	if at < 0 || !strings.Contains(text[at:], "=") {
		return Query{Path: text}, nil
	}
	q.Path = text[:at]
	fail := func(format string, args ...any) (Query, error) {
		return q, fmt.Errorf("%s: in the query %q %s", q.Path, text[at:], fmt.Sprintf(format, args...))
	}
	given := map[string]string{}
	for pair := range strings.SplitSeq(text[at+1:], "&") {
		key, value, _ := strings.Cut(pair, "=")
		if err := suggest.Name("key", key, queryKeys); err != nil {
			return q, fmt.Errorf("%s?%s: %w; write & in a name as %%26", q.Path, pair, err)
		}
		if _, twice := given[key]; twice || value == "" {
			return fail("%s must name one column", key)
		}
		given[key] = value
	}
	for i, key := range queryKeys[:3] {
		if value, ok := given[key]; ok {
			if len(q.Columns) < i {
				return fail("%s needs %s before it", key, queryKeys[i-1])
			}
			q.Columns = append(q.Columns, unescape(value))
		}
	}
	if list, ok := given["columns"]; ok {
		switch {
		case q.Columns != nil:
			return fail("columns and x exclude each other")
		case list == "all":
			q.All = true
		default:
			for name := range strings.SplitSeq(list, ",") {
				q.Columns = append(q.Columns, unescape(name))
			}
		}
	}
	if len(q.Columns) == 1 {
		return fail("a point needs two coordinates: x=A&y=B")
	}
	q.Label, q.Tensor = unescape(given["label"]), unescape(given["tensor"])
	return q, nil
}

// Width returns the number of columns that the query reads, and whether the query says so: a query
// without columns reads two, and with columns=all those of the file.
func (q Query) Width() (int, bool) {
	if q.Columns == nil {
		return 2, !q.All
	}
	return len(q.Columns), true
}

// Escape returns a name of a column as a query has it.
func Escape(name string) string {
	return strings.NewReplacer("%", "%25", "&", "%26", ",", "%2C").Replace(name)
}

// unescape undoes Escape. A name with a percent sign that starts no escape stands for itself.
func unescape(name string) string {
	if plain, err := url.PathUnescape(name); err == nil {
		return plain
	}
	return name
}

// selection is where a query's columns are in a file.
type selection struct {
	slots []int // position among the columns read of each column of the file, −1 if it is not read
	width int   // number of columns read
	label int   // −1 without
}

// find returns the columns that w asks for in a file with these names. e describes the file.
func (w Want) find(names []string, e WidthError) (selection, error) {
	s := selection{slots: make([]int, len(names)), label: -1}
	for i := range s.slots {
		s.slots[i] = -1
	}
	if w.Label != "" {
		at, err := column(w.Label, names)
		if err != nil {
			return s, err
		}
		s.label = at
	}
	for _, name := range w.Columns {
		at, err := column(name, names)
		if err != nil {
			return s, err
		}
		if s.slots[at] >= 0 {
			return s, fmt.Errorf("column %s is chosen twice", names[at])
		}
		s.slots[at], s.width = s.width, s.width+1
	}
	for i := range names {
		if w.Columns == nil && i != s.label {
			s.slots[i], s.width = s.width, s.width+1
		}
	}
	if w.Width > 0 && s.width != w.Width || s.width == 0 {
		if e.Columns, e.Want = names, w.Width; w.Columns != nil || w.Label != "" {
			e.Chosen = max(s.width, 1)
		}
		return s, &e
	}
	return s, nil
}

// column returns the index of a column by name or by number.
func column(name string, names []string) (int, error) {
	at := slices.Index(names, name)
	if at >= 0 && slices.Contains(names[at+1:], name) {
		return 0, fmt.Errorf("two columns are called %q: give the number of one, from 1 to %d", name, len(names))
	}
	if k, err := strconv.Atoi(name); at < 0 && err == nil && k >= 1 && k <= len(names) {
		at = k - 1
	}
	if at < 0 {
		return 0, fmt.Errorf("%w (or by number, 1 to %d)", suggest.Name("column", name, names), len(names))
	}
	return at, nil
}

// columns returns the names of the columns that are read, in their order.
func (s selection) columns(names []string) []string {
	out := make([]string, s.width)
	for i, slot := range s.slots {
		if slot >= 0 {
			out[slot] = names[i]
		}
	}
	return out
}
