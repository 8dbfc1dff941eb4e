// Package usage marks the errors that are mistakes of whoever gave the command: a flag, a
// setting, a file that does not fit. The command line ends with exit status 2 for them.
package usage

import "fmt"

// Error is a mistake of the user.
type Error struct{ Err error }

func (e Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e Error) Unwrap() error { return e.Err }

// Errorf formats an Error as fmt.Errorf does.
func Errorf(format string, args ...any) error { return Error{fmt.Errorf(format, args...)} }
