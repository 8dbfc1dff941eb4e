package export

import (
	"encoding/csv"
	"io"
	"strconv"
)

// CSV writes the metrics of runs as one table: run, step, metric, value. The values of a report have the step "eval". A value
// that is not finite is NaN, Infinity or -Infinity. It fails where w does.
func CSV(w io.Writer, runs []*Run) error {
	out := csv.NewWriter(w)
	out.Write([]string{"run", "step", "metric", "value"})
	for _, r := range runs {
		for _, e := range r.Log {
			for _, f := range e.Fields {
				out.Write([]string{r.Name, strconv.Itoa(e.Step), f.Name, number(f.Value)})
			}
		}
		for _, m := range r.Eval {
			out.Write([]string{r.Name, "eval", m.Name, number(m.Value)})
		}
	}
	out.Flush()
	return out.Error()
}

// number prints a value with all digits, as Python and pandas read it.
func number(x float64) string {
	switch s := strconv.FormatFloat(x, 'g', -1, 64); s {
	case "+Inf":
		return "Infinity"
	case "-Inf":
		return "-Infinity"
	default:
		return s
	}
}
