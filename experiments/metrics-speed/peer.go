package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
)

// peer is a process of peer.py.
type peer struct {
	versions string
	cmd      *exec.Cmd
	in       io.WriteCloser
	out      *bufio.Scanner
}

// answer is what the process computes of a metric.
type answer struct {
	Values  []float64 `json:"values"`
	Seconds float64   `json:"seconds"`
}

// startPeer runs the script on the samples of a folder.
func startPeer(python, script, folder string, threads int) (*peer, error) {
	p := &peer{cmd: exec.Command(python, script, folder, strconv.Itoa(threads))}
	p.cmd.Stderr = os.Stderr
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
		return nil, fmt.Errorf("%s did not start", script)
	}
	p.versions = p.out.Text()
	return p, nil
}

// compute returns the values of a metric and the time of the call.
func (p *peer) compute(name string) (a answer, err error) {
	if _, err := fmt.Fprintln(p.in, name); err != nil {
		return a, err
	}
	if !p.out.Scan() {
		return a, fmt.Errorf("the peers ended at %s", name)
	}
	return a, json.Unmarshal(p.out.Bytes(), &a)
}

func (p *peer) stop() {
	p.in.Close()
	p.cmd.Wait()
}
