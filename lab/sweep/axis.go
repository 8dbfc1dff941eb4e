package sweep

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"genlab/internal/config"
	"genlab/internal/usage"
)

// Axis is a setting of a sweep: one value, which is fixed, a list of values, or a range.
type Axis struct {
	Key    string
	Values []string   // as [config.Set] accepts them; nil for a range
	Range  *Range     // nil for values
	When   Conditions // the setting keeps its default unless they all hold

	place place
}

// varied reports whether the axis has more than one value.
func (a Axis) varied() bool { return a.Range != nil || len(a.Values) > 1 }

// Range is an interval of numbers. A grid takes Count values from it, both ends included; a search samples it.
type Range struct {
	From, To float64
	Log      bool // equal ratios instead of equal differences
	Count    int  // 0: no grid
}

// Conditions are settings with the values for which an axis applies. The keys model and data are those of the run.
type Conditions []Condition

// Condition holds where a setting has one of the values.
type Condition struct {
	Key    string
	Values []string
	place  place
}

// place is where a part of a request was written, for errors: a flag or a line of a file.
type place struct {
	flag string
	node config.Node
}

// errorf returns a usage error that begins with the place.
func (p place) errorf(format string, args ...any) error {
	if p.flag != "" {
		return usage.Errorf(p.flag+": "+format, args...)
	}
	return p.node.Errorf("%s", fmt.Errorf(format, args...))
}

// at returns the value at u in [0, 1), rounded to four digits, or to an integer.
func (r Range) at(u float64, whole bool) string {
	lo, hi := r.From, r.To
	if whole { // every integer has the same share of a linear range
		lo, hi = lo-0.5, hi+0.5
	}
	x := lo + u*(hi-lo)
	if r.Log {
		if whole {
			lo = max(lo, 0.5)
		}
		x = lo * math.Pow(hi/lo, u)
	}
	return r.format(x, whole)
}

func (r Range) format(x float64, whole bool) string {
	if whole {
		return strconv.FormatFloat(min(max(math.Round(x), r.From), r.To), 'f', -1, 64)
	}
	x, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'g', 4, 64), 64)
	return strconv.FormatFloat(min(max(x, r.From), r.To), 'g', -1, 64)
}

// grid returns the values of a grid, without those that rounding has made equal.
func (r Range) grid(whole bool) []string {
	var values []string
	for i := range r.Count {
		u := float64(i) / float64(r.Count-1)
		x := r.From + u*(r.To-r.From)
		if r.Log {
			x = r.From * math.Pow(r.To/r.From, u)
		}
		if v := r.format(x, whole); !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return values
}

// check fails for ends in the wrong order and a logarithmic range that reaches 0.
func (r Range) check(p place) error {
	switch {
	case !(r.From < r.To):
		return p.errorf("the range from %v to %v is empty: give the smaller end first", r.From, r.To)
	case r.Log && r.From <= 0:
		return p.errorf("a logarithmic range begins above 0, not at %v", r.From)
	case r.Count == 1 || r.Count < 0:
		return p.errorf("a range has at least 2 values in a grid, not %d", r.Count)
	}
	return nil
}

// ParseAxis reads the values of a flag: a list "1e-3,3e-3", whose commas within a value are written "\,", or a range
// "1e-4..1e-2", with ":log" for equal ratios and ":5" for five values in a grid. It fails with a usage error.
func ParseAxis(key, text string) (Axis, error) {
	a := Axis{Key: key, place: place{flag: "--" + key}}
	if from, rest, ok := strings.Cut(text, ".."); ok && isNumber(from) {
		var err error
		a.Range, err = parseRange(from, rest, a.place)
		return a, err
	}
	for _, v := range splitList(text) {
		if v == "" {
			return a, a.place.errorf("%q has an empty value: separate the values by single commas", text)
		}
		a.Values = append(a.Values, v)
	}
	return a, nil
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

func parseRange(from, rest string, p place) (*Range, error) {
	parts := strings.Split(rest, ":")
	r := new(Range)
	r.From, _ = strconv.ParseFloat(from, 64)
	var err error
	if r.To, err = strconv.ParseFloat(parts[0], 64); err != nil {
		return nil, p.errorf("%q is no end of a range, which is written 1e-4..1e-2", parts[0])
	}
	for _, option := range parts[1:] {
		n, err := strconv.Atoi(option)
		switch {
		case option == "log":
			r.Log = true
		case option == "linear":
		case err == nil && n >= 2:
			r.Count = n
		default:
			return nil, p.errorf("%q after a range is neither log, nor linear, nor a number of values from 2", option)
		}
	}
	return r, r.check(p)
}

// splitList splits at the commas that no backslash precedes.
func splitList(text string) []string {
	list, last := []string(nil), new(strings.Builder)
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == ',':
			i++
			last.WriteByte(',')
		case text[i] == ',':
			list = append(list, last.String())
			last.Reset()
		default:
			last.WriteByte(text[i])
		}
	}
	return append(list, last.String())
}
