package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	rundir "genlab/internal/run"
	"genlab/internal/suggest"
	"genlab/internal/usage"
	"genlab/lab/compare"
	"genlab/lab/taxonomy"
)

// compared holds the results of a comparison on one of its datasets.
type compared struct {
	file  string
	all   *compare.Result
	table compare.Table
}

// fromComparison reads a comparison; data is one of its datasets, or "" for the first.
func fromComparison(file, data string) (source, error) {
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
	i := slices.IndexFunc(c.table.Rows, func(l compare.Line) bool { return l.Model == model })
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
