package compare

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// child runs this program with other arguments, on one core, and calls update with the steps
// that it reports. A process of its own keeps a crash from the others, and gives each run a core
// of its own. It returns the processor's time that the child took; the error is what it said.
func child(ctx context.Context, update func(step int), args ...string) (time.Duration, error) {
	exe, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	cmd.Cancel = func() error {
		// A terminal has sent its ^C to the child too, and a second would end it unsaved.
		time.Sleep(500 * time.Millisecond)
		return cmd.Process.Signal(os.Interrupt)
	}
	cmd.WaitDelay = 20 * time.Second
	said := new(tail)
	cmd.Stderr = said
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
		return 0, errors.New(said.reason(exit))
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), err
}

// tail keeps the beginning of what is written to it: a message, or the head of a crash.
type tail struct{ bytes.Buffer }

// Write implements io.Writer; it takes everything and keeps 4 KB.
func (t *tail) Write(b []byte) (int, error) {
	if room := 4096 - t.Len(); room > 0 {
		t.Buffer.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}

// reason is the child's message in one line, or how it ended where it said nothing.
func (t *tail) reason(exit *exec.ExitError) string {
	for line := range strings.Lines(t.String()) {
		if line = strings.TrimSpace(line); line != "" {
			return strings.TrimPrefix(line, "genlab: ")
		}
	}
	return "ended with " + exit.String()
}
