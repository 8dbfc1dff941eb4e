// Package process runs this program again as a child process: a training of a comparison or of a sweep, isolated from
// the others and confined to one core.
//
//	spent, err := process.Run(ctx, func(step int) { bar.Update(step) }, "train", "flow", "--out", "runs/a")
package process

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Cores returns the number of processes that run at the same time.
func Cores() int { return max(1, runtime.GOMAXPROCS(0)) }

// Exit statuses of genlab that callers tell apart.
const (
	Diverged    = 3
	Interrupted = 75 // after a checkpoint was written
)

// Error is the end of a process with an exit status other than 0.
type Error struct {
	Status int    // -1 after a signal
	Reason string // what the process said, or how it ended
}

func (e *Error) Error() string { return e.Reason }

// Run runs this program with other arguments on one core, and calls update with the steps that it reports. A
// separate process isolates crashes and gives each training one core. It outlives this one only until it has saved its
// checkpoint, see [WithParent]. When ctx is cancelled, Run interrupts the process
// and waits until it has saved its checkpoint. It returns the CPU time of the process. It fails with an *[Error]
// where the process does, and where it cannot be started.
func Run(ctx context.Context, update func(step int), args ...string) (time.Duration, error) {
	exe, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", parentVariable+"=stdin")
	in, parent, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer parent.Close()
	defer in.Close()
	cmd.Stdin = in
	cmd.Cancel = func() error {
		// A terminal sends ^C to the child too, and a second signal would end it before it saves.
		time.Sleep(500 * time.Millisecond)
		return cmd.Process.Signal(os.Interrupt)
	}
	cmd.WaitDelay = 20 * time.Second
	message := new(prefixBuffer)
	cmd.Stderr = message
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var step, steps int
		if n, _ := fmt.Sscanf(lines.Text(), "step %d of %d", &step, &steps); n == 2 {
			update(step)
		}
	}
	io.Copy(io.Discard, out)
	err = cmd.Wait()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return 0, &Error{exit.ExitCode(), message.reason(exit)}
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), err
}

// parentVariable tells a process that its standard input ends with the process that started it by [Run].
const parentVariable = "GENLAB_PARENT"

// WithParent returns a context that is cancelled when the process that started this one by [Run] has ended, even if it
// was killed. Where none has, it returns ctx.
func WithParent(ctx context.Context) context.Context {
	if os.Getenv(parentVariable) == "" {
		return ctx
	}
	os.Unsetenv(parentVariable)
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return ctx
}

// prefixBuffer keeps the beginning of what is written to it: an error message, or the head of a panic.
type prefixBuffer struct{ bytes.Buffer }

// Write implements [io.Writer]: it keeps the first 4 KB and discards the rest.
func (t *prefixBuffer) Write(b []byte) (int, error) {
	if room := 4096 - t.Len(); room > 0 {
		t.Buffer.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}

// reason returns the first line of the message after the warnings, whose further lines are indented, or the exit
// status where there is none.
func (t *prefixBuffer) reason(exit *exec.ExitError) string {
	for line := range strings.Lines(t.String()) {
		if strings.HasPrefix(line, "warning:") || strings.HasPrefix(line, " ") {
			continue
		}
		if line = strings.TrimSpace(line); line != "" {
			return strings.TrimPrefix(line, "genlab: ")
		}
	}
	return "the process ended with " + exit.String()
}
