package experiment

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Verdict returns "supported" or "not supported"; a smoke run has no verdict.
func (r *Result) Verdict() string {
	switch {
	case r.Smoke:
		return "no verdict (smoke run)"
	case r.Supported:
		return "supported"
	}
	return "not supported"
}

// Page returns the result as a page in Markdown.
func (r *Result) Page() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", r.Name)
	if r.Smoke {
		b.WriteString("This was a smoke run: it checks that the experiment runs, and its numbers are meaningless.\n\n")
	}
	fmt.Fprintf(&b, "**Claim.** %s\n\n**Test.** %s\n\n**Criterion.** %s\n\n", r.Claim, r.Test, r.Criterion)
	fmt.Fprintf(&b, "## Result: %s\n\n%s\n\n", r.Verdict(), r.Answer)
	for _, p := range r.Pictures {
		fmt.Fprintf(&b, "![%s](%s)\n\n*%s.*\n\n", p.Shows, p.Name, p.Shows)
	}
	fmt.Fprintf(&b, "## Measurements\n\n%s\n", r.table())
	fmt.Fprintf(&b, "Mean over the seeds ± half-width of the 95 %% confidence interval (Student's t); – means not measured, or not finite\nfor a seed. [%s](%s) has the values of each seed.\n\n", ResultFile, ResultFile)
	fmt.Fprintf(&b, "Measured by `genlab experiment %s --seeds %d` on %s.\n", r.Name, len(r.Seeds), r.where())
	for _, name := range slices.Sorted(maps.Keys(r.Configs)) {
		fmt.Fprintf(&b, "\n## Configuration: %s\n\n```yaml\n%s```\n", name, r.Configs[name])
	}
	return b.String()
}

// label returns a stored name as readers see it.
func (r *Result) label(name string) string {
	return strings.NewReplacer(append(slices.Clone(r.labels), labels...)...).Replace(name)
}

// labels are Experiment.Labels of all experiments.
var labels = []string{
	"a second sample of the truth", "oracle", "energy_distance", "energy distance", "high_quality", "high quality",
	"mode_tv", "mode TV", "modes_1pct", "modes covered", "training", "training time",
}

// table returns the measurements as a table: a row for each name, a column for each dataset.
func (r *Result) table() string {
	var names, data []string
	units := map[string]string{}
	for _, m := range r.Measurements {
		if !slices.Contains(names, m.Name) {
			names = append(names, m.Name)
		}
		if !slices.Contains(data, m.Data) {
			data = append(data, m.Data)
		}
		units[m.Name] = m.Unit
	}
	var b strings.Builder
	b.WriteString("| measurement | unit |")
	for _, d := range data {
		if d == "" {
			d = "value"
		}
		fmt.Fprintf(&b, " %s |", r.label(d))
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(data)) + "\n")
	for _, name := range names {
		fmt.Fprintf(&b, "| %s | %s |", r.label(name), units[name])
		for _, d := range data {
			fmt.Fprintf(&b, " %s |", r.Of(name, d).Value())
		}
		b.WriteString("\n")
	}
	return b.String()
}

// where returns the machine and the date in a line.
func (r *Result) where() string {
	m := r.Machine
	cores := fmt.Sprintf("%d cores", m.Cores)
	if m.Cores == 1 {
		cores = "1 core"
	}
	return fmt.Sprintf("%s of an %s (%s kernels, %s), %s", cores, m.Processor, m.CPU, m.Go, r.Date)
}

// Table returns a table of results in Markdown, a row each. They are those of the experiments, in the
// same order.
func Table(list []Experiment, results []*Result) string {
	var b strings.Builder
	b.WriteString("| experiment | claim | verdict | decisive measurements | seeds |\n|---|---|---|---|---|\n")
	var machines []string
	for i, r := range results {
		brief := r.Answer
		if list[i].Brief != nil {
			brief = list[i].Brief(r)
		}
		fmt.Fprintf(&b, "| [%s](../experiments/%s) | %s | %s | %s | %d |\n", r.Name, r.Name, r.Claim, r.Verdict(), brief, len(r.Seeds))
		if w := r.where(); !slices.Contains(machines, w) {
			machines = append(machines, w)
		}
	}
	fmt.Fprintf(&b, "\nMean over the seeds ± half-width of the 95 %% confidence interval. Measured on %s.\n", strings.Join(machines, "; "))
	return b.String()
}
