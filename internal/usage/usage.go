// Package usage marks errors caused by the user, such as an invalid flag, setting or file. The command line
// exits with status 2 for them.
package usage

import "fmt"

// Error is an error of the user.
type Error struct{ Err error }

func (e Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e Error) Unwrap() error { return e.Err }

// Errorf returns an [Error] formatted by [fmt.Errorf].
func Errorf(format string, args ...any) error { return Error{fmt.Errorf(format, args...)} }
