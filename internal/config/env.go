package config

import (
	"slices"
	"strings"

	"genlab/internal/suggest"
)

// Env sets the fields of cfg, a pointer to a struct, from environment variables: with the prefix
// "GENLAB_" the key warmup-steps is read from GENLAB_WARMUP_STEPS. lookup is os.LookupEnv or a
// replacement; a variable that is set but empty is the empty text. It fails with an *[Error] that
// names the variable.
func Env(prefix string, lookup func(string) (string, bool), cfg any) error {
	bad := attempt(cfg, func(fields []Field) *Error {
		for _, f := range fields {
			used := ""
			for _, key := range append([]string{f.Key}, f.Aliases...) {
				name := variable(prefix, key)
				s, ok := lookup(name)
				if !ok {
					continue
				}
				if used != "" {
					return &Error{Source: name, Key: f.Key, Msg: "is another name of " + used + ", which is set too: unset one"}
				}
				used = name
				if err := parse(f.Value, s); err != nil {
					return &Error{Source: name, Key: f.Key, Msg: err.Error(), Err: err}
				}
			}
		}
		return nil
	})
	if bad != nil {
		return bad
	}
	return nil
}

// UnknownEnv returns a warning for each variable of environ ("NAME=value", as in os.Environ) that has the
// prefix but is neither that of a field of cfg nor one of also.
func UnknownEnv(prefix string, environ []string, cfg any, also ...string) []string {
	known := slices.Clone(also)
	for _, f := range Fields(cfg) {
		for _, key := range append([]string{f.Key}, f.Aliases...) {
			known = append(known, variable(prefix, key))
		}
	}
	// Compare without the prefix, with which all names would be near each other.
	rests := make([]string, len(known))
	for i, k := range known {
		rests[i] = strings.TrimPrefix(k, prefix)
	}
	var found []string
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, prefix) || slices.Contains(known, name) {
			continue
		}
		msg := "unknown environment variable " + name
		if near := suggest.Nearest(strings.TrimPrefix(name, prefix), rests); near != "" {
			msg += ": did you mean " + known[slices.Index(rests, near)] + "?"
		}
		found = append(found, msg)
	}
	return found
}

func variable(prefix, key string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
}
