package main

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Lists of bugs written by hand, and of bugs of the operators that cannot be caught.
//
//go:embed bugs/*.txt equivalent/*.txt
var lists embed.FS

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
	where      string // list or file, and line
	file       string
	tests      []string
	old, new   string
	equivalent string // why it cannot be caught

	operator string // "" for a bug of a list
	from, to int    // with an operator: the bytes that become text
	text     string
}

// apply returns the text of the bug's file with the bug, and false if it does not apply.
func (b bug) apply(text []byte) ([]byte, bool) {
	if b.operator != "" {
		return append(append(bytes.Clone(text[:b.from]), b.text...), text[b.to:]...), true
	}
	return bytes.Replace(text, []byte(b.old), []byte(b.new), 1), bytes.Count(text, []byte(b.old)) == 1
}

// String returns the bug as a list has it.
func (b bug) String() string {
	s := "== " + b.file + "\n-" + strings.ReplaceAll(strings.TrimSuffix(b.old, "\n"), "\n", "\n-") + "\n"
	if strings.TrimSpace(b.new) != "" {
		s += "+" + strings.ReplaceAll(strings.TrimSuffix(b.new, "\n"), "\n", "\n+") + "\n"
	}
	return s
}

// same returns what bugs of a list and of an operator have in common if they are the same: the file and the lines
// without their indentation.
func (b bug) same() string {
	key := b.file
	for _, s := range []string{b.old, b.new} {
		key += "\n"
		for line := range strings.Lines(s) {
			key += "\n" + strings.TrimSpace(line)
		}
	}
	return strings.TrimSpace(key)
}

// listed returns the bugs of the lists of a folder in files whose path contains only.
func listed(folder, only string) ([]bug, error) {
	var bugs []bug
	err := fs.WalkDir(lists, folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := lists.ReadFile(name)
		if err != nil {
			return err
		}
		list, err := parse(name, string(text))
		for _, b := range list {
			if strings.Contains(b.file, only) {
				bugs = append(bugs, b)
			}
		}
		return err
	})
	return bugs, err
}

func parse(list, text string) ([]bug, error) {
	var bugs []bug
	var b *bug
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		where := fmt.Sprintf("%s:%d", list, i+1)
		head, isHead := strings.CutPrefix(line, "== ")
		switch {
		case isHead:
			f := strings.Fields(head)
			bugs = append(bugs, bug{where: where, file: f[0], tests: f[1:]})
			if b = &bugs[len(bugs)-1]; len(b.tests) == 0 {
				b.tests = []string{"./" + path.Dir(b.file)}
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
