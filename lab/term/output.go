package term

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"unicode"
	"unicode/utf8"

	"genlab/internal/atomicfile"
)

// Output passes on what is written to it and keeps the first error, so that text is not lost unseen
// where it is printed without a look at the error. On a terminal it shows control characters, which file names
// may hold, as \x1b. Its methods may be called from several goroutines.
type Output struct {
	w       io.Writer
	visible bool // show control characters
	mu      sync.Mutex
	err     error
}

// NewOutput returns an output that writes to w.
func NewOutput(w io.Writer) *Output { return &Output{w: w, visible: IsTerminal(w)} }

// Write writes to the underlying writer, and fails as that does.
func (o *Output) Write(b []byte) (int, error) {
	text := b
	if o.visible {
		text = visible(b)
	}
	if err := o.pass(text); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (o *Output) pass(b []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, err := o.w.Write(b)
	if err != nil && o.err == nil {
		o.err = err
	}
	return err
}

// bars is an Output for the control sequences of progress bars.
type bars struct{ *Output }

func (o bars) Write(b []byte) (int, error) {
	if err := o.pass(b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// visible replaces the control characters of text other than newline and tab, those of C1 included, by their escape
// sequences in Go.
func visible(text []byte) []byte {
	var out []byte // nil as long as nothing is replaced
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			if out == nil {
				out = append(out, text[:i]...)
			}
			quoted := strconv.QuoteRune(r)
			out = append(out, quoted[1:len(quoted)-1]...)
		} else if out != nil {
			out = append(out, text[i:i+n]...)
		}
		i += n
	}
	if out == nil {
		return text
	}
	return out
}

// Result returns the error of a command that printed to o and ended with err. A failed write is an error
// even where the command did not look, except to a pipe whose reader has gone: it has seen enough.
func (o *Output) Result(err error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.err == nil || err != nil && !errors.Is(err, o.err):
		return err
	case errors.Is(o.err, syscall.EPIPE):
		return nil
	}
	return fmt.Errorf("standard output cannot be written: %w", atomicfile.Cause(o.err))
}

// Fd returns the file descriptor of the underlying writer, and one that cannot be where it has none.
func (o *Output) Fd() uintptr {
	if f, ok := o.w.(interface{ Fd() uintptr }); ok {
		return f.Fd()
	}
	return ^uintptr(0)
}

// markup replaces what Markdown would take for markup.
var markup = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "|", `\|`, "\n", `\\n`)

// Markdown returns text, such as a file name, as Markdown that shows it: markup and control characters are
// escaped.
func Markdown(text string) string { return markup.Replace(string(visible([]byte(text)))) }
