package term

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"
)

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestAFailedWriteIsReported(t *testing.T) {
	full := &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
	gone := &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}
	other := errors.New("the training diverged")
	for _, c := range []struct {
		write, command error
		want           string
	}{
		{nil, nil, ""},
		{nil, other, other.Error()},
		{full, nil, "standard output cannot be written: no space left on device"},
		{full, fmt.Errorf("in a command: %w", full), "standard output cannot be written: no space left on device"},
		{full, other, other.Error()},
		{gone, nil, ""},
		{gone, fmt.Errorf("in a command: %w", gone), ""},
		{gone, other, other.Error()},
	} {
		var w io.Writer = new(bytes.Buffer)
		if c.write != nil {
			w = failing{c.write}
		}
		o := NewOutput(w)
		fmt.Fprintln(o, "text")
		got := ""
		if err := o.Result(c.command); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("write %v, command %v: %q, want %q", c.write, c.command, got, c.want)
		}
	}
}

// TestControlCharactersAreShown: on a terminal a name cannot colour or overwrite what stands around it.
func TestControlCharactersAreShown(t *testing.T) {
	var out bytes.Buffer
	o := &Output{w: &out, visible: true}
	for text, want := range map[string]string{
		"a\x1b[31mb\rc\td\n":    `a\x1b[31mb\rc` + "\td\n",
		"é 漢 \u009b31m\x7f\xff": `é 漢 \u009b31m\x7f` + "\xff",
		"plain\n":               "plain\n",
	} {
		out.Reset()
		if n, err := fmt.Fprint(o, text); err != nil || n != len(text) || out.String() != want {
			t.Errorf("%q is shown as %q, want %q (%d bytes, %v)", text, out.String(), want, n, err)
		}
		out.Reset()
		fmt.Fprint(bars{o}, text)
		if out.String() != text {
			t.Errorf("bars: %q became %q", text, out.String())
		}
		out.Reset()
		fmt.Fprint(NewOutput(&out), text)
		if out.String() != text {
			t.Errorf("not on a terminal: %q became %q", text, out.String())
		}
	}
}

// TestMarkdownShowsNames: whatever a name holds, a page shows it and nothing else.
func TestMarkdownShowsNames(t *testing.T) {
	for name, want := range map[string]string{
		"file:a_b.csv":         "file:a_b.csv",
		"a|b*c`d[e](f)<img>\\": `a\|b\*c` + "\\`" + `d\[e\](f)\<img\>\\`,
		"x\ny\x1b[31m":         `x\\ny\\x1b\[31m`,
	} {
		if got := Markdown(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}
