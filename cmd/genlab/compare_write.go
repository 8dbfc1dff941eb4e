package main

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"

	"genlab/lab/compare"
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
var written = []string{"compare.json", "compare.csv", "compare.md", "compare.png", "quality.png", "report.html"}

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
	if files["compare.png"], err = k.panels(); err != nil {
		return err
	}
	if files["quality.png"], err = r.Quality(); err != nil {
		return err
	}
	if files["report.html"], err = r.Report(files["compare.png"]); err != nil {
		return err
	}
	for _, name := range written {
		if err := k.root.WriteFile(name, files[name]); err != nil {
			return err
		}
	}
	return nil
}

// printComparison writes the tables and what was kept equal.
func printComparison(w io.Writer, r *compare.Result) {
	for _, t := range r.Tables() {
		fmt.Fprintf(w, "\n%s", t.Data)
		if t.Caption != "" {
			fmt.Fprintf(w, ": %s", t.Caption)
		}
		fmt.Fprintln(w)
		for i, part := range t.Parts() {
			printLines(w, part, i == 0)
		}
		for _, n := range t.Notes {
			fmt.Fprintln(w, n)
		}
	}
	fmt.Fprintf(w, "\n%s\n%s\n", r.Plan.Fairness(), r.Plan.Statistics())
}

// printLines writes a table, with the kinds of likelihood or without.
func printLines(w io.Writer, t compare.Table, kinds bool) {
	p := newTable(w)
	head := table.Row{""}
	if kinds {
		head = append(head, "likelihood")
	}
	var numbers []int
	for _, c := range t.Columns {
		head = append(head, c.Head)
		numbers = append(numbers, len(head))
	}
	p.AppendHeader(head)
	trained := false
	for _, l := range t.Rows {
		if l.Trained && !trained {
			p.AppendSeparator()
		}
		trained = l.Trained
		row := table.Row{l.Model}
		if kinds {
			row = append(row, l.Kind)
		}
		for _, c := range l.Cells {
			mark := ""
			switch {
			case c.Warning:
				mark = " !"
			case c.Best:
				mark = " *"
			}
			row = append(row, c.Text+mark)
		}
		p.AppendRow(row)
	}
	p.SetColumnConfigs(right(numbers...))
	p.Render()
}
