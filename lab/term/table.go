package term

import (
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"genlab/metrics"
)

// Width is the number of columns that tables and text of the commands fit.
const Width = 80

// Wrap breaks each line of s between words at width columns, without leading and trailing blanks.
func Wrap(s string, width int) string {
	var lines []string
	for _, paragraph := range strings.Split(s, "\n") {
		for _, l := range strings.Split(text.WrapSoft(paragraph, width), "\n") {
			lines = append(lines, strings.TrimSpace(l))
		}
	}
	return strings.Join(lines, "\n")
}

// Hanging is [Wrap] with all lines but the first indented by a number of blanks; width is that of the text without
// the indentation.
func Hanging(s string, width, indent int) string {
	return strings.ReplaceAll(Wrap(s, width), "\n", "\n"+strings.Repeat(" ", indent))
}

// NewTable returns a table that Render writes to w.
func NewTable(w io.Writer) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	return t
}

// Right returns the configuration that aligns columns to the right; they are counted from 1.
func Right(columns ...int) []table.ColumnConfig {
	var cs []table.ColumnConfig
	for _, c := range columns {
		cs = append(cs, table.ColumnConfig{Number: c, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	return cs
}

// Wrapped returns the configuration of a column, counted from 1, of text that is wrapped at width columns.
func Wrapped(column, width int) table.ColumnConfig {
	return table.ColumnConfig{Number: column, WidthMax: width, WidthMaxEnforcer: text.WrapSoft}
}

// Number prints a number to four significant digits, an integer with all of them, and NaN as a dash.
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

// Estimate prints a value and, where it is known, its standard error to one digit.
func Estimate(r metrics.Row) string {
	if r.SE > 0 && !math.IsInf(r.SE, 0) {
		return metrics.Estimate{Value: r.Value, SE: r.SE}.String()
	}
	return Number(r.Value)
}

// Oracle prints the oracle of a row with as many decimals as its value.
func Oracle(r metrics.Row) string {
	if r.SE > 0 && !math.IsInf(r.SE, 0) && !math.IsNaN(r.Oracle) {
		return strconv.FormatFloat(r.Oracle, 'f', max(0, -int(math.Floor(math.Log10(r.SE)))), 64)
	}
	return Number(r.Oracle)
}

// JSON writes a value as indented JSON. It fails where the value cannot be encoded or w fails.
func JSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
