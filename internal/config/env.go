package config

import (
	"slices"
	"strings"

	"genlab/internal/suggest"
)

// Env sets the fields of cfg whose variables lookup knows (os.LookupEnv, for one): with the
// prefix "GENLAB_" the key warmup-steps is read from GENLAB_WARMUP_STEPS. A variable that is
// set but empty is the empty text. Its errors are *Error and name the variable.
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

// UnknownEnv returns a sentence for each variable of environ ("NAME=value", as os.Environ has
// them) that begins with the prefix, yet belongs to no field of cfg and is not among also.
func UnknownEnv(prefix string, environ []string, cfg any, also ...string) []string {
	known := slices.Clone(also)
	for _, f := range Fields(cfg) {
		for _, key := range append([]string{f.Key}, f.Aliases...) {
			known = append(known, variable(prefix, key))
		}
	}
	// The prefix is left out of the comparison: it would make all names near each other.
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
