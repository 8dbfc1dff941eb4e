package compare

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Cell is a figure as text.
type Cell struct {
	Text    string
	Best    bool
	Warning bool // its note is among the table's
}

// Table is what the comparison says of one data set.
type Table struct {
	Data    string
	Caption string
	Columns []Column // of Rows' cells; those that no model has are left out
	Rows    []Line
	Notes   []string // failures and warnings
}

// Line is a model's row.
type Line struct {
	Model, Kind string
	Trained     bool
	Cells       []Cell
}

// Tables returns a table for each data set.
func (r *Result) Tables() []Table {
	var tables []Table
	for i, data := range r.Plan.Data {
		t := Table{Data: data, Caption: r.caption(i)}
		for _, c := range Columns {
			if slices.ContainsFunc(r.Rows, func(w Row) bool { _, ok := w.Figures[c.Key]; return ok && w.Data == data }) {
				t.Columns = append(t.Columns, c)
			}
		}
		for _, w := range r.Rows {
			if w.Data == data {
				t.add(w, slices.Contains(r.Plan.Models, w.Model), r.Plan.Modes[i])
			}
		}
		tables = append(tables, t)
	}
	return tables
}

// caption describes the i-th data set, and where it is looked at on the plane, what the baselines are
// fitted to.
func (r *Result) caption(i int) string {
	var parts []string
	if modes := r.Plan.Modes[i]; modes > 0 {
		text := fmt.Sprintf("%d modes", modes)
		if c := r.Plan.Ceiling[i]; finite(c) {
			text += fmt.Sprintf(", high quality of the truth (its ceiling) %.4f", float64(c))
		}
		parts = append(parts, text)
	}
	if d := r.Plan.coordinates(i); d > 2 {
		parts = append([]string{fmt.Sprintf("points of %d coordinates, judged by what is seen of them on the plane", d)}, parts...)
		for _, model := range []string{Gaussian, Mixture} {
			if row := r.row(r.Plan.Data[i], model); row != nil && row.Done > 0 {
				parts = append(parts, "the baseline "+model+": "+row.Sampler)
			}
		}
	}
	return strings.Join(parts, "; ")
}

// Parts are the table in two, each narrow enough for a page: likelihood and quality, and from the
// mode TV on what else there is and what it costs.
func (t Table) Parts() []Table {
	at := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Key == "mode_tv" || c.Key == "precision" })
	if at <= 0 {
		return []Table{t}
	}
	first, second := t, t
	first.Columns, second.Columns = t.Columns[:at], t.Columns[at:]
	first.Rows, second.Rows = slices.Clone(t.Rows), slices.Clone(t.Rows)
	for i, l := range t.Rows {
		first.Rows[i].Cells, second.Rows[i].Cells = l.Cells[:at], l.Cells[at:]
		second.Rows[i].Kind = ""
	}
	return []Table{first, second}
}

func (t *Table) add(w Row, trained bool, modes int) {
	line := Line{Model: w.Model, Kind: string(w.Kind), Trained: trained}
	if w.Done == 0 {
		line.Kind = Failed
	}
	for _, c := range t.Columns {
		f, ok := w.Figures[c.Key]
		cell := Cell{Text: "–", Best: f.Best, Warning: f.Warning != ""}
		if ok {
			cell.Text = f.text(c, modes)
		}
		if f.Warning != "" {
			t.Notes = append(t.Notes, fmt.Sprintf("! %s, %s: %s", w.Model, c.Head, f.Warning))
		}
		line.Cells = append(line.Cells, cell)
	}
	for _, reason := range w.Failed {
		t.Notes = append(t.Notes, fmt.Sprintf("✗ %s failed, %s", w.Model, reason))
	}
	t.Rows = append(t.Rows, line)
}

// text prints a figure with as many digits as its interval gives a meaning to.
func (i Interval) text(c Column, modes int) string {
	v, half := float64(i.Mean), float64(i.Half)
	switch {
	case math.IsNaN(v):
		return "?"
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "−∞"
	case c.Key == "modes":
		s := strconv.FormatFloat(v, 'f', -1, 64)
		if half >= 0.05 {
			s = fmt.Sprintf("%.1f ± %.1f", v, half)
		}
		return fmt.Sprintf("%s of %d", s, modes)
	case c.Key == "params" || c.Key == "steps" || c.Key == "network_evaluations":
		return strconv.FormatFloat(v, 'f', 0, 64)
	case !(half > 0) || math.IsInf(half, 0):
		if v == 0 {
			return "0"
		}
		digits := 3
		if c.Timing {
			digits = 2
		}
		return strconv.FormatFloat(v, 'f', max(0, digits-int(math.Floor(math.Log10(math.Abs(v))))), 64)
	}
	digits := min(max(0, -int(math.Floor(math.Log10(half)))), 6)
	if math.Abs(v) < 0.5*math.Pow(10, -float64(digits)) {
		v = 0 // no -0.000
	}
	return fmt.Sprintf("%.*f ± %.*f", digits, v, digits, half)
}

// Title is the column's heading with its unit.
func (c Column) Title() string {
	if c.Unit == "" {
		return c.Head
	}
	return c.Head + ", " + c.Unit
}

// Markdown returns the tables as a page.
func (r *Result) Markdown() []byte {
	var b bytes.Buffer
	for _, t := range r.Tables() {
		fmt.Fprintf(&b, "## %s\n\n", t.Data)
		if t.Caption != "" {
			fmt.Fprintf(&b, "%s\n\n", t.Caption)
		}
		head, rule := "| model | likelihood |", "|---|---|"
		for _, c := range t.Columns {
			head, rule = head+" "+c.Title()+" |", rule+"---:|"
		}
		fmt.Fprintf(&b, "%s\n%s\n", head, rule)
		for _, l := range t.Rows {
			fmt.Fprintf(&b, "| %s | %s |", l.Model, l.Kind)
			for _, c := range l.Cells {
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
			fmt.Fprintf(&b, "\n%s\n", n)
		}
		fmt.Fprintln(&b)
	}
	fmt.Fprintf(&b, "%s\n\n%s\n", r.Plan.Fairness(), r.Plan.Statistics())
	return b.Bytes()
}

// CSV returns every figure with all its digits: a line for each data set and model, a column and
// the half width of its interval for each figure, but for the rare ones that no row has. The columns that
// a clock measured are the last four.
func (r *Result) CSV() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	head := []string{"data", "model", "likelihood", "runs", "failed", "ceiling"}
	columns := slices.DeleteFunc(slices.Clone(Columns), func(c Column) bool {
		return c.Rare && !slices.ContainsFunc(r.Rows, func(w Row) bool { _, ok := w.Figures[c.Key]; return ok })
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
		record := []string{row.Data, row.Model, string(row.Kind), strconv.Itoa(row.Done), strconv.Itoa(len(row.Failed)), plain(ceiling)}
		for _, c := range columns {
			f, ok := row.Figures[c.Key]
			if !ok {
				f = Interval{Mean: Number(math.NaN()), Half: Number(math.NaN())}
			}
			record = append(record, plain(f.Mean), plain(f.Half))
		}
		w.Write(record)
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// plain is a number for a file, empty where it is not known.
func plain(n Number) string {
	if math.IsNaN(float64(n)) {
		return ""
	}
	return strconv.FormatFloat(float64(n), 'g', -1, 64)
}
