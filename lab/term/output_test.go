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
