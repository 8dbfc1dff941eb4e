package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// cache keeps outcomes in a file, one JSON object a line. The outcome of a bug is known again as long as its file is
// the same and, if it was caught, the test that caught it is still there; if it survived, as long as the
// test files are the same. Remove the file to begin anew.
type cache struct {
	mu   sync.Mutex
	file *os.File
	at   map[string]kept // by hash of the file with the bug
}

type kept struct {
	File    string  `json:"file"`
	Bug     string  `json:"bug"`   // hash of the file with the bug
	Tests   string  `json:"tests"` // hash of the test files
	Outcome outcome `json:"outcome"`
	By      string  `json:"by,omitempty"` // test that caught it
}

func openCache(path string) (*cache, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o666)
	if err != nil {
		return nil, err
	}
	c := &cache{file: f, at: map[string]kept{}}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var k kept
		if json.Unmarshal(lines.Bytes(), &k) == nil { // the last line may be torn
			c.at[k.Bug] = k
		}
	}
	return c, nil
}

func (c *cache) close() { c.file.Close() }

func (c *cache) known(file string, text []byte, tests testFiles) (outcome, string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.at[hash([]byte(file), text)]
	switch {
	case !ok:
	case k.Outcome == broken:
	case k.Outcome == caught && k.By != "":
		ok = bytes.Contains(tests.text, []byte("func "+k.By+"("))
	default:
		ok = k.Tests == hash(tests.text)
	}
	return k.Outcome, k.By, ok
}

func (c *cache) keep(file string, text []byte, tests testFiles, o outcome, by string) error {
	k := kept{file, hash([]byte(file), text), hash(tests.text), o, by}
	line, err := json.Marshal(k)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at[k.Bug] = k
	_, err = c.file.Write(append(line, '\n'))
	return err
}

func hash(parts ...[]byte) string {
	return fmt.Sprintf("%x", sha256.Sum256(bytes.Join(parts, []byte{0})))
}

// testFiles is the text of all tests of some packages.
type testFiles struct{ text []byte }

func (f *field) tests(packages []string) (testFiles, error) {
	var t testFiles
	var errs []error
	for _, p := range packages {
		if strings.Contains(p, "...") {
			return t, fmt.Errorf("%s: tests are named by their packages", p)
		}
		names, err := filepath.Glob(filepath.Join(f.root, p, "*_test.go"))
		errs = append(errs, err)
		for _, name := range names {
			b, err := os.ReadFile(name)
			errs = append(errs, err)
			t.text = append(t.text, b...)
		}
	}
	return t, errors.Join(errs...)
}
