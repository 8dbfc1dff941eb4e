package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// peer is a process that times the same workloads in another library.
type peer struct {
	name    string // of the table's column
	mode    string
	version string
	threads int
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
}

// startPeer runs a command with a mode and a number of threads. Its first line is its version.
func startPeer(mode string, threads int, command ...string) (*peer, error) {
	args := append(command[1:len(command):len(command)], mode, strconv.Itoa(threads))
	p := &peer{mode: mode, threads: threads, cmd: exec.Command(command[0], args...)}
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
		return nil, fmt.Errorf("%s %s did not start", strings.Join(command, " "), mode)
	}
	p.version = p.out.Text()
	p.name = strings.Fields(p.version)[0] + " " + mode
	return p, nil
}

// measure returns the median time of a call in microseconds.
func (p *peer) measure(w workload) (float64, error) {
	if _, err := fmt.Fprintln(p.in, w); err != nil {
		return 0, err
	}
	if !p.out.Scan() {
		return 0, fmt.Errorf("%s ended at %v", p.name, w)
	}
	return strconv.ParseFloat(p.out.Text(), 64)
}

func (p *peer) stop() {
	p.in.Close()
	p.cmd.Wait()
}

// buildGo compiles the peer in Go, a module of its own, to a file.
func buildGo(dir, file string) error {
	build := exec.Command("go", "build", "-o", file, ".")
	build.Dir, build.Stderr = filepath.Join(dir, "gomlx"), os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building %s: %w", build.Dir, err)
	}
	return nil
}
