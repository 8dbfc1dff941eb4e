package answer

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"strconv"
	"strings"

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

// cellTable writes the configurations, at most some of them.
func (a *Answer) cellTable(b *strings.Builder, s Section, most int) {
	axes := a.configured()
	t := plainTable(b)
	var head table.Row
	for _, x := range axes {
		head = append(head, x.Key)
	}
	t.AppendHeader(append(head, a.Metric, "from the best", "p", "", ""))
	for _, c := range s.Cells[:min(most, len(s.Cells))] {
		var row table.Row
		for _, x := range axes {
			row = append(row, c.Axes[x.Key])
		}
		from, p := "", ""
		if c.FromBest != nil {
			from, p = said(c.FromBest.Mean, c.FromBest.Half), probability(c.FromBest.Adjusted)
		}
		t.AppendRow(append(row, said(c.Mean, c.Half), from, p, c.mark(), c.remark()))
	}
	t.SetColumnConfigs(term.Right(len(axes)+1, len(axes)+2, len(axes)+3))
	t.Render()
	if n := len(s.Cells) - most; n > 0 {
		fmt.Fprintf(b, "and %d more configurations in sweep.csv\n", n)
	}
}

// effectTable writes the main effects.
func (a *Answer) effectTable(b *strings.Builder, s Section) {
	if len(s.Effects) == 0 {
		return
	}
	fmt.Fprintln(b, "\nmain effects")
	t := plainTable(b)
	t.AppendHeader(table.Row{"", "value", "mean", "change", "by", "p"})
	for _, e := range s.Effects {
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
	t.SetColumnConfigs(term.Right(2, 3, 5, 6))
	t.Render()
	for _, e := range s.Effects {
		if basis := e.Basis(); basis != "" && (e.Blocks < e.All || e.Trend != nil) {
			fmt.Fprintf(b, " %s: %s\n", e.Axis.Key, basis)
		}
	}
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
