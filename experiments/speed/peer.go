package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"genlab/experiments/peer"
)

// library is a process that times the same workloads in another library.
type library struct {
	*peer.Process
	name    string // of the table's column
	mode    string
	threads int
}

// startLibrary runs a command with a mode and a number of threads.
func startLibrary(mode string, threads int, command ...string) (*library, error) {
	p, err := peer.Start(nil, append(command[:len(command):len(command)], mode, strconv.Itoa(threads))...)
	if err != nil {
		return nil, err
	}
	return &library{p, strings.Fields(p.Version)[0] + " " + mode, mode, threads}, nil
}

// measure returns the median time of a call in microseconds.
func (l *library) measure(w workload) (float64, error) {
	text, err := l.Ask(fmt.Sprint(w))
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(text, 64)
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
