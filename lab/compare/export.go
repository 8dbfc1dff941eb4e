package compare

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"genlab/lab/term"
)

// Text returns the tables for a terminal, at most [term.Width] columns wide.
func (r *Result) Text() string {
	var b strings.Builder
	paragraph := func(s string) { fmt.Fprintln(&b, term.Wrap(s, term.Width)) }
	for _, t := range r.Tables() {
		title := "\n" + t.Data
		if t.Caption != "" {
			title += ": " + t.Caption
		}
		paragraph(title)
		for lo := 0; lo < len(t.Columns); {
			if lo > 0 {
				b.WriteString("\n")
			}
			hi := t.fitting(lo)
			t.slice(lo, hi).print(&b)
			lo = hi
		}
		for _, n := range t.Notes {
			paragraph(n)
		}
	}
	b.WriteString("\n")
	paragraph(r.Plan.Fairness())
	paragraph(r.Plan.Statistics())
	return b.String()
}

// heading breaks a column's heading where it has two words.
func heading(c Column) string { return strings.ReplaceAll(c.Head, " ", "\n") }

// short is a cell on a terminal.
func short(c Cell) string {
	s := strings.ReplaceAll(c.Text, " ± ", "±")
	switch {
	case c.Warning:
		return s + " !"
	case c.Best:
		return s + " *"
	}
	return s
}

// fitting returns the end of the columns from lo on that fit a terminal, at least one.
func (t Table) fitting(lo int) (hi int) {
	width := func(least int, of func(TableRow) string) int {
		for _, row := range t.Rows {
			least = max(least, text.StringWidth(of(row)))
		}
		return least + 2
	}
	used := width(0, func(row TableRow) string { return row.Model })
	if lo == 0 {
		used += width(len(kindHeading), func(row TableRow) string { return row.Kind })
	}
	for hi = lo; hi < len(t.Columns); hi++ {
		used += width(text.LongestLineLen(heading(t.Columns[hi])), func(row TableRow) string { return short(row.Cells[hi]) })
		if used > term.Width && hi > lo {
			break
		}
	}
	return hi
}

const kindHeading = "likelihood"

// print writes the table as it is, with the kinds of likelihood where it has some.
func (t Table) print(b *strings.Builder) {
	p := term.NewTable(b)
	p.Style().Options.DrawBorder, p.Style().Options.SeparateColumns = false, false
	head, numbers := table.Row{""}, []int(nil)
	kinds := slices.ContainsFunc(t.Rows, func(row TableRow) bool { return row.Kind != "" })
	if kinds {
		head = append(head, kindHeading)
	}
	for _, c := range t.Columns {
		head = append(head, heading(c))
		numbers = append(numbers, len(head))
	}
	p.AppendHeader(head)
	for i, row := range t.Rows {
		if row.First && i > 0 {
			p.AppendSeparator()
		}
		line := table.Row{row.Model}
		if kinds {
			line = append(line, row.Kind)
		}
		for _, c := range row.Cells {
			line = append(line, short(c))
		}
		p.AppendRow(line)
	}
	p.SetColumnConfigs(term.Right(numbers...))
	p.Render()
}

// Markdown returns the tables as a page, compare.md.
func (r *Result) Markdown() []byte {
	var b bytes.Buffer
	for _, t := range r.Tables() {
		fmt.Fprintf(&b, "## %s\n\n", term.Markdown(t.Data))
		if t.Caption != "" {
			fmt.Fprintf(&b, "%s\n\n", term.Markdown(t.Caption))
		}
		head, rule := "| model | likelihood |", "|---|---|"
		for _, c := range t.Columns {
			head, rule = head+" "+c.Title()+" |", rule+"---:|"
		}
		fmt.Fprintf(&b, "%s\n%s\n", head, rule)
		for _, row := range t.Rows {
			fmt.Fprintf(&b, "| %s | %s |", term.Markdown(row.Model), row.Kind)
			for _, c := range row.Cells {
				text := c.Text
				if c.Warning {
					text += " !"
				}
				if c.Best {
					text = "**" + text + "**"
				}
				fmt.Fprintf(&b, " %s |", text)
			}
			fmt.Fprintln(&b)
		}
		for _, n := range t.Notes {
			fmt.Fprintf(&b, "\n%s\n", term.Markdown(n))
		}
		fmt.Fprintln(&b)
	}
	fmt.Fprintf(&b, "%s\n\n%s\n", r.Plan.Fairness(), r.Plan.Statistics())
	return b.Bytes()
}

// CSV returns compare.csv: all metrics with all their digits, a line for each dataset and model, and for
// each metric a column and one with the half-width of its interval. An optional metric that no row has is
// left out. Timings are the last four columns.
func (r *Result) CSV() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	head := []string{"data", "model", "likelihood", "runs", "failed", "ceiling"}
	columns := slices.DeleteFunc(slices.Clone(Columns), func(c Column) bool {
		return c.Optional && !slices.ContainsFunc(r.Rows, func(w Row) bool { _, ok := w.Metrics[c.Key]; return ok })
	})
	for _, c := range columns {
		head = append(head, c.Key, c.Key+"_half")
	}
	w.Write(head)
	for _, row := range r.Rows {
		ceiling := Number(math.NaN())
		if i := slices.Index(r.Plan.Data, row.Data); i >= 0 {
			ceiling = r.Plan.Ceiling[i]
		}
		record := []string{row.Data, row.Model, string(row.Kind), strconv.Itoa(row.Done), strconv.Itoa(len(row.Failed)), allDigits(ceiling)}
		for _, c := range columns {
			f, ok := row.Metrics[c.Key]
			if !ok {
				f = Interval{Mean: Number(math.NaN()), Half: Number(math.NaN())}
			}
			record = append(record, allDigits(f.Mean), allDigits(f.Half))
		}
		w.Write(record)
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// allDigits prints a number for a file, "" for NaN.
func allDigits(n Number) string {
	if math.IsNaN(float64(n)) {
		return ""
	}
	return strconv.FormatFloat(float64(n), 'g', -1, 64)
}
