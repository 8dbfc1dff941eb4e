package answer

import (
	"bytes"
	"encoding/csv"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// RunsCSV returns runs.csv: a line for each run with its values of the axes and all its metrics but those that a clock
// measures, for a notebook.
func (s *Study) RunsCSV() ([]byte, error) {
	names := slices.DeleteFunc(s.MetricNames(), func(name string) bool { return slices.Contains(timings, name) })
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	head := []string{"run"}
	for _, a := range s.Axes {
		head = append(head, a.Key)
	}
	w.Write(append(append(head, "seed", "status", "reason"), names...))
	for _, r := range s.Runs {
		row := []string{r.Name}
		for _, a := range s.Axes {
			row = append(row, r.Axes[a.Key])
		}
		row = append(row, strconv.FormatUint(r.Seed, 10), r.Status, r.Reason)
		for _, name := range names {
			cell := ""
			if v, ok := r.Metrics[name]; ok {
				cell = digits(Number(v))
			}
			row = append(row, cell)
		}
		w.Write(row)
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// describe lists the values of axes by name.
func describe(axes map[string]string) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(axes)) {
		parts = append(parts, key+" "+axes[key])
	}
	return strings.Join(parts, ", ")
}

// File is a file of an answer.
type File struct {
	Name string
	Data []byte
}

// Files returns the answer in every format: sweep.csv, runs.csv, sweep.json, sweep.md and report.html.
func (a *Answer) Files(s *Study) ([]File, error) {
	var files []File
	for _, f := range []struct {
		name string
		of   func() ([]byte, error)
	}{
		{"sweep.csv", a.CSV}, {"runs.csv", s.RunsCSV}, {"sweep.json", a.JSON},
		{"sweep.md", func() ([]byte, error) { return a.Markdown(), nil }}, {"report.html", a.Page},
	} {
		data, err := f.of()
		if err != nil {
			return nil, err
		}
		files = append(files, File{f.name, data})
	}
	return files, nil
}
