package answer

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"

	"genlab/lab/term"
)

// mostRows is the largest number of rows of a table for people; CSV and JSON have all.
const mostRows = 500

// configured returns the axes of configurations: all but the data.
func (a *Answer) configured() []Axis {
	var list []Axis
	for _, x := range a.Axes {
		if x.Key != DataAxis {
			list = append(list, x)
		}
	}
	return list
}

// Text returns the answer for a terminal.
func (a *Answer) Text() string {
	var b strings.Builder
	fmt.Fprintln(&b, term.Wrap(a.Summary(), term.Width))
	for _, s := range a.Sections {
		if s.Data != "" {
			fmt.Fprintf(&b, "\n%s\n", s.Data)
		}
		a.cellTable(&b, s, 20)
		a.effectTable(&b, s)
	}
	a.lostTable(&b)
	fmt.Fprintln(&b)
	for _, n := range a.Notes() {
		fmt.Fprintln(&b, term.Wrap(n, term.Width))
	}
	return b.String()
}

func plainTable(b *strings.Builder) table.Writer {
	t := term.NewTable(b)
	t.Style().Options.DrawBorder, t.Style().Options.SeparateColumns = false, false
	return t
}

// cellTable writes the configurations, at most some of them. Where a column for each axis makes it wider than a terminal,
// one wrapped column describes the configuration.
func (a *Answer) cellTable(b *strings.Builder, s Section, most int) {
	axes := a.configured()
	cells := s.Cells[:min(most, len(s.Cells))]
	var head table.Row
	for _, x := range axes {
		head = append(head, x.Key)
	}
	text := rendered(cells, head, a.Metric, func(c *Cell) (row table.Row) {
		for _, x := range axes {
			row = append(row, c.Axes[x.Key])
		}
		return row
	}, nil)
	if over := width(text) - term.Width; over > 0 {
		description := func(c *Cell) string {
			var parts []string
			for _, x := range axes {
				if v, ok := c.Axes[x.Key]; ok {
					parts = append(parts, x.Key+" "+v)
				}
			}
			return strings.Join(parts, ", ")
		}
		described := func(c *Cell) table.Row { return table.Row{description(c)} }
		text = rendered(cells, table.Row{"configuration"}, a.Metric, described, nil)
		if over := width(text) - term.Width; over > 0 {
			longest := 0
			for _, c := range cells {
				longest = max(longest, utf8.RuneCountInString(description(c)))
			}
			wrapped := term.Wrapped(1, max(narrowest, longest-over))
			text = rendered(cells, table.Row{"configuration"}, a.Metric, described, &wrapped)
		}
	}
	b.WriteString(text)
	if n := len(s.Cells) - most; n > 0 {
		fmt.Fprintf(b, "and %d more configurations in sweep.csv\n", n)
	}
}

// narrowest is the least width of a wrapped column.
const narrowest = 16

// rendered returns the table of configurations whose first columns are those of head.
func rendered(cells []*Cell, head table.Row, metric string, first func(c *Cell) table.Row, wrapped *table.ColumnConfig) string {
	var b strings.Builder
	t := plainTable(&b)
	n := len(head)
	t.AppendHeader(append(slices.Clone(head), metric, "from the best", "p", "", ""))
	for _, c := range cells {
		from, p := "", ""
		if c.FromBest != nil {
			from, p = said(c.FromBest.Mean, c.FromBest.Half), probability(c.FromBest.Adjusted)
		}
		t.AppendRow(append(first(c), said(c.Mean, c.Half), from, p, c.mark(), c.remark()))
	}
	configs := term.Right(n+1, n+2, n+3)
	if wrapped != nil {
		configs = append(configs, *wrapped)
	}
	t.SetColumnConfigs(configs)
	t.Render()
	return b.String()
}

// width returns the number of columns of the widest line.
func width(text string) int {
	widest := 0
	for line := range strings.Lines(text) {
		widest = max(widest, utf8.RuneCountInString(strings.TrimRight(line, " \n")))
	}
	return widest
}

// effectTable writes the main effects, with wrapped columns where they would be wider than a terminal.
func (a *Answer) effectTable(b *strings.Builder, s Section) {
	if len(s.Effects) == 0 {
		return
	}
	fmt.Fprintln(b, "\nmain effects")
	text := renderedEffects(s.Effects, term.Right(2, 3, 5, 6)...)
	if width(text) > term.Width {
		text = renderedEffects(s.Effects, append(term.Right(3, 5, 6), term.Wrapped(1, 10), term.Wrapped(2, 11), term.Wrapped(4, 12))...)
	}
	b.WriteString(text)
	for _, e := range s.Effects {
		if basis := e.Basis(); basis != "" && (e.Blocks < e.All || e.Trend != nil || len(e.Averaged) > 0) {
			fmt.Fprintln(b, " "+term.Hanging(e.Axis.Key+": "+basis, term.Width-3, 3))
		}
	}
}

func renderedEffects(effects []*Effect, columns ...table.ColumnConfig) string {
	var b strings.Builder
	t := plainTable(&b)
	t.AppendHeader(table.Row{"", "value", "mean", "change", "by", "p"})
	for _, e := range effects {
		pairs, name := e.Comparisons(), e.Axis.Key
		for i := range max(len(e.Levels), len(pairs)) {
			row := table.Row{name, "", "", "", "", ""}
			name = ""
			if i < len(e.Levels) {
				row[1], row[2] = e.Levels[i].Value, said(e.Levels[i].Mean, e.Levels[i].Half)
			}
			if i < len(pairs) {
				row[3], row[4], row[5] = pairs[i].String(), said(pairs[i].By.Mean, pairs[i].By.Half), probability(pairs[i].By.Adjusted)
			}
			t.AppendRow(row)
		}
	}
	t.SetColumnConfigs(columns)
	t.Render()
	return b.String()
}

// lostTable lists the runs that have no metric.
func (a *Answer) lostTable(b *strings.Builder) {
	const most = 10
	for i, l := range a.Lost {
		if i == most {
			fmt.Fprintf(b, "and %d more in sweep.json\n", len(a.Lost)-most)
			break
		}
		fmt.Fprintln(b, term.Hanging(l.String(), term.Width-2, 2))
	}
}

// String says which run was lost, and why.
func (l Lost) String() string {
	s := "run " + l.Run
	if l.Axes != nil {
		s += " (" + describe(l.Axes) + fmt.Sprintf(", seed %d)", l.Seed)
	}
	return s + " " + l.Status + ": " + l.Reason
}

// Markdown returns the answer as a page, sweep.md.
func (a *Answer) Markdown() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n", a.Summary())
	axes := a.configured()
	for _, s := range a.Sections {
		if s.Data != "" {
			fmt.Fprintf(&b, "\n## %s\n", s.Data)
		}
		b.WriteString("\n|")
		for _, x := range axes {
			fmt.Fprintf(&b, " %s |", x.Key)
		}
		fmt.Fprintf(&b, " %s | from the best | p | |\n|%s---:|---:|---:|---|\n", a.Metric, strings.Repeat("---|", len(axes)))
		for _, c := range s.Cells[:min(mostRows, len(s.Cells))] {
			b.WriteString("|")
			for _, x := range axes {
				fmt.Fprintf(&b, " %s |", term.Markdown(c.Axes[x.Key]))
			}
			from, p := "", ""
			if c.FromBest != nil {
				from, p = said(c.FromBest.Mean, c.FromBest.Half), probability(c.FromBest.Adjusted)
			}
			fmt.Fprintf(&b, " %s | %s | %s | %s |\n", said(c.Mean, c.Half), from, p, strings.TrimSpace(c.mark()+" "+c.remark()))
		}
		if len(s.Effects) > 0 {
			b.WriteString("\n| main effect | value | mean | change | by | p | |\n|---|---:|---:|---|---:|---:|---|\n")
		}
		for _, e := range s.Effects {
			pairs, name := e.Comparisons(), e.Axis.Key
			for i := range max(len(e.Levels), len(pairs)) {
				var level, mean, change, by, p, basis string
				if i < len(e.Levels) {
					level, mean = e.Levels[i].Value, said(e.Levels[i].Mean, e.Levels[i].Half)
				}
				if i < len(pairs) {
					change, by, p = pairs[i].String(), said(pairs[i].By.Mean, pairs[i].By.Half), probability(pairs[i].By.Adjusted)
				}
				if i == 0 {
					basis = e.Basis()
				}
				fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", name, term.Markdown(level), mean, term.Markdown(change), by, p, basis)
				name = ""
			}
		}
	}
	for _, l := range a.Lost[:min(mostRows, len(a.Lost))] {
		fmt.Fprintf(&b, "\n- %s", term.Markdown(fmt.Sprint(l)))
	}
	for _, n := range a.Notes() {
		fmt.Fprintf(&b, "\n%s\n", term.Markdown(n))
	}
	return b.Bytes()
}

// CSV returns sweep.csv: a line for each configuration, with all digits and the values by seed.
func (a *Answer) CSV() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	axes := a.configured()
	head := []string{"data"}
	for _, x := range axes {
		head = append(head, x.Key)
	}
	head = append(head, "metric", "mean", "half", "missing", "stopped", "from_best", "from_best_half", "p", "p_adjusted", "best", "untold")
	for _, s := range a.Seeds {
		head = append(head, fmt.Sprintf("seed_%d", s))
	}
	w.Write(head)
	for _, s := range a.Sections {
		for _, c := range s.Cells {
			row := []string{s.Data}
			for _, x := range axes {
				row = append(row, c.Axes[x.Key])
			}
			row = append(row, a.Metric, digits(c.Mean), digits(c.Half), strconv.Itoa(c.Missing), strconv.Itoa(c.Stopped))
			if d := c.FromBest; d != nil {
				row = append(row, digits(d.Mean), digits(d.Half), digits(d.P), digits(d.Adjusted))
			} else {
				row = append(row, "", "", "", "")
			}
			row = append(row, strconv.FormatBool(c.Best), strconv.FormatBool(c.Untold))
			for _, v := range c.Values {
				row = append(row, digits(v))
			}
			w.Write(row)
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// digits prints a number for a file, "" where it is not finite.
func digits(n Number) string {
	if x := float64(n); !finite(x) || math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(float64(n), 'g', -1, 64)
}
