// Command mutants plants bugs, one at a time, and counts those that the tests catch. Some bugs are listed in
// files of the folder bugs; the others are made by operators (a missing statement, call or sign, another
// operator, swapped operands, an index that is off by one, another constant, a branch never taken) at places of the
// numerical packages, and of those that write files, that are chosen at random. A bug is planted by an overlay, so that
// the tree stays as it is, and meets the tests of its own package alone.
//
//	go run ./mutants [-only flow] [-j 2] [-seed 1] [-with 'nice -n 19']
//
// Outcomes are kept in a file, so that an interrupted run goes on; see [cache]. The command fails where a listed bug no
// longer applies or does not compile, and where fewer than 95 % are caught, not counting those that the lists
// say to be equivalent.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// required is the least share of planted bugs that the tests are to catch.
const required = 0.95

func main() {
	root := flag.String("root", "..", "root of the module")
	only := flag.String("only", "", "plant only bugs in files whose path contains this")
	workers := flag.Int("j", 2, "number of packages at a time")
	seed := flag.Uint64("seed", 1, "seed of the choice of bugs")
	with := flag.String("with", "", "command that runs the go command, such as 'nice -n 19'")
	kept := flag.String("cache", "", "file of the outcomes (bin/mutants.jsonl in the root of the module)")
	flag.Parse()
	ok, err := run(*root, *only, *workers, *seed, strings.Fields(*with), *kept)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

func run(root, only string, workers int, seed uint64, with []string, kept string) (ok bool, err error) {
	if root, err = filepath.Abs(root); err != nil {
		return false, err
	}
	if kept == "" {
		kept = filepath.Join(root, "bin", "mutants.jsonl")
	}
	c, err := openCache(kept)
	if err != nil {
		return false, err
	}
	defer c.close()
	same, err := equivalents()
	if err != nil {
		return false, err
	}
	hand, err := listed("bugs", only)
	if err != nil {
		return false, err
	}
	f := &field{root: root, with: with, cache: c, equivalent: same, limits: map[string]string{}}
	tasks := []func() error{func() error { return f.hand(hand) }}
	for _, p := range packages {
		if strings.Contains(p.dir+"/", only) {
			tasks = append(tasks, func() error { return f.operators(p.dir, p.bugs, seed) })
		}
	}
	errs := make([]error, len(tasks))
	var wg sync.WaitGroup
	free := make(chan struct{}, workers)
	for i, task := range tasks {
		wg.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			errs[i] = task()
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return false, err
		}
	}
	return f.report(), nil
}
