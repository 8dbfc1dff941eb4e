package config

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Marshal writes every field of cfg in order, each under its help, range and choices as a comment. It refuses
// what DecodeYAML would: numbers that are not finite and text that is not UTF-8.
func Marshal(cfg any) ([]byte, error) {
	var b bytes.Buffer
	for _, f := range Fields(cfg) {
		s, err := format(f.Value)
		if err == nil && !utf8.ValidString(s) {
			err = fmt.Errorf("%q is not valid UTF-8", s)
		}
		if err != nil {
			return nil, &Error{Key: f.Key, Msg: err.Error(), Err: err}
		}
		switch f.Type {
		case "bool", "int", "uint":
		case "float":
			// YAML 1.1, which Python's reader speaks, takes 1e-05 for text and 1.0e-05 for a number.
			if i := strings.IndexByte(s, 'e'); i >= 0 && !strings.Contains(s, ".") {
				s = s[:i] + ".0" + s[i:]
			}
		default:
			s = quote(s)
		}
		if help := f.describe(""); help != "" { // the value is no default
			b.WriteString("# " + strings.ReplaceAll(help, "\n", "\n# ") + "\n")
		}
		b.WriteString(f.Key + ": " + s + "\n")
	}
	return b.Bytes(), nil
}

var (
	word     = regexp.MustCompile(`^[0-9]*[A-Za-z][A-Za-z0-9_./-]*$`)
	reserved = []string{"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity"}
)

// quote writes text so that no reader of YAML takes it for anything else: plain where it is
// clearly a word. Go's escapes are all escapes of YAML too.
func quote(s string) string {
	_, notFloat := strconv.ParseFloat(s, 64)
	_, notInt := strconv.ParseInt(s, 0, 64)
	if word.MatchString(s) && notFloat != nil && notInt != nil && !slices.Contains(reserved, strings.ToLower(s)) {
		return s
	}
	return strconv.Quote(s)
}
