package main

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"genlab/internal/compare"
)

// result is the comparison as it is stored.
func (k *comparison) result() *compare.Result {
	r := &compare.Result{Plan: k.plan, Machine: machine()}
	for _, c := range k.runs {
		r.Runs = append(r.Runs, c.result)
	}
	r.Summarise()
	return r
}

// written are the files of a comparison, in the order in which they are named.
var written = []string{"compare.json", "compare.csv", "compare.md"}

// write writes the comparison's files, the data before the pictures.
func (k *comparison) write(r *compare.Result) error {
	b, err := r.Encode()
	if err != nil {
		return err
	}
	csv, err := r.CSV()
	if err != nil {
		return err
	}
	files := map[string][]byte{"compare.json": b, "compare.csv": csv, "compare.md": r.Markdown()}
	for _, name := range written {
		if err := k.root.WriteFile(name, files[name]); err != nil {
			return err
		}
	}
	return nil
}

// printComparison writes the tables, those that are too wide in two parts.
func printComparison(w io.Writer, r *compare.Result) {
	for _, t := range r.Tables() {
		fmt.Fprintf(w, "\n%s", t.Data)
		if t.Caption != "" {
			fmt.Fprintf(w, ": %s", t.Caption)
		}
		fmt.Fprintln(w)
		// What the model is worth, and below it what it costs.
		split := len(t.Columns)
		for i, c := range t.Columns {
			if c.Key == "precision" {
				split = i
			}
		}
		printLines(w, t, 0, split)
		printLines(w, t, split, len(t.Columns))
		for _, n := range t.Notes {
			fmt.Fprintln(w, n)
		}
	}
	fmt.Fprintf(w, "\n%s\n%s\n", r.Plan.Fairness(), r.Plan.Statistics())
}

// printLines writes the columns [lo, hi) of a table.
func printLines(w io.Writer, t compare.Table, lo, hi int) {
	if lo == hi {
		return
	}
	p := newTable(w)
	head := table.Row{""}
	if lo == 0 {
		head = append(head, "likelihood")
	}
	for _, c := range t.Columns[lo:hi] {
		head = append(head, c.Head)
	}
	p.AppendHeader(head)
	trained := false
	for _, l := range t.Rows {
		if l.Trained && !trained {
			p.AppendSeparator()
		}
		trained = l.Trained
		row := table.Row{l.Model}
		if lo == 0 {
			row = append(row, l.Kind)
		}
		for _, c := range l.Cells[lo:hi] {
			mark := ""
			if c.Warning {
				mark = " !"
			}
			if c.Best {
				mark = " *"
			}
			row = append(row, c.Text+mark)
		}
		p.AppendRow(row)
	}
	var numbers []int
	for i := len(head) - (hi - lo); i < len(head); i++ {
		numbers = append(numbers, i+1)
	}
	p.SetColumnConfigs(right(numbers...))
	p.Style().Format.HeaderAlign = text.AlignDefault
	p.Render()
}
