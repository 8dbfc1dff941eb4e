package compare

import (
	"fmt"
	"slices"
	"strings"
)

// Table is the table of one dataset.
type Table struct {
	Data    string
	Caption string
	Columns []Column // of the rows' cells; metrics that no model has are left out
	Rows    []TableRow
	Notes   []string // failures and warnings
}

// TableRow is a model's row.
type TableRow struct {
	Model, Kind string
	First       bool // of the trained or of the added models
	Cells       []Cell
}

// Cell is a metric as text.
type Cell struct {
	Text    string
	Best    bool
	Warning bool // explained in the table's notes
}

// Tables returns a table for each dataset.
func (r *Result) Tables() []Table {
	var tables []Table
	for i, data := range r.Plan.Data {
		t := Table{Data: data, Caption: r.caption(i)}
		for _, c := range Columns {
			if slices.ContainsFunc(r.Rows, func(w Row) bool { _, ok := w.Metrics[c.Key]; return ok && w.Data == data }) {
				t.Columns = append(t.Columns, c)
			}
		}
		group := 0
		for _, w := range r.Rows {
			if w.Data == data {
				t.add(w, r.Plan.Modes[i])
				if g := r.Plan.group(w.Model); g > group {
					t.Rows[len(t.Rows)-1].First, group = true, g
				}
			}
		}
		tables = append(tables, t)
	}
	return tables
}

// caption describes the i-th dataset and, where metrics are computed on a projection, what the
// baselines are fitted to.
func (r *Result) caption(i int) string {
	var parts []string
	if r.Plan.Files != nil && r.Plan.Files[i].Rows > 0 {
		parts = append(parts, fmt.Sprintf("%d training rows; NLL and distances of %d held-out rows", r.Plan.Files[i].Rows, r.Plan.Files[i].HeldOut))
	}
	if d := r.Plan.coordinates(i); d > 2 {
		parts = append(parts, fmt.Sprintf("points of %d coordinates, sample metrics on a 2-D projection", d))
	}
	if modes := r.Plan.Modes[i]; modes > 0 {
		text := fmt.Sprintf("%d modes", modes)
		if c := r.Plan.Ceiling[i]; finite(c) {
			text += fmt.Sprintf(", high-quality ceiling %.4f", float64(c))
		}
		parts = append(parts, text)
	}
	if r.Plan.coordinates(i) > 2 {
		for _, model := range []string{Gaussian, Mixture} {
			if row := r.row(r.Plan.Data[i], model); row != nil && row.Done > 0 {
				parts = append(parts, model+" baseline: "+row.Sampler)
			}
		}
	}
	return strings.Join(append(parts, r.addedCaption(r.Plan.Data[i])...), "; ")
}

// group returns 0 for a reference, 1 for a trained model, 2 for one of another program.
func (p Plan) group(model string) int {
	switch {
	case slices.Contains(p.Added, model):
		return 2
	case slices.Contains(References, model):
		return 0
	}
	return 1
}

func (t *Table) add(w Row, modes int) {
	row := TableRow{Model: w.Model, Kind: string(w.Kind)}
	if w.Done == 0 {
		row.Kind = Failed
	}
	for _, c := range t.Columns {
		f, ok := w.Metrics[c.Key]
		cell := Cell{Text: "–", Best: f.Best, Warning: f.Warning != ""}
		if ok {
			cell.Text = f.text(c, modes)
		}
		if f.Warning != "" {
			t.Notes = append(t.Notes, fmt.Sprintf("! %s, %s: %s", w.Model, c.Head, f.Warning))
		}
		row.Cells = append(row.Cells, cell)
	}
	for _, reason := range w.Failed {
		t.Notes = append(t.Notes, fmt.Sprintf("✗ %s failed, %s", w.Model, reason))
	}
	t.Rows = append(t.Rows, row)
}

// Parts returns the table in two, each narrow enough for a page: likelihood and quality, and from mode
// TV on the other metrics and the costs, without the kind of likelihood.
func (t Table) Parts() []Table {
	at := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Key == "mode_tv" || c.Key == "precision" })
	if at <= 0 {
		return []Table{t}
	}
	return []Table{t.slice(0, at), t.slice(at, len(t.Columns))}
}

// slice returns the table of the columns from lo to hi; only the first has the kinds of likelihood.
func (t Table) slice(lo, hi int) Table {
	part := t
	part.Columns, part.Rows = t.Columns[lo:hi], slices.Clone(t.Rows)
	for i := range part.Rows {
		if part.Rows[i].Cells = part.Rows[i].Cells[lo:hi]; lo > 0 {
			part.Rows[i].Kind = ""
		}
	}
	return part
}
