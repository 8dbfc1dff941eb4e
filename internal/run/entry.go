package run

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// The words for what JSON has no number for.
const (
	notANumber = "NaN"
	infinity   = "Infinity"
)

func appendEntry(b []byte, e Entry) ([]byte, error) {
	if e.Step < 0 {
		return nil, fmt.Errorf("run: step %d of the log is negative", e.Step)
	}
	b = strconv.AppendInt(append(b, `{"step":`...), int64(e.Step), 10)
	for i, f := range e.Fields {
		if _, twice := (Entry{Fields: e.Fields[:i]}).Value(f.Name); twice || f.Name == "" || f.Name == "step" {
			return nil, fmt.Errorf("run: the log cannot have a figure named %q here", f.Name)
		}
		var err error
		if b, err = jsontext.AppendQuote(append(b, ','), f.Name); err != nil {
			return nil, fmt.Errorf("run: the name %q in the log: %w", f.Name, err)
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

func parseEntry(line []byte) (Entry, error) {
	var e Entry
	dec := jsontext.NewDecoder(bytes.NewReader(line)) // refuses names that come twice
	if t, err := dec.ReadToken(); err != nil || t.Kind() != '{' {
		return e, fmt.Errorf("not a JSON object: %w", err)
	}
	for first := true; first || dec.PeekKind() != '}'; first = false {
		t, err := dec.ReadToken()
		if err != nil {
			return e, err
		}
		name, isName := t.String(), t.Kind() == '"'
		if t, err = dec.ReadToken(); err != nil {
			return e, err
		}
		k := t.Kind()
		if first {
			if !isName || name != "step" || k != '0' {
				return e, errors.New(`does not begin with "step" and a number`)
			}
			step, err := t.Int()
			if err != nil || step < 0 || step > math.MaxInt {
				return e, fmt.Errorf("%v is not a step", t)
			}
			e.Step = int(step)
			continue
		}
		x := math.NaN()
		switch word := t.String(); {
		case k == '0':
			if x, err = t.Float(); err != nil {
				return e, fmt.Errorf("%s: %w", name, err)
			}
		case k == '"' && word == notANumber:
		case k == '"' && word == infinity:
			x = math.Inf(1)
		case k == '"' && word == "-"+infinity:
			x = math.Inf(-1)
		default:
			return e, fmt.Errorf("%s is not a number", name)
		}
		e.Fields = append(e.Fields, Field{name, x})
	}
	dec.ReadToken() // the closing brace
	if _, err := dec.ReadToken(); err != io.EOF {
		return e, errors.New("goes on after the object")
	}
	return e, nil
}
