// Command readme writes the README's tables again from the results that experiments have left:
// the text between <!-- begin NAME --> and <!-- end NAME --> is replaced by what the command
// of that name prints. Run from the module's root by go generate.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

//go:generate go run -C ../.. ./experiments/readme

// tables maps a name in the README to the command that prints it.
var tables = []struct {
	name string
	args []string
}{
	{"oracle", []string{"run", "./experiments/oracle", "-markdown", "experiments/oracle/results.json"}},
	{"speed", []string{"run", "./experiments/speed", "-markdown", "experiments/speed/results.json"}},
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
		cmd := exec.Command("go", t.args...)
		cmd.Stderr = os.Stderr
		table, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		if text, err = replace(text, t.name, string(bytes.TrimSpace(table))); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	if text == string(b) {
		return nil
	}
	return os.WriteFile(file, []byte(text), 0o666)
}

// replace puts a table between the marks of its name.
func replace(text, name, table string) (string, error) {
	begin, end := "<!-- begin "+name+" -->\n", "\n<!-- end "+name+" -->"
	before, rest, ok := strings.Cut(text, begin)
	if !ok {
		return "", fmt.Errorf("no %q", strings.TrimSpace(begin))
	}
	_, after, ok := strings.Cut(rest, end)
	if !ok {
		return "", fmt.Errorf("no %q", strings.TrimSpace(end))
	}
	return before + begin + table + end + after, nil
}
