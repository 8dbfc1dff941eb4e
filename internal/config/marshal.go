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

// Marshal returns the YAML of cfg, a pointer to a struct: every field in order, with its help, range and
// choices as a comment. It fails for numbers that are not finite and text that is not UTF-8.
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
			// In YAML 1.1, which PyYAML reads, 1e-05 is text and 1.0e-05 a number.
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

// quote returns text as a YAML string: plain if it is clearly a word, else quoted. All escapes of Go are
// also escapes of YAML.
func quote(s string) string {
	_, notFloat := strconv.ParseFloat(s, 64)
	_, notInt := strconv.ParseInt(s, 0, 64)
	if word.MatchString(s) && notFloat != nil && notInt != nil && !slices.Contains(reserved, strings.ToLower(s)) {
		return s
	}
	return strconv.Quote(s)
}
