package config

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"genlab/internal/suggest"
)

// Set parses value into the field of cfg with the given key or alias. It fails with an *[Error] if there
// is no such field or the value is invalid.
func Set(cfg any, key, value string) error {
	f, err := find(Fields(cfg), key)
	if err != nil {
		return &Error{Msg: err.Error(), Err: err}
	}
	if err := parse(f.Value, value); err != nil {
		return &Error{Key: f.Key, Msg: err.Error(), Err: err}
	}
	return nil
}

// parse sets v to the value of s, or returns an error and leaves v unchanged.
func parse(v reflect.Value, s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("%q is not valid UTF-8", s)
	}
	if _, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		fresh := reflect.New(v.Type()) // a choice that fails half way must not be half set
		if err := fresh.Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)); err != nil {
			return err
		}
		v.Set(fresh.Elem())
		return nil
	}
	if c, ok := v.Interface().(choice); ok {
		if err := suggest.Name(strings.ToLower(v.Type().Name()), s, c.Choices()); err != nil {
			return err
		}
	}
	switch {
	case v.Type() == duration:
		d, err := time.ParseDuration(s)
		if err != nil {
			return fmt.Errorf("must be a time such as 90s or 1h30m, not %q", s)
		}
		v.SetInt(int64(d))
	case v.Kind() == reflect.String:
		v.SetString(s)
	case v.Kind() == reflect.Bool:
		if s != "true" && s != "false" {
			return fmt.Errorf("must be true or false, not %q", s)
		}
		v.SetBool(s == "true")
	case v.CanInt():
		n, err := strconv.ParseInt(s, 10, v.Type().Bits())
		if err != nil {
			high := uint64(1)<<(v.Type().Bits()-1) - 1
			return whole(s, err, fmt.Sprintf("-%d and %d", high+1, high))
		}
		v.SetInt(n)
	case v.CanUint():
		n, err := strconv.ParseUint(strings.TrimPrefix(s, "+"), 10, v.Type().Bits())
		if err != nil {
			if digits := strings.TrimPrefix(s, "-"); digits != s && strings.Trim(digits, "0123456789") == "" {
				err = strconv.ErrRange
			}
			return whole(s, err, fmt.Sprintf("0 and %d", uint64(math.MaxUint64)>>(64-v.Type().Bits())))
		}
		v.SetUint(n)
	default:
		x, err := parseFloat(s, v.Type().Bits())
		if err != nil {
			return err
		}
		v.SetFloat(x)
	}
	return nil
}

func whole(s string, err error, span string) error {
	if errors.Is(err, strconv.ErrRange) {
		return fmt.Errorf("must lie between %s, not %s", span, s)
	}
	return fmt.Errorf("must be a whole number in decimal digits, not %q", s)
}

func parseFloat(s string, bits int) (float64, error) {
	switch strings.ToLower(strings.TrimLeft(s, "+-.")) {
	case "nan", "inf", "infinity":
		return 0, fmt.Errorf("must be a finite number, not %q", s)
	}
	x, err := strconv.ParseFloat(s, bits)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, fmt.Errorf("must fit in a float%d, and %s does not", bits, s)
	case err != nil, strings.ContainsAny(s, "xX_"): // Go also reads 0x1p-2
		return 0, fmt.Errorf("must be a number such as 0.001 or 1e-3, not %q", s)
	}
	return x, nil
}

// format returns the inverse of parse.
func format(v reflect.Value) (string, error) {
	if t, ok := v.Addr().Interface().(encoding.TextMarshaler); ok {
		b, err := t.MarshalText()
		return string(b), err
	}
	switch {
	case v.Type() == duration:
		return time.Duration(v.Int()).String(), nil
	case v.Kind() == reflect.String:
		return v.String(), nil
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool()), nil
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), nil
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), nil
	}
	if x := v.Float(); math.IsNaN(x) || math.IsInf(x, 0) {
		return "", fmt.Errorf("must be a finite number, not %v", x)
	}
	return strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits()), nil
}
