package term

import (
	"encoding/json"
	"io"
	"math"
	"strconv"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"genlab/metrics"
)

// NewTable returns a table that Render writes to w.
func NewTable(w io.Writer) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	return t
}

// Right is the configuration of columns of numbers, counted from 1.
func Right(columns ...int) []table.ColumnConfig {
	var cs []table.ColumnConfig
	for _, c := range columns {
		cs = append(cs, table.ColumnConfig{Number: c, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	return cs
}

// Number prints a number to four significant digits, integers whole, the unknown as a dash.
func Number(f float64) string {
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

// Estimate prints a value with one digit of its standard error, where that is known.
func Estimate(r metrics.Row) string {
	if r.SE > 0 && !math.IsInf(r.SE, 0) {
		return metrics.Estimate{Value: r.Value, SE: r.SE}.String()
	}
	return Number(r.Value)
}

// Oracle prints a row's oracle with as many digits as its value has.
func Oracle(r metrics.Row) string {
	if r.SE > 0 && !math.IsInf(r.SE, 0) && !math.IsNaN(r.Oracle) {
		return strconv.FormatFloat(r.Oracle, 'f', max(0, -int(math.Floor(math.Log10(r.SE)))), 64)
	}
	return Number(r.Oracle)
}

// JSON writes a value as indented JSON.
func JSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
