package cli

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"

	"genlab/lab/evaluate"
	"genlab/lab/term"
	"genlab/metrics"
)

// summaryMetrics lists the metrics of the summary after a training.
var summaryMetrics = []struct{ metric, head string }{
	{"nll", "negative log-likelihood (nats)"}, {"kl", "KL(p‖q) (nats)"}, {"nll_bound", "upper bound on the NLL (nats)"},
	{"nll_train", "NLL of the training rows (nats)"}, {"nll_bound_train", "its bound at the training rows (nats)"},
	{"nats_per_character", "cross-entropy (nats per character)"}, {"block_nats", "cross-entropy by blocks (nats per character)"}, {"excess_nats", "above the entropy rate (nats)"},
	{"nats_per_character_bound", "cross-entropy bound (nats per character)"}, {"excess_nats_bound", "its bound above the entropy rate (nats)"},
	{"bits_per_character", "bits per character"}, {"perplexity", "perplexity"}, {"microseconds_per_character", "µs per character"},
	{"energy_distance", "energy distance"}, {"modes_1pct", "modes covered"}, {"high_quality", "high quality (within 3 sigma of a mode)"},
	{"mode_tv", "mode TV (total variation distance)"}, {"network_evaluations", "network evaluations per sample"}, {"microseconds_per_sample", "µs per sample"},
}

// printSummary writes the summary of a training, with the oracle's values, at most term.Width columns wide.
func printSummary(w io.Writer, r *evaluate.Report) {
	t := term.NewTable(w)
	t.AppendHeader(table.Row{"", "oracle", "model"})
	for _, h := range summaryMetrics {
		if row, ok := r.Row(h.metric); ok {
			t.AppendRow(table.Row{h.head, term.Oracle(row), term.Estimate(row)})
		}
	}
	t.SetColumnConfigs(term.Right(2, 3))
	t.Render()
	printNote(w, r)
}

// printReport writes every metric of a report, a row each, at most term.Width columns wide; wide adds sample
// size, kind of likelihood and direction.
func printReport(w io.Writer, r *evaluate.Report, wide bool) {
	title := fmt.Sprintf("%s on %s, seed %d: %d parameters, %d steps in %.1f s", r.Model, r.Data, r.Seed, r.Params, r.Steps, r.TrainSeconds)
	if r.Foreign {
		title = fmt.Sprintf("%s on %s, seed %d: a model of another program", r.Model, r.Data, r.Seed)
	}
	fmt.Fprint(w, term.Wrap(title, term.Width))
	if r.Sampler != "" {
		fmt.Fprint(w, "\n", term.Wrap("sampler: "+r.Sampler, term.Width))
	}
	fmt.Fprintln(w)
	t := term.NewTable(w)
	head, numbers := table.Row{"metric", "oracle", "model", "std. error"}, []int{2, 3, 4}
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
	printNote(w, r)
}

// printNote writes how to read a report, and the text that a model of text has sampled.
func printNote(w io.Writer, r *evaluate.Report) {
	fmt.Fprintln(w, term.Wrap(r.Note, term.Width))
	if r.Text != "" {
		fmt.Fprintf(w, "\nSample (%s):\n\n%s\n", r.Sampler, r.Text)
	}
}

func better(m metrics.Row) string {
	if m.Better == "" {
		return "oracle" // neither direction: as the oracle
	}
	return m.Better
}
