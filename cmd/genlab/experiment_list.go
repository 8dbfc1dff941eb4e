package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"genlab/experiments"
)

// list shows every claim with the answer that the program was built with.
func (c *experimentCmd) list(con *console, list []experiments.Experiment) error {
	type entry struct {
		Name      string              `json:"name"`
		Claim     string              `json:"claim"`
		Test      string              `json:"test"`
		Criterion string              `json:"criterion"`
		Seeds     int                 `json:"seeds"`
		Result    *experiments.Result `json:"result"` // null: not yet run
	}
	var entries []entry
	t := newTable(con.stdout)
	t.AppendHeader(table.Row{"name", "claim", "answer", "measured"})
	for _, e := range list {
		r, err := experiments.Shipped(e.Name)
		answer, date := "not yet run", ""
		switch {
		case err == nil:
			answer, date = r.Verdict(), r.Date
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
		entries = append(entries, entry{e.Name, e.Claim, e.Test, e.Criterion, e.Seeds, r})
		t.AppendRow(table.Row{e.Name, e.Claim, answer, date})
	}
	if c.JSON {
		return printJSON(con.stdout, entries)
	}
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 2, WidthMax: 60, WidthMaxEnforcer: text.WrapSoft}})
	t.Style().Options.SeparateRows = true
	t.Render()
	fmt.Fprintln(con.stdout, "genlab experiment NAME runs one, genlab experiment all --smoke tries all in seconds; experiments/NAME/README.md\nhas the figures.")
	return nil
}
