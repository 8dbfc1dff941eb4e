package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// bug is a change of a file that the tests should catch. In a list it reads
//
//	== flow/model.go
//	-	logp[i] += det[i] - m.scale.LogScale()
//	+	logp[i] += det[i]
//
// The file is relative to the root of the module; the text behind the minus signs occurs in it once. The tests
// are those of the file's package unless packages follow the file, separated by blanks. A bug that changes
// nothing that could be seen is followed by a line that begins with "= " and says why.
type bug struct {
	where      string // list and line
	file       string
	tests      []string
	old, new   string
	equivalent string // why it cannot be caught
}

// all returns the bugs in files whose path contains only.
func all(only string) ([]bug, error) {
	var bugs []bug
	err := fs.WalkDir(lists, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := lists.ReadFile(path)
		if err != nil {
			return err
		}
		list, err := parse(path, string(text))
		for _, b := range list {
			if strings.Contains(b.file, only) {
				bugs = append(bugs, b)
			}
		}
		return err
	})
	if err == nil && bugs == nil {
		err = errors.New("no bugs are listed")
	}
	return bugs, err
}

func parse(path, text string) ([]bug, error) {
	var bugs []bug
	var b *bug
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		where := fmt.Sprintf("%s:%d", path, i+1)
		head, isHead := strings.CutPrefix(line, "== ")
		switch {
		case isHead:
			f := strings.Fields(head)
			bugs = append(bugs, bug{where: where, file: f[0], tests: f[1:]})
			if b = &bugs[len(bugs)-1]; len(b.tests) == 0 {
				b.tests = []string{"./" + b.file[:strings.LastIndexByte(b.file, '/')]}
			}
		case line == "" || strings.HasPrefix(line, "#"):
		case b == nil:
			return nil, fmt.Errorf("%s: %q is before the first file", where, line)
		case line[0] == '-':
			b.old += line[1:] + "\n"
		case line[0] == '+':
			b.new += line[1:] + "\n"
		case strings.HasPrefix(line, "= "):
			b.equivalent = line[2:]
		default:
			return nil, fmt.Errorf("%s: %q begins with none of ==, -, +, =", where, line)
		}
	}
	for _, b := range bugs {
		if b.old == "" {
			return nil, fmt.Errorf("%s: no text to replace", b.where)
		}
	}
	return bugs, nil
}
