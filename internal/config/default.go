package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Default returns a struct with the values of its default tags. It panics as [SetDefaults] does.
func Default[C any]() C {
	var c C
	SetDefaults(&c)
	return c
}

// SetDefaults sets the fields of cfg, a pointer to a struct, that have a default tag. The tag of an
// inlined struct, "steps=12000 lr=0.003", overrides the defaults of its fields. It panics if a tag
// names no field or has an invalid value.
func SetDefaults(cfg any) { setDefaults(structOf(cfg)) }

func setDefaults(v reflect.Value) {
	for i := range v.NumField() {
		sf := v.Type().Field(i)
		text, tagged := sf.Tag.Lookup("default")
		inlined := sf.Tag.Get("yaml") == ",inline"
		if inlined {
			setDefaults(v.Field(i))
		}
		if !tagged {
			continue
		}
		bad := func(err error) {
			if err != nil {
				panic(fmt.Sprintf("config: the default of %v.%s: %v", v.Type(), sf.Name, err))
			}
		}
		if !inlined {
			bad(parse(v.Field(i), text))
			continue
		}
		fields := appendFields(nil, v.Field(i))
		for _, pair := range strings.Fields(text) {
			key, value, _ := strings.Cut(pair, "=")
			f, err := find(fields, key)
			bad(err)
			bad(parse(f.Value, value))
		}
	}
}

// SetAbsent sets the fields of cfg, a pointer to a struct, that have an absent tag: before saved settings are
// decoded into it, so that one without the key means what it meant when the setting did not exist. It panics if a
// tag has an invalid value.
func SetAbsent(cfg any) {
	for _, f := range Fields(cfg) {
		if f.Absent == "" {
			continue
		}
		if err := parse(f.Value, f.Absent); err != nil {
			panic(fmt.Sprintf("config: the absent value of %s: %v", f.Key, err))
		}
	}
}

// Check returns an error that names the first field of cfg, a pointer to a struct, that is out of range
// or not a valid choice.
func Check(cfg any) error {
	for _, f := range Fields(cfg) {
		if !f.within.has(f.Value) {
			return fmt.Errorf("%s is %v, but must be %s", f.Key, f.Value, f.Range)
		}
		if len(f.Choices) > 0 {
			text, err := format(f.Value)
			if err == nil {
				err = parse(reflect.New(f.Value.Type()).Elem(), text)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
