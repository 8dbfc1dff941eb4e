package cli

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"

	"genlab/lab/evaluate"
	"genlab/lab/term"
	"genlab/metrics"
)

// headings are the metrics that end a training, with what they are called.
var headings = []struct{ metric, head string }{
	{"nll", "negative log-likelihood (nats)"}, {"kl", "KL(p‖q) (nats)"}, {"nll_bound", "upper bound on the NLL (nats)"},
	{"nats_per_character", "cross-entropy (nats per character)"}, {"excess_nats", "above the entropy rate (nats)"},
	{"bits_per_character", "bits per character"}, {"perplexity", "perplexity"}, {"microseconds_per_character", "µs per character"},
	{"energy_distance", "energy distance"}, {"modes_1pct", "modes with 1 % of their due mass"}, {"high_quality", "samples within 3 sigma of a mode"},
	{"mode_tv", "mode TV (total variation)"}, {"network_evaluations", "network evaluations per sample"}, {"microseconds_per_sample", "µs per sample"},
}

// printSummary writes the few metrics that end a training, the oracle's beside them.
func printSummary(w io.Writer, r *evaluate.Report) {
	t := term.NewTable(w)
	t.AppendHeader(table.Row{"", "oracle", r.Model})
	for _, h := range headings {
		if row, ok := r.Row(h.metric); ok {
			t.AppendRow(table.Row{h.head, term.Oracle(row), term.Estimate(row)})
		}
	}
	t.SetColumnConfigs(term.Right(2, 3))
	t.Render()
	fmt.Fprintln(w, r.Note)
}

// printReport writes every metric of a report, a row each; wide with the number of samples and
// which way is better.
func printReport(w io.Writer, r *evaluate.Report, wide bool) {
	fmt.Fprintf(w, "%s on %s, seed %d: %d parameters, %d steps in %.1f s", r.Model, r.Data, r.Seed, r.Params, r.Steps, r.TrainSeconds)
	if r.Sampler != "" {
		fmt.Fprintf(w, "\nsampler: %s", r.Sampler)
	}
	fmt.Fprintln(w)
	t := term.NewTable(w)
	head, numbers := table.Row{"metric", "oracle", r.Model, "± std. error"}, []int{2, 3, 4}
	if wide {
		head, numbers = append(head, "n", "kind", "better"), append(numbers, 5)
	}
	t.AppendHeader(head)
	for _, m := range r.Rows {
		row := table.Row{m.Name, term.Number(m.Oracle), term.Number(m.Value), term.Number(m.SE)}
		if wide {
			row = append(row, m.N, m.Kind, better(m))
		}
		t.AppendRow(row)
	}
	t.SetColumnConfigs(term.Right(numbers...))
	t.Render()
	fmt.Fprintln(w, r.Note)
}

func better(m metrics.Row) string {
	if m.Better == "" {
		return "like the oracle"
	}
	return m.Better
}
