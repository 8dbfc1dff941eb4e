// Command mutants plants bugs, one at a time, and tells which of them the tests catch. The bugs are listed in
// files of the folder bugs beside it, as Bug documents; they are planted by an overlay, so that the tree stays
// as it is.
//
//	go run ./mutants [-only flow] [-j 2]
//
// It fails where a bug no longer applies or does not compile, and where fewer than 95 % of those that are not
// marked as equivalent are caught.
package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

//go:embed bugs/*.txt
var lists embed.FS

// required is the least share of planted bugs that the tests are to catch.
const required = 0.95

// limit bounds a test run: a bug that makes it hang is caught.
const limit = 5 * time.Minute

// outcome of a planted bug.
type outcome string

const (
	caught   outcome = "caught"
	survived outcome = "survived"
	stale    outcome = "does not apply"
	broken   outcome = "does not compile"
)

func main() {
	root := flag.String("root", "..", "root of the module")
	only := flag.String("only", "", "plant only bugs in files whose path contains this")
	workers := flag.Int("j", 2, "number of bugs at a time")
	flag.Parse()
	ok, err := run(*root, *only, *workers)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

func run(root, only string, workers int) (ok bool, err error) {
	if root, err = filepath.Abs(root); err != nil {
		return false, err
	}
	bugs, err := all(only)
	if err != nil {
		return false, err
	}
	outcomes := make([]outcome, len(bugs))
	errs := make([]error, len(bugs))
	var wg sync.WaitGroup
	free := make(chan struct{}, workers)
	for i, b := range bugs {
		wg.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			if outcomes[i], errs[i] = plant(root, b); outcomes[i] != caught {
				fmt.Printf("%s: %s: %q for %q\n", b.where, outcomes[i], b.new, b.old)
			}
		})
	}
	wg.Wait()
	count := map[outcome]int{}
	equivalent, real := 0, 0
	for i, b := range bugs {
		if errs[i] != nil {
			return false, errs[i]
		}
		switch {
		case b.equivalent == "":
			real++
			count[outcomes[i]]++
		case outcomes[i] == caught:
			return false, fmt.Errorf("%s: caught, though it is listed as equivalent: %s", b.where, b.equivalent)
		default:
			equivalent++
		}
	}
	fmt.Printf("%d bugs planted: %d caught, %d survived, %d do not apply, %d do not compile; %d more are equivalent\n",
		real, count[caught], count[survived], count[stale], count[broken], equivalent)
	return count[stale]+count[broken] == 0 && float64(count[caught]) >= required*float64(real), nil
}

// plant runs the tests of a bug on a tree that has it.
func plant(root string, b bug) (outcome, error) {
	file := filepath.Join(root, b.file)
	text, err := os.ReadFile(file)
	if err != nil {
		return stale, nil
	}
	if bytes.Count(text, []byte(b.old)) != 1 {
		return stale, nil
	}
	dir, err := os.MkdirTemp("", "genlab-mutants-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	changed := filepath.Join(dir, filepath.Base(file))
	if err := os.WriteFile(changed, bytes.Replace(text, []byte(b.old), []byte(b.new), 1), 0o666); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {file: changed}})
	if err != nil {
		return "", err
	}
	config := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(config, overlay, 0o666); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	args := append([]string{"test", "-failfast", "-vet=off", "-overlay", config}, b.tests...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.WaitDelay = root, time.Second
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		return survived, nil
	case strings.Contains(string(out), "[build failed]"):
		return broken, nil
	}
	return caught, nil
}
