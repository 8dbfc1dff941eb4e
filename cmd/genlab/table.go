package main

import (
	"encoding/json"
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
	fmt.Fprintf(w, "%s on %s, seed %d: %d parameters, %d steps in %.1f s", r.Model, r.Data, r.Seed, r.Params, r.Steps, r.TrainSeconds)
	if r.Sampler != "" {
		fmt.Fprintf(w, ", sampler %s", r.Sampler)
	}
	fmt.Fprintln(w)
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
	t.SetColumnConfigs(right(2, 3, 4, 5))
	t.Render()
}

// headings are the columns of summary, in 80 characters.
var headings = []struct{ metric, head string }{
	{"nll", "NLL (nats)"}, {"kl", "KL (nats)"}, {"nll_bound", "NLL bound"},
	{"nats_per_character", "nats/character"}, {"excess_nats", "above the truth"}, {"bits_per_character", "bits"},
	{"perplexity", "perplexity"}, {"microseconds_per_character", "µs/character"},
	{"energy_distance", "energy distance"}, {"modes_1pct", "modes"}, {"high_quality", "high quality"},
	{"mode_tv", "mode TV"}, {"network_evaluations", "NFE"}, {"microseconds_per_sample", "µs/sample"},
}

// summary writes the few figures that end a training: the oracle's row first.
func (r *report) summary(w io.Writer) {
	head, oracle, model := table.Row{""}, table.Row{"oracle"}, table.Row{r.Model}
	for _, h := range headings {
		if f, ok := r.Metrics[h.metric]; ok {
			head = append(head, h.head)
			oracle, model = append(oracle, like(f, f.Oracle)), append(model, withError(f))
		}
	}
	t := newTable(w)
	t.AppendHeader(head)
	t.AppendRows([]table.Row{oracle, model})
	var numbers []int
	for i := range head[1:] {
		numbers = append(numbers, i+2)
	}
	t.SetColumnConfigs(right(numbers...))
	t.Render()
	fmt.Fprintln(w, r.note)
}

// right is the configuration of columns of numbers, counted from 1.
func right(columns ...int) []table.ColumnConfig {
	var cs []table.ColumnConfig
	for _, c := range columns {
		cs = append(cs, table.ColumnConfig{Number: c, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	return cs
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

// decimals is the number of digits after the point that a figure's standard error leaves
// meaning to, or -1 where it is not known.
func decimals(f figure) int {
	if se := float64(f.SE); se > 0 && !math.IsInf(se, 0) {
		return max(0, -int(math.Floor(math.Log10(se))))
	}
	return -1
}

// withError prints a figure with one digit of its standard error.
func withError(f figure) string {
	if d := decimals(f); d >= 0 {
		return fmt.Sprintf("%.*f ± %.*f", d, float64(f.Value), d, float64(f.SE))
	}
	return show(f.Value)
}

// like prints a number with as many digits as the figure beside it.
func like(f figure, n number) string {
	if d := decimals(f); d >= 0 && !math.IsNaN(float64(n)) {
		return fmt.Sprintf("%.*f", d, float64(n))
	}
	return show(n)
}

// printJSON writes a value as indented JSON.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
