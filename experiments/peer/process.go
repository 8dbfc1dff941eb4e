// Package peer talks to programs that do the work of an experiment with other libraries: a request a line to
// their standard input, an answer a line from their standard output.
package peer

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// Process is a running program.
type Process struct {
	Version string // its first line: the libraries and their versions

	command string
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
}

// Start runs a command, whose standard error goes to stderr (nil discards it), and waits for its first line. It fails
// if the command cannot be started or ends before.
func Start(stderr io.Writer, command ...string) (*Process, error) {
	p := &Process{command: strings.Join(command, " "), cmd: exec.Command(command[0], command[1:]...)}
	p.cmd.Stderr = stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	if !p.out.Scan() {
		p.Stop()
		return nil, fmt.Errorf("%s did not start", p.command)
	}
	p.Version = p.out.Text()
	return p, nil
}

// Ask returns the answer to a request. It fails if the process has ended.
func (p *Process) Ask(request string) (string, error) {
	if _, err := fmt.Fprintln(p.in, request); err != nil {
		return "", err
	}
	if !p.out.Scan() {
		return "", fmt.Errorf("%s ended at %s", p.command, request)
	}
	return p.out.Text(), nil
}

// Stop ends the process and waits for its end.
func (p *Process) Stop() {
	p.in.Close()
	p.cmd.Wait()
}
