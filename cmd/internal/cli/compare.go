package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"genlab/internal/usage"
	"genlab/lab/compare"
	"genlab/lab/models"
	"genlab/lab/term"
)

// compareCmd trains several models on the same data under the same budget and puts what came of it
// on one page.
type compareCmd struct {
	compare.Request
	JSON bool `name:"json" help:"Print JSON instead of tables."`
}

// Run trains what is not trained yet, measures it, and writes and prints the comparison.
func (c *compareCmd) Run(con *console) error {
	if err := noSettings(); err != nil {
		return err
	}
	k, err := compare.New(models.All, c.Request)
	if err != nil {
		return err
	}
	defer k.Close()
	progress := con.stdout
	if c.JSON {
		progress = con.stderr
	}
	if c.Calibrate {
		return k.Calibrate(con.ctx, progress)
	}
	r, err := k.Run(con.ctx, c.Overwrite, progress)
	if err != nil {
		return err
	}
	if c.JSON {
		b, err := r.Encode()
		if err == nil {
			_, err = con.stdout.Write(b)
		}
		return err
	}
	printComparison(con.stdout, r)
	for _, name := range compare.Files {
		fmt.Fprintln(con.stdout, k.Path(name))
	}
	return k.Verdict()
}

// noSettings refuses settings in the environment, which a comparison would silently leave out.
func noSettings() error {
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "GENLAB_") && name != "GENLAB_CPU" {
			return usage.Errorf("environment: %s does not apply to compare, which trains every model at its defaults: unset it", name)
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
	p := term.NewTable(w)
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
	p.SetColumnConfigs(term.Right(numbers...))
	p.Render()
}
