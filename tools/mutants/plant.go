package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// outcome of a planted bug.
type outcome string

const (
	caught   outcome = "caught"
	survived outcome = "survived"
	stale    outcome = "does not apply"
	broken   outcome = "does not compile"
)

// maxMemory bounds the address space of a test, in KiB: a bug may ask for all there is.
const maxMemory = 12 << 20

// patience is how many times as long as without a bug a test may take, after 20 seconds.
const patience = 4

// field is where bugs are planted.
type field struct {
	root       string
	with       []string
	cache      *cache
	equivalent map[string]string

	mu     sync.Mutex
	limits map[string]string // of the tests of a package
	counts []count
}

// count are the outcomes in a package, or of the lists.
type count struct {
	name                                          string
	places                                        int // for an operator
	planted, caught, equivalent, broken, survived int
	bad                                           int // listed bugs that do not apply or compile, or are wrongly called equivalent
}

// equivalents returns the reasons why bugs of the operators cannot be caught.
func equivalents() (map[string]string, error) {
	list, err := listed("equivalent", "")
	reasons := map[string]string{}
	for _, b := range list {
		if b.equivalent == "" {
			return nil, fmt.Errorf("%s: no reason is given", b.where)
		}
		reasons[b.same()] = b.equivalent
	}
	return reasons, err
}

// hand plants the bugs of the lists.
func (f *field) hand(bugs []bug) error {
	c := count{name: "listed by hand"}
	for _, b := range bugs {
		o, by, err := f.plant(b)
		if err != nil {
			return err
		}
		switch {
		case b.equivalent != "" && o == survived:
			c.equivalent++
			continue
		case b.equivalent != "" || o == stale || o == broken:
			c.bad++
			fmt.Printf("%s: %s (%s): %s\n", b.where, o, by, b.equivalent)
			continue
		case o == survived:
			c.survived++
			fmt.Printf("%s survived:\n%s", b.where, b)
		default:
			c.caught++
		}
		c.planted++
	}
	f.add(c)
	return nil
}

// operators plants n bugs that compile in a package.
func (f *field) operators(dir string, n int, seed uint64) error {
	bugs, err := candidates(f.root, dir, seed)
	if err != nil {
		return err
	}
	c := count{name: dir, places: len(bugs)}
	for _, b := range bugs {
		if c.planted == n {
			break
		}
		if f.equivalent[b.same()] != "" {
			c.equivalent++
			continue
		}
		o, _, err := f.plant(b)
		if err != nil {
			return err
		}
		switch o {
		case broken:
			c.broken++
			continue
		case survived:
			c.survived++
			fmt.Printf("%s: %s survived:\n%s", b.where, b.operator, b)
		default:
			c.caught++
		}
		c.planted++
	}
	f.add(c)
	return nil
}

func (f *field) add(c count) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts = append(f.counts, c)
}

// Lines that name a test that failed, and the time of those that passed.
var (
	failed = regexp.MustCompile(`(?m)^\s*--- FAIL: (\w+)`)
	passed = regexp.MustCompile(`(?m)^ok\s+\S+\s+([\d.]+s)`)
)

// plant runs the tests of a bug on a tree that has it, and returns the test that caught it.
func (f *field) plant(b bug) (o outcome, by string, err error) {
	file := filepath.Join(f.root, b.file)
	text, err := os.ReadFile(file)
	if err != nil {
		return stale, "", nil
	}
	text, ok := b.apply(text)
	if !ok {
		return stale, "", nil
	}
	tests, err := f.tests(b.tests)
	if err != nil {
		return "", "", err
	}
	if o, by, ok := f.cache.known(b.file, text, tests); ok {
		return o, by, nil
	}
	limit, err := f.limit(b.tests)
	if err != nil {
		return "", "", err
	}
	dir, err := os.MkdirTemp("", "genlab-mutants-")
	if err != nil {
		return "", "", err
	}
	defer os.RemoveAll(dir)
	changed := filepath.Join(dir, filepath.Base(file))
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {file: changed}})
	if err != nil {
		return "", "", err
	}
	config := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(changed, text, 0o666); err != nil {
		return "", "", err
	}
	if err := os.WriteFile(config, overlay, 0o666); err != nil {
		return "", "", err
	}
	out, err := f.test(append([]string{"-failfast", "-timeout", limit, "-overlay", config}, b.tests...))
	switch {
	case err == nil:
		o = survived
	case strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]"):
		o = broken
	default:
		o = caught
		if m := failed.FindStringSubmatch(out); m != nil {
			by = m[1]
		}
	}
	return o, by, f.cache.keep(b.file, text, tests, o, by)
}

// test runs go test and returns what it prints.
func (f *field) test(args []string) (string, error) {
	args = append(append(append([]string{}, f.with...), "go", "test", "-vet=off"), args...)
	script := fmt.Sprintf(`ulimit -v %d && exec "$@"`, maxMemory)
	cmd := exec.Command("sh", append([]string{"-c", script, "sh"}, args...)...)
	cmd.Dir = f.root
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// limit returns how long tests may take: a bug that makes them hang is caught.
func (f *field) limit(tests []string) (string, error) {
	f.mu.Lock()
	limit := f.limits[fmt.Sprint(tests)]
	f.mu.Unlock()
	if limit != "" {
		return limit, nil
	}
	out, err := f.test(append([]string{"-count=1"}, tests...))
	if err != nil {
		return "", fmt.Errorf("without a bug: %w\n%s", err, out)
	}
	took := 20 * time.Second
	for _, m := range passed.FindAllStringSubmatch(out, -1) {
		d, err := time.ParseDuration(m[1])
		if err != nil {
			return "", err
		}
		took += patience * d
	}
	limit = took.String()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.limits[fmt.Sprint(tests)] = limit
	return limit, nil
}
