package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// lab is where commands run: each in a folder of its own within dir.
type lab struct{ genlab, dir string }

// scenario is a command that is disturbed, and what must hold after it ran again without disturbance.
type scenario struct {
	name string
	// prepare makes what the command finds in a new folder.
	prepare func(folder string) error
	command []string
	// again finishes what was disturbed; "" for the command itself.
	again []string
	// same lists the files, as patterns relative to the folder, whose bytes must be those of an undisturbed run.
	same []string
	// old lists the files that prepare made: until the command ends well each has its old bytes or the new.
	old   []string
	calls []string // system calls that are made to fail; none for kills alone

	want, was map[string][]byte // bytes of same, and of old before
	took      time.Duration
}

// limit bounds a command: one that hangs is a loss.
const limit = 2 * time.Minute

// result is how a command ended.
type result struct {
	status int
	stderr string
}

func (l lab) exec(folder string, name string, args ...string) (result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = folder
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return result{}, err
	}
	return result{cmd.ProcessState.ExitCode(), stderr.String()}, nil
}

// writing are the system calls by which files are written, and some by which they are read.
var writing = strings.Fields("openat write fsync renameat unlinkat ftruncate close mkdirat fchmod pread64 read flock")

func (l lab) scenarios() ([]*scenario, error) {
	train := func(model string) []string {
		return []string{"train", model, "--smoke", "--train-only", "--out", "run"}
	}
	resume := func(model string) []string { return append(train(model), "--resume") }
	var list []*scenario
	for _, model := range []string{"vae", "flow", "gan", "diffusion", "autoregressive"} {
		s := &scenario{
			name: "train " + model, command: train(model), again: resume(model),
			same: []string{"run/checkpoint.safetensors", "run/metrics.jsonl"},
		}
		if model == "vae" {
			s.calls = writing
		}
		list = append(list, s)
	}
	trained := func(folder string) error {
		r, err := l.exec(folder, l.genlab, train("vae")...)
		if err == nil && r.status != 0 {
			err = errors.New(r.stderr)
		}
		return err
	}
	list = append(list,
		&scenario{
			name: "sample", prepare: func(folder string) error {
				return errors.Join(trained(folder), os.WriteFile(filepath.Join(folder, "x.npy"), []byte("old"), 0o666))
			},
			command: []string{"sample", "run", "-n", "500", "-o", "x.npy"},
			same:    []string{"x.npy", "run/checkpoint.safetensors"}, old: []string{"x.npy", "run/checkpoint.safetensors"}, calls: writing,
		},
		&scenario{
			name: "eval", prepare: trained, command: []string{"eval", "run"},
			same: []string{"run/checkpoint.safetensors", "run/metrics.jsonl"}, old: []string{"run/checkpoint.safetensors"}, calls: writing,
		},
		&scenario{
			name: "compare", command: []string{"compare", "--smoke", "--models", "vae,flow", "--data", "moons", "--out", "cmp"},
			same: []string{"cmp/*/checkpoint.safetensors", "cmp/*/metrics.jsonl"},
		},
		&scenario{
			name: "experiment", command: []string{"experiment", "games", "--smoke", "--seeds", "1", "--runs", "runs", "--out", "out"},
			same: []string{"runs/*/checkpoint.safetensors", "runs/*/metrics.jsonl", "out/results.json", "out/README.md"},
		},
		&scenario{
			name: "sweep", command: []string{"sweep", "flow", "--data", "moons", "--lr", "1e-3,3e-3", "--seeds", "1", "--smoke", "--out", "sweep"},
			same: []string{"sweep/*/checkpoint.safetensors", "sweep/*/metrics.jsonl", "sweep/runs.csv", "sweep/sweep.csv"},
		},
		&scenario{
			name: "overwrite", prepare: trained, command: append(train("vae"), "--overwrite", "--seed", "2"),
			same: []string{"run/checkpoint.safetensors", "run/metrics.jsonl"}, calls: writing,
		},
	)
	for _, s := range list {
		if err := l.measure(s); err != nil {
			return nil, fmt.Errorf("%s, undisturbed: %w", s.name, err)
		}
	}
	return list, nil
}

// folder returns a new folder that s has prepared.
func (l lab) folder(s *scenario) (string, error) {
	folder, err := os.MkdirTemp(l.dir, "f")
	if err == nil && s.prepare != nil {
		err = s.prepare(folder)
	}
	return folder, err
}

// measure runs the command undisturbed and keeps what it wrote.
func (l lab) measure(s *scenario) error {
	folder, err := l.folder(s)
	if err != nil {
		return err
	}
	if s.was, err = contents(folder, s.old); err != nil {
		return err
	}
	begin := time.Now()
	r, err := l.exec(folder, l.genlab, s.command...)
	s.took = time.Since(begin)
	if err == nil && r.status != 0 {
		err = errors.New(r.stderr)
	}
	if err == nil {
		s.want, err = contents(folder, s.same)
	}
	return errors.Join(err, os.RemoveAll(folder))
}

// seconds are the lines of a file of results that no two runs have in common.
var seconds = regexp.MustCompile(`(?m)^ *"seconds": .*\n`)

// contents returns the files that patterns match, at least one each, without what they say of seconds.
func contents(folder string, patterns []string) (map[string][]byte, error) {
	m := map[string][]byte{}
	for _, pattern := range patterns {
		names, err := filepath.Glob(filepath.Join(folder, pattern))
		if err == nil && names == nil {
			err = fmt.Errorf("%s is missing", pattern)
		}
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			if filepath.Base(name) == "results.json" {
				b = seconds.ReplaceAll(b, nil)
			}
			m[strings.TrimPrefix(name, folder)] = b
		}
	}
	return m, nil
}

// check returns what is lost in a folder whose command was disturbed and ended with status: "" for nothing.
func (l lab) check(s *scenario, folder string, status int) string {
	old, err := contents(folder, s.old)
	if err != nil {
		return err.Error()
	}
	for name, b := range old {
		if !bytes.Equal(b, s.was[name]) && !bytes.Equal(b, s.want[name]) {
			return fmt.Sprintf("%s has neither its old content nor the new (%d bytes)", name, len(b))
		}
	}
	if status != 0 {
		commands := [][]string{s.command}
		if s.again != nil { // what was not begun cannot be resumed, only begun again
			commands = [][]string{s.again, append(slices.Clone(s.command), "--overwrite"), s.command}
		}
		var last result
		for _, c := range commands {
			var err error
			if last, err = l.exec(folder, l.genlab, c...); err != nil {
				return err.Error()
			}
			if last.status == 0 {
				break
			}
		}
		if last.status != 0 {
			return "cannot be repeated: " + strings.TrimSpace(last.stderr)
		}
	}
	got, err := contents(folder, s.same)
	if err != nil {
		return err.Error()
	}
	if len(got) != len(s.want) {
		return fmt.Sprintf("%d files, of an undisturbed run %d", len(got), len(s.want))
	}
	for name, want := range s.want {
		if !bytes.Equal(got[name], want) {
			return name + " differs from that of an undisturbed run"
		}
	}
	var left []string
	filepath.WalkDir(folder, func(path string, _ os.DirEntry, _ error) error {
		if strings.HasSuffix(path, ".tmp") {
			left = append(left, filepath.Base(path))
		}
		return nil
	})
	if left != nil {
		return fmt.Sprintf("temporary files are left: %v", left)
	}
	return ""
}
