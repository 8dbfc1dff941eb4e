package config

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"sync"
)

// interval is the range of a field; the zero value is unbounded.
type interval struct {
	set            bool
	lo, hi         float64
	openLo, openHi bool
	parity         string // "even", "odd" or ""
	loText, hiText string
}

var notation = regexp.MustCompile(`^([\[(])\s*(\S+),\s*(\S+?)\s*([\])])(?: (even|odd))?$`)

// parsed has the intervals of all tags seen so far: plans of sweeps list the fields of ten thousand structs.
var parsed sync.Map

// cachedInterval is parseInterval of a tag.
func cachedInterval(tag string) (interval, error) {
	if r, ok := parsed.Load(tag); ok {
		return r.(interval), nil
	}
	r, err := parseInterval(tag)
	if err == nil {
		parsed.Store(tag, r)
	}
	return r, err
}

// parseInterval parses interval notation: "[1, 64]", "(0, inf)", "[2, 4096] even".
func parseInterval(text string) (interval, error) {
	m := notation.FindStringSubmatch(text)
	if m == nil {
		return interval{}, fmt.Errorf("range %q is not an interval such as [1, 64], (0, inf) or [2, 64] even", text)
	}
	lo, err := strconv.ParseFloat(m[2], 64)
	hi, err2 := strconv.ParseFloat(m[3], 64)
	if err != nil || err2 != nil || !(lo < hi) {
		return interval{}, fmt.Errorf("range %q is not of two numbers in order", text)
	}
	return interval{true, lo, hi, m[1] == "(", m[4] == ")", m[5], m[2], m[3]}, nil
}

// words returns the interval in words.
func (r interval) words(float bool) string {
	var s string
	switch unbounded := math.IsInf(r.hi, 1); {
	case unbounded && r.openLo:
		s = "above " + r.loText
	case unbounded:
		s = "at least " + r.loText
	case !float && !r.openLo && !r.openHi:
		s = r.loText + " to " + r.hiText
	default:
		s = map[bool]string{true: "in (", false: "in ["}[r.openLo] + r.loText + ", " + r.hiText + map[bool]string{true: ")", false: "]"}[r.openHi]
	}
	if r.parity != "" {
		s = r.parity + ", " + s
	}
	return s
}

func (r interval) has(v reflect.Value) bool {
	var x float64
	switch {
	case !r.set:
		return true
	case v.CanInt():
		x = float64(v.Int())
	case v.CanUint():
		x = float64(v.Uint())
	case v.CanFloat():
		x = v.Float()
	}
	odd := math.Mod(x, 2) != 0
	return (x > r.lo || !r.openLo && x == r.lo) && (x < r.hi || !r.openHi && x == r.hi) &&
		(r.parity == "" || odd == (r.parity == "odd"))
}
