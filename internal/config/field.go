package config

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"genlab/internal/suggest"
)

// Field is a setting of a struct.
type Field struct {
	Key     string        // in kebab-case: "warmup-steps"
	Help    string        // the noun that it is, for a person
	Type    string        // "bool", "int", "uint", "float", "string", "duration" or the choice's name
	Default string        // the value at the time of the call, as text that Set accepts
	Range   string        // the numbers that Check accepts, for a person: "1 to 64", "above 0", "in [0, 1)"; "" for all
	Choices []string      // the names that a typed choice accepts, nil for other types
	Group   string        // the heading under which help lists it: "optimiser"
	Aliases []string      // older keys that are accepted as well
	Absent  string        // the value where settings saved by an earlier version lack the key; "": the default
	Main    bool          // among the few settings to show first
	Value   reflect.Value // the field itself: settable

	within interval
}

// Describe returns the field's help with its range or choices and its default: "width of each hidden
// layer (1 to 16384; default 128)".
func (f Field) Describe() string { return f.describe("default " + f.Default) }

// Bounds returns the ends of the field's range, infinite where it has none, and whether they are excluded.
func (f Field) Bounds() (lo, hi float64, openLo, openHi bool) {
	if !f.within.set {
		return math.Inf(-1), math.Inf(1), true, true
	}
	return f.within.lo, f.within.hi, f.within.openLo, f.within.openHi
}

func (f Field) describe(last string) string {
	var parts []string
	if len(f.Choices) > 0 {
		parts = append(parts, strings.Join(f.Choices, ", "))
	}
	for _, part := range []string{f.Range, last} {
		if part != "" && part != "default " {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return f.Help
	}
	return strings.TrimSpace(f.Help + " (" + strings.Join(parts, "; ") + ")")
}

var (
	kebab    = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	duration = reflect.TypeFor[time.Duration]()
)

// Fields returns the settings of cfg, a pointer to a struct, in order, with those of an inlined struct in
// its place. It panics if the struct breaks the rules of the package documentation.
func Fields(cfg any) []Field {
	fields := appendFields(nil, structOf(cfg))
	seen := map[string]bool{}
	for _, f := range fields {
		for _, key := range append([]string{f.Key}, f.Aliases...) {
			if seen[key] {
				panic(fmt.Sprintf("config: %T has the key %q twice", cfg, key))
			}
			seen[key] = true
		}
	}
	return fields
}

func structOf(cfg any) reflect.Value {
	v := reflect.ValueOf(cfg)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("config: want a pointer to a struct, got %T", cfg))
	}
	return v.Elem()
}

// attempt sets fields of a copy of cfg, and cfg itself only on success.
func attempt(cfg any, set func([]Field) *Error) *Error {
	target := structOf(cfg)
	draft := reflect.New(target.Type())
	draft.Elem().Set(target)
	if err := set(Fields(draft.Interface())); err != nil {
		return err
	}
	target.Set(draft.Elem())
	return nil
}

func appendFields(fields []Field, v reflect.Value) []Field {
	for i := range v.NumField() {
		sf := v.Type().Field(i)
		tag, tagged := sf.Tag.Lookup("yaml")
		switch {
		case tag == "-", !sf.IsExported() && !tagged:
			continue
		case !sf.IsExported():
			panic(fmt.Sprintf("config: %v.%s has a key but is not exported", v.Type(), sf.Name))
		case tag == ",inline" && sf.Type.Kind() == reflect.Struct:
			inlined := appendFields(nil, v.Field(i))
			if text, ok := sf.Tag.Lookup("main"); ok {
				for i := range inlined {
					inlined[i].Main = false
				}
				for _, key := range strings.Fields(text) {
					k := slices.IndexFunc(inlined, func(f Field) bool { return f.Key == key })
					if k < 0 {
						panic(fmt.Sprintf("config: %v.%s has no field %q, which its main tag names", v.Type(), sf.Name, key))
					}
					inlined[k].Main = true
				}
			}
			fields = append(fields, inlined...)
			continue
		case !kebab.MatchString(tag):
			panic(fmt.Sprintf("config: %v.%s needs a key in kebab-case, or yaml:\"-\"; its tag is %q", v.Type(), sf.Name, tag))
		}
		f := Field{Key: tag, Help: sf.Tag.Get("help"), Group: sf.Tag.Get("group"), Absent: sf.Tag.Get("absent"), Value: v.Field(i)}
		f.Type = typeName(f.Value)
		_, f.Main = sf.Tag.Lookup("main")
		f.Aliases = strings.FieldsFunc(sf.Tag.Get("aliases"), func(r rune) bool { return r == ',' || r == ' ' })
		if c, ok := f.Value.Interface().(choice); ok {
			f.Choices = c.Choices()
		}
		if text, ok := sf.Tag.Lookup("range"); ok {
			var err error
			if f.within, err = cachedInterval(text); err != nil {
				panic(fmt.Sprintf("config: %v.%s: %v", v.Type(), sf.Name, err))
			}
			f.Range = f.within.words(f.Type == "float")
		}
		if f.Type == "" {
			panic(fmt.Sprintf("config: %v.%s is a %v, which no setting can be", v.Type(), sf.Name, sf.Type))
		}
		f.Default, _ = format(f.Value) // a value without text has no default to show
		fields = append(fields, f)
	}
	return fields
}

// find returns the field of a key or an alias, or an error that lists the keys.
func find(fields []Field, key string) (Field, error) {
	keys := make([]string, len(fields))
	for i, f := range fields {
		if f.Key == key || slices.Contains(f.Aliases, key) {
			return f, nil
		}
		keys[i] = f.Key
	}
	return Field{}, suggest.Name("key", key, keys)
}

// text is a type with its own text format.
type text interface {
	encoding.TextMarshaler
	encoding.TextUnmarshaler
}

// choice is a type that lists its valid values; a string type needs no other method.
type choice interface{ Choices() []string }

// typeName returns the type of a setting for the documentation, or "" if the type is not supported.
func typeName(v reflect.Value) string {
	_, writes := v.Addr().Interface().(text)
	if _, ok := v.Interface().(choice); writes || ok && v.Kind() == reflect.String {
		return strings.ToLower(v.Type().Name())
	}
	if v.Type() == duration {
		return "duration"
	}
	switch k := v.Kind(); {
	case k == reflect.Bool, k == reflect.String:
		return k.String()
	case v.CanInt():
		return "int"
	case v.CanUint() && k != reflect.Uintptr:
		return "uint"
	case v.CanFloat():
		return "float"
	}
	return ""
}
