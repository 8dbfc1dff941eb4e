package run

import (
	"errors"
	"fmt"
	"io/fs"
)

// Errors of Create, Resume and Open, for errors.Is. The errors returned name the path and
// the remedy.
var (
	ErrExists = errors.New("already exists")
	ErrLocked = errors.New("is in use")
	ErrNotRun = errors.New("is not a run")
)

// CorruptError is a file that is damaged or is not what its name promises.
type CorruptError struct {
	Path   string // "" where bytes were decoded that came from no file
	Reason string
	Err    error // the cause, where there is one
}

func (e *CorruptError) Error() string {
	if e.Path == "" {
		return "corrupt: " + e.Reason
	}
	return e.Path + " is corrupt: " + e.Reason
}

func (e *CorruptError) Unwrap() error { return e.Err }

func corrupt(format string, args ...any) *CorruptError {
	err := fmt.Errorf(format, args...)
	return &CorruptError{Reason: err.Error(), Err: errors.Unwrap(err)}
}

// cause drops the operation and the path that the standard library puts around an error,
// where the message has the path already.
func cause(err error) error {
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
