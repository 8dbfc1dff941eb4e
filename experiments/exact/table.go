package exact

import (
	"fmt"
	"slices"
	"strings"

	"genlab/lab/experiment"
)

// Table is KL(p‖q) of both models in Markdown: a line for each distribution.
func Table(r *experiment.Result) string {
	var b strings.Builder
	b.WriteString("| data | KL(p‖q), flow | KL(p‖q), autoregressive |\n|---|---|---|\n")
	names := slices.Clone(flowData)
	for _, name := range autoregressiveData {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	of := func(model, name string, data []string) string {
		if !slices.Contains(data, name) {
			return "–"
		}
		return r.Of("KL(p‖q), "+model, name).String()
	}
	for _, name := range names {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, of("flow", name, flowData), of("autoregressive", name, autoregressiveData))
	}
	fmt.Fprintf(&b, "\nMean over %d seeds with a 95 %% interval, 100,000 fresh points each; %s.\n", len(r.Seeds), r.Date)
	return b.String()
}
