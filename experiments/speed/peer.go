package main

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
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

// startPeer runs a script with a mode and a number of threads. Its first line is its version.
func startPeer(python, script, mode string, threads int) (*peer, error) {
	p := &peer{mode: mode, threads: threads, cmd: exec.Command(python, script, mode, strconv.Itoa(threads))}
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
		return nil, fmt.Errorf("%s %s did not start", script, mode)
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
