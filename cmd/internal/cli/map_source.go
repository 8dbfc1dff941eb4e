package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"genlab/experiments"
	"genlab/internal/suggest"
	"genlab/internal/usage"
	"genlab/lab/compare"
	"genlab/lab/rundir"
	"genlab/lab/taxonomy"
)

// source provides the measurements beside the statements.
type source interface {
	measured(model string, s taxonomy.NamedStatement) []string
	String() string
}

// newSource reads the comparison in a file, "" for the default one, or returns the shipped experiments where
// the default does not exist. data is one of the comparison's datasets, or "" for the first.
func newSource(from, data string) (source, error) {
	file := cmp.Or(from, filepath.Join("runs", "compare", "compare.json"))
	s, err := readComparison(file, data)
	if err == nil || from != "" || !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	if data != "" {
		return nil, usage.Errorf("--data %s selects a dataset of a comparison, but %s does not exist: run genlab compare first", data, file)
	}
	return shipped{file}, nil
}

// compared holds the results of a comparison on one of its datasets.
type compared struct {
	file  string
	all   *compare.Result
	table compare.Table
}

// readComparison reads a comparison; data is one of its datasets, or "" for the first.
func readComparison(file, data string) (source, error) {
	r, err := compare.Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usage.Errorf("%s does not exist: run genlab compare to write it: %w", file, fs.ErrNotExist)
	}
	if err != nil {
		return nil, &rundir.CorruptError{Path: file, Reason: err.Error(), Err: err}
	}
	tables := r.Tables()
	if len(tables) == 0 {
		return nil, &rundir.CorruptError{Path: file, Reason: "it contains no results"}
	}
	data = cmp.Or(data, tables[0].Data)
	if err := suggest.Name("dataset of the comparison", data, r.Plan.Data); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(tables, func(t compare.Table) bool { return t.Data == data })
	return compared{file, r, tables[i]}, nil
}

func (c compared) String() string {
	text := fmt.Sprintf("on %s in %s, %s, %s", c.table.Data, c.file, c.all.Machine.CPU, c.all.Machine.Made.Format("2006-01-02"))
	if c.all.Plan.Smoke {
		text += ", a smoke run (values are meaningless)"
	}
	interval, _, _ := strings.Cut(c.all.Plan.Statistics(), ". ")
	return text + "; " + interval
}

func (c compared) measured(model string, s taxonomy.NamedStatement) (lines []string) {
	lines = []string{}
	i := slices.IndexFunc(c.table.Rows, func(l compare.TableRow) bool { return l.Model == model })
	if i < 0 {
		return lines
	}
	line := c.table.Rows[i]
	if s.Name == taxonomy.AboutLikelihood {
		lines = append(lines, line.Kind)
	}
	for k, column := range c.table.Columns {
		if slices.Contains(s.Metrics, column.Key) && line.Cells[k].Text != "–" {
			unit := strings.TrimPrefix(column.Unit, "data unit") // not informative
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", column.Head, line.Cells[k].Text, unit)))
		}
	}
	return lines
}

// shipped are the results of the experiments that the program was built with.
type shipped struct{ missing string }

func (s shipped) String() string {
	return fmt.Sprintf("results of the shipped experiments (genlab experiment lists them), since %s does not exist; genlab compare measures on this machine", s.missing)
}

func (s shipped) measured(_ string, st taxonomy.NamedStatement) []string {
	lines := []string{}
	for _, m := range measurements(st.Evidence) {
		lines = append(lines, m.Label+": "+m.Value)
	}
	return lines
}

// measurement is a value from an experiment with its label.
type measurement struct {
	Experiment string `json:"experiment"`
	Label      string `json:"label"`
	Value      string `json:"value"`
}

// measurements looks up evidence in the shipped experiments, and omits what is not measured yet.
func measurements(wanted []taxonomy.Evidence) []measurement {
	found := []measurement{}
	for _, want := range wanted {
		r, err := experiments.Shipped(want.Experiment)
		if err != nil {
			continue // not run yet
		}
		if f := r.Of(want.Figure, want.Data); len(f.Values) > 0 {
			found = append(found, measurement{want.Experiment, want.Label, f.String()})
		}
	}
	return found
}
