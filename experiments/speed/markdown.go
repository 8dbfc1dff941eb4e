package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// printMarkdown writes a table of results.json.
func printMarkdown(w io.Writer, file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var rep report
	if err := json.Unmarshal(b, &rep); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	// Without columns that would be empty.
	peaks := slices.ContainsFunc(rep.Results, func(t timing) bool { return t.Peak > 0 })
	peers := slices.DeleteFunc(slices.Clone(columns), func(c column) bool {
		return !slices.ContainsFunc(rep.Results, func(t timing) bool { return t.best(c.peer) > 0 })
	})
	head := "| work | threads | genlab |"
	if peaks {
		head += " FMA peak |"
	}
	for _, c := range peers {
		head += " " + c.title + " |"
	}
	fmt.Fprintf(w, "%s\n|%s\n", head, strings.Repeat("---|", strings.Count(head, "|")-1))
	for _, r := range rep.Results {
		fmt.Fprintln(w, r.row(peaks, peers))
	}
	_, err = fmt.Fprintf(w, "\nMedians of %d rounds; rows of one kind of work were measured together, %s. %s, %s kernels, FMA peak %.0f GFLOP/s per core; %s, %s.\n",
		rep.Rounds, rep.Date, rep.Machine, rep.CPU, rep.FMAPeak, rep.Go, strings.Join(rep.Versions, ", "))
	return err
}

// String returns the row with all columns.
func (t timing) String() string { return t.row(true, columns) }

// row returns the row of the table: times, the share of the peak, and the ratio of each peer's time to
// genlab's.
func (t timing) row(peaks bool, peers []column) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s | %d | %s |", t.title(), t.Threads, duration(t.Genlab))
	switch {
	case t.Peak > 0:
		fmt.Fprintf(&b, " %.0f %% |", 100*t.Peak)
	case peaks:
		b.WriteString("  |")
	}
	for _, c := range peers {
		best := t.best(c.peer)
		if best == 0 {
			b.WriteString(" – |")
			continue
		}
		fmt.Fprintf(&b, " %s, %.1f × |", duration(best), best/t.Genlab)
	}
	return b.String()
}

// duration formats a time in microseconds.
func duration(us float64) string {
	if us >= 1e5 {
		return fmt.Sprintf("%.2f s", us/1e6)
	}
	return fmt.Sprintf("%.0f µs", us)
}

func (t timing) title() string {
	switch t.Kind {
	case "sample":
		return fmt.Sprintf("DDPM sampling, hidden %d, %d points, %d steps", t.Hidden, t.Rows, sampleSteps)
	case "sample-bf16":
		return "the same in bfloat16"
	case "vae":
		return fmt.Sprintf("VAE training step, hidden %d, batch %d", t.Hidden, t.Rows)
	case "gan":
		return fmt.Sprintf("GAN training step with gradient penalty, hidden %d, batch %d", t.Hidden, t.Rows)
	case "flow":
		return fmt.Sprintf("spline flow training step, hidden %d, batch %d", t.Hidden, t.Rows)
	case "text":
		return fmt.Sprintf("nanoGPT training step, width %d, batch %d × 64", t.Hidden, t.Rows)
	case "text-bf16":
		return "the same in bfloat16"
	case "score":
		return fmt.Sprintf("spline flow, log-density of %d points", t.Rows)
	case "draw":
		return fmt.Sprintf("spline flow, %d samples", t.Rows)
	case "train":
		return fmt.Sprintf("training step, hidden %d, batch %d", t.Hidden, t.Rows)
	case "critic":
		return fmt.Sprintf("WGAN-GP critic step, hidden %d, batch %d", t.Hidden, t.Rows)
	}
	return fmt.Sprintf("forward, hidden %d, %d points", t.Hidden, t.Rows)
}
