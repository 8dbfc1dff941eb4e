// Command report writes what is generated from the results of experiments and from the registered
// models: the page of each experiment with the text of its results.json, the tables of docs/results.md,
// and the table of models in README.md. A table replaces the text between <!-- begin NAME --> and
// <!-- end NAME -->. Run from the module's root by go generate.
package main

import (
	"bytes"
	"cmp"
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
	"genlab/experiments/seeds"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/lab/registry"
)

//go:generate go run -C ../.. ./experiments/report

func main() {
	files, err := generate()
	for name, text := range files {
		if err == nil {
			err = update(name, text)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

// generate returns the generated files by name.
func generate() (map[string]string, error) {
	files := map[string]string{}
	list, results, err := answers(files)
	if err != nil {
		return nil, err
	}
	tables := map[string]string{"models": modelTable(), "results": experiment.Table(list, results)}
	for i, e := range list {
		switch e.Name {
		case "quality":
			tables[e.Name] = quality.Table(results[i])
		case "exact":
			tables[e.Name] = exact.Table(results[i])
		case "seeds":
			tables[e.Name] = seeds.Table(results[i])
		}
	}
	for name, file := range map[string]string{"speed": "speed/results.json", "speed-intel": "speed/intel.json", "scaling": "scaling/results.json"} {
		file = "experiments/" + file
		timings := exec.Command("go", "run", "./"+filepath.Dir(file), "-markdown", file)
		timings.Stderr = os.Stderr
		out, err := timings.Output()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		tables[name] = string(out)
	}
	for _, name := range []string{"README.md", "docs/results.md", "docs/speed.md", "docs/scaling.md"} {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		files[name] = string(b)
		for mark, table := range tables {
			if files[name], err = replace(files[name], mark, strings.TrimSpace(table)); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return files, nil
}

// answers returns the experiments that have been run with their results, and adds the files of each: the
// measurements as they were taken, and text that is derived from them. Another verdict than the stored
// one is an error.
func answers(files map[string]string) (list []experiment.Experiment, results []*experiment.Result, err error) {
	for _, e := range experiments.All() {
		dir := filepath.Join("experiments", e.Name)
		r, err := experiment.ReadResult(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", dir, err)
		}
		stored := r.Verdict()
		if e.Conclude(r); r.Verdict() != stored {
			return nil, nil, fmt.Errorf("%s: its measurements say %s, and the stored verdict is %s", dir, r.Verdict(), stored)
		}
		var b bytes.Buffer
		if err := r.Encode(&b); err != nil {
			return nil, nil, err
		}
		files[filepath.Join(dir, experiment.ResultFile)] = b.String()
		files[filepath.Join(dir, "README.md")] = r.Page()
		list, results = append(list, e), append(results, r)
	}
	return list, results, nil
}

// likelihoods explain registry.Info.Likelihood.
var likelihoods = map[string]string{"exact": "exact", "ODE": "exact, by solving an ODE", "bound": "lower bound", "none": "none"}

// modelTable returns a table of the registered models in Markdown.
func modelTable() string {
	var b strings.Builder
	b.WriteString("| model | what it is | log-likelihood | default dataset |\n|---|---|---|---|\n")
	for _, m := range models.All {
		info, dir := m.About(), "hybrid"
		if info.Role != registry.Hybrid {
			dir = info.Name
		}
		dir = cmp.Or(info.Folder, dir)
		fmt.Fprintf(&b, "| [%s](%s) | %s | %s | %s |\n", info.Name, dir, strings.TrimSuffix(info.Summary, "."), likelihoods[info.Likelihood], m.Job("", false).Data())
	}
	return b.String()
}

// update writes a file if its text differs.
func update(name, text string) error {
	if b, err := os.ReadFile(name); err == nil && string(b) == text {
		return nil
	}
	return os.WriteFile(name, []byte(text), 0o666)
}

// replace puts a table between the marks of its name; a text without the first mark is returned as it is.
func replace(text, name, table string) (string, error) {
	begin, end := "<!-- begin "+name+" -->\n", "<!-- end "+name+" -->"
	before, rest, ok := strings.Cut(text, begin)
	if !ok {
		return text, nil
	}
	_, after, ok := strings.Cut(rest, end)
	if !ok {
		return "", fmt.Errorf("no %q", end)
	}
	return before + begin + table + "\n" + end + after, nil
}
