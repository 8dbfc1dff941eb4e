// Command readme writes the README's tables again from the results that experiments have left:
// the text between <!-- begin NAME --> and <!-- end NAME --> is replaced by the table of that
// name. The page of each claim, experiments/NAME/README.md, is written again as well. Run from
// the module's root by go generate.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"genlab/experiments"
	"genlab/experiments/exact"
	"genlab/experiments/quality"
	"genlab/lab/experiment"
)

//go:generate go run -C ../.. ./experiments/readme

// tables are the texts between marks, by the name of the marks.
var tables = []struct {
	name string
	text func() (string, error)
}{
	{"quality", of("quality", quality.Table)},
	{"exact", of("exact", exact.Table)},
	{"speed", printed("./experiments/speed", "-markdown", "experiments/speed/results.json")},
	{"results", answers},
}

// printed is what a program of the project prints.
func printed(program string, args ...string) func() (string, error) {
	return func() (string, error) {
		cmd := exec.Command("go", append([]string{"run", program}, args...)...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		return string(out), err
	}
}

// of is a table of one experiment's answer.
func of(name string, table func(*experiment.Result) string) func() (string, error) {
	return func() (string, error) {
		r, err := experiment.ReadResult(filepath.Join("experiments", name))
		if err != nil {
			return "", err
		}
		return table(r), nil
	}
}

// answers is the table of the claims. Of each that has an answer it writes the page as well: in
// the words of today, with the figures as they were measured.
func answers() (string, error) {
	var (
		answered []experiment.Experiment
		results  []*experiment.Result
	)
	for _, e := range experiments.All() {
		dir := filepath.Join("experiments", e.Name)
		r, err := experiment.ReadResult(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", dir, err)
		}
		r.Claim, r.Test, r.Criterion = e.Claim, e.Test, e.Criterion
		if err := update(filepath.Join(dir, "README.md"), r.Page()); err != nil {
			return "", err
		}
		answered, results = append(answered, e), append(results, r)
	}
	return experiment.Table(answered, results), nil
}

func main() {
	if err := run("README.md"); err != nil {
		fmt.Fprintln(os.Stderr, "readme:", err)
		os.Exit(1)
	}
}

func run(file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	text := string(b)
	for _, t := range tables {
		table, err := t.text()
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		if text, err = replace(text, t.name, strings.TrimSpace(table)); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return update(file, text)
}

// update writes a file where its text is another.
func update(file, text string) error {
	if b, err := os.ReadFile(file); err == nil && string(b) == text {
		return nil
	}
	return os.WriteFile(file, []byte(text), 0o666)
}

// replace puts a table between the marks of its name; a text without the first has no place for it.
func replace(text, name, table string) (string, error) {
	begin, end := "<!-- begin "+name+" -->\n", "\n<!-- end "+name+" -->"
	before, rest, ok := strings.Cut(text, begin)
	if !ok {
		return text, nil
	}
	_, after, ok := strings.Cut(rest, end)
	if !ok {
		return "", fmt.Errorf("no %q", strings.TrimSpace(end))
	}
	return before + begin + table + end + after, nil
}
