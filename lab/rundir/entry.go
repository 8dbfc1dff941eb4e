package rundir

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Strings for the values that JSON has no numbers for.
const (
	notANumber = "NaN"
	infinity   = "Infinity"
)

func appendEntry(b []byte, e Entry) ([]byte, error) {
	if e.Step < 0 {
		return nil, fmt.Errorf("run: negative step %d in the log", e.Step)
	}
	b = strconv.AppendInt(append(b, `{"step":`...), int64(e.Step), 10)
	for i, f := range e.Fields {
		if _, twice := (Entry{Fields: e.Fields[:i]}).Value(f.Name); twice || f.Name == "" || f.Name == "step" {
			return nil, fmt.Errorf("run: invalid name %q of a metric: names are not empty, not \"step\" and not repeated", f.Name)
		}
		var err error
		if b, err = jsontext.AppendQuote(append(b, ','), f.Name); err != nil {
			return nil, fmt.Errorf("run: invalid name %q of a metric: %w", f.Name, err)
		}
		b = append(b, ':')
		switch {
		case math.IsNaN(f.Value):
			b = append(b, `"`+notANumber+`"`...)
		case math.IsInf(f.Value, 1):
			b = append(b, `"`+infinity+`"`...)
		case math.IsInf(f.Value, -1):
			b = append(b, `"-`+infinity+`"`...)
		default:
			b = strconv.AppendFloat(b, f.Value, 'g', -1, 64)
		}
	}
	return append(b, "}\n"...), nil
}

func parseEntry(line []byte) (e Entry, err error) {
	dec := jsontext.NewDecoder(bytes.NewReader(line)) // duplicate names are errors
	next := func() (t jsontext.Token) {
		if err == nil {
			t, err = dec.ReadToken()
		}
		return t
	}
	brace, name, step := next().Kind(), next().String(), next()
	if brace != '{' || name != "step" || step.Kind() != '0' {
		return e, errors.New(`is not a JSON object that begins with "step" and a number`)
	}
	if e.Step, err = strconv.Atoi(step.String()); err != nil || e.Step < 0 {
		return e, fmt.Errorf("%v is not a step", step)
	}
	for err == nil && dec.PeekKind() != '}' {
		name := next().String()
		var x float64
		if x, err = number(next()); err != nil {
			return e, fmt.Errorf("%s: %w", name, err)
		}
		e.Fields = append(e.Fields, Field{name, x})
	}
	next() // the closing brace
	if err != nil {
		return e, err
	}
	if next(); err != io.EOF {
		return e, errors.New("has text after the object")
	}
	return e, nil
}

func number(t jsontext.Token) (float64, error) {
	switch s := t.String(); t.Kind() {
	case '0':
		return t.Float()
	case '"':
		switch s {
		case notANumber:
			return math.NaN(), nil
		case infinity:
			return math.Inf(1), nil
		case "-" + infinity:
			return math.Inf(-1), nil
		}
	}
	return 0, errors.New("is not a number")
}
