//go:build unix

package cli

import (
	"os"
	"os/signal"
	"syscall"
)

// outliveReaders makes a write to a pipe whose reader has gone an error, which does not end a training; by default
// it ends the process.
func outliveReaders() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }
