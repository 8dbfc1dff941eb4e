package quality

import (
	"fmt"
	"strings"

	"genlab/diffusion"
	"genlab/lab/experiment"
)

// Table is the default sampler with 50 evaluations beside a second sample of the truth, in
// Markdown: a line for each distribution.
func Table(r *experiment.Result) string {
	model := way{diffusion.DefaultConfig().Sampler, 50}.String()
	metrics := []string{"energy distance", "high quality", "mode TV"}
	var b strings.Builder
	b.WriteString("| data |")
	for _, m := range metrics {
		fmt.Fprintf(&b, " %s, model | truth |", m)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|---|", len(metrics)) + "\n")
	for _, name := range distributions {
		fmt.Fprintf(&b, "| %s |", name)
		for _, m := range metrics {
			fmt.Fprintf(&b, " %v | %.4f |", r.Of(m+", "+model, name), float64(r.Of(m+", "+truth, name).Mean))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\nMean over %d seeds with a 95 %% interval, 10,000 samples of 50 network evaluations each; %s, %s.\n",
		len(r.Seeds), diffusion.DefaultConfig().Sampler, r.Date)
	return b.String()
}
