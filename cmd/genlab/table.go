package main

import (
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

func newTable(w io.Writer) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	return t
}

// print writes every metric of the report, a row each.
func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "%s on %s, seed %d: %d parameters, %d steps in %.1f s, sampler %s\n",
		r.Model, r.Data, r.Seed, r.Params, r.Steps, r.TrainSeconds, r.Sampler)
	t := newTable(w)
	t.AppendHeader(table.Row{"metric", "oracle", r.Model, "± standard error", "n", "better"})
	for _, name := range r.order {
		f := r.Metrics[name]
		better := f.better
		if better == "" {
			better = "as the oracle"
		}
		t.AppendRow(table.Row{name, show(f.Oracle), show(f.Value), show(f.SE), f.N, better})
	}
	alignRight(t, 2, 3, 4, 5)
	t.Render()
}

// summary writes the few figures that end a training: the oracle's row first.
func (r *report) summary(w io.Writer) {
	names := []string{"energy_distance", "sliced_w2", "modes_1pct", "high_quality", "mode_tv", "network_evaluations", "microseconds_per_sample"}
	heads := []any{"", "energy distance", "sliced W2", "modes", "high quality", "mode TV", "evaluations", "µs a sample"}
	oracle, model := table.Row{"oracle"}, table.Row{r.Model}
	head := table.Row{heads[0]}
	for i, name := range names {
		f, ok := r.Metrics[name]
		if !ok {
			continue
		}
		head = append(head, heads[i+1])
		oracle, model = append(oracle, show(f.Oracle)), append(model, withError(f))
	}
	t := newTable(w)
	t.AppendHeader(head)
	t.AppendRows([]table.Row{oracle, model})
	alignRight(t, 2, 3, 4, 5, 6, 7, 8)
	t.Render()
	fmt.Fprintln(w, "The oracle is a second sample of the truth: the score of a perfect model. n =", r.Metrics["energy_distance"].N)
}

func alignRight(t table.Writer, columns ...int) {
	var cs []table.ColumnConfig
	for _, c := range columns {
		cs = append(cs, table.ColumnConfig{Number: c, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(cs)
}

// show prints a number to four significant digits, integers whole, the unknown as a dash.
func show(n number) string {
	f := float64(n)
	switch {
	case math.IsNaN(f):
		return "-"
	case f == math.Trunc(f) && math.Abs(f) < 1e9:
		return strconv.FormatFloat(f, 'f', 0, 64)
	case math.Abs(f) >= 1000:
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return strconv.FormatFloat(f, 'g', 4, 64)
}

func withError(f figure) string {
	se := float64(f.SE)
	if math.IsNaN(se) || se == 0 {
		return show(f.Value)
	}
	digits := max(0, 1-int(math.Floor(math.Log10(se))))
	return fmt.Sprintf("%.*f ± %.*f", digits, float64(f.Value), digits, se)
}
