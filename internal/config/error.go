package config

import (
	"fmt"
	"strings"
)

// Error reports an invalid setting.
type Error struct {
	Source       string // the file or the environment variable; "" for Set
	Line, Column int    // from 1, columns in characters; 0 outside of files
	Key          string // the setting, "" where the mistake is not in the value of one
	Msg          string // what is wrong and what would be right
	Err          error  // the cause, where there is one
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Source != "" {
		b.WriteString(e.Source)
		if e.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
		}
		b.WriteString(": ")
	}
	// The name of a variable contains the key.
	if e.Key != "" && (e.Source == "" || e.Line > 0) {
		b.WriteString(e.Key + ": ")
	}
	return b.String() + e.Msg
}

func (e *Error) Unwrap() error { return e.Err }
