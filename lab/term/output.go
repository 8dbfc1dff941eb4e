package term

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"

	"genlab/internal/atomicfile"
)

// Output passes on what is written to it and keeps the first error, so that text is not lost unseen
// where it is printed without a look at the error. Its methods may be called from several goroutines.
type Output struct {
	w   io.Writer
	mu  sync.Mutex
	err error
}

// NewOutput returns an output that writes to w.
func NewOutput(w io.Writer) *Output { return &Output{w: w} }

// Write writes to the underlying writer, and fails as that does.
func (o *Output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.w.Write(b)
	if err != nil && o.err == nil {
		o.err = err
	}
	return n, err
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
