package experiment

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Verdict is "shown" or "not shown"; a smoke run has none.
func (r *Result) Verdict() string {
	switch {
	case r.Smoke:
		return "a smoke run"
	case r.Shown:
		return "shown"
	}
	return "not shown"
}

// Page is the result to be read, in Markdown.
func (r *Result) Page() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", r.Name)
	if r.Smoke {
		b.WriteString("This was a smoke run: it shows that the experiment runs. The figures mean nothing.\n\n")
	}
	fmt.Fprintf(&b, "**Claim.** %s\n\n**Test.** %s\n\n**Criterion.** %s\n\n", r.Claim, r.Test, r.Criterion)
	fmt.Fprintf(&b, "## Answer: %s\n\n%s\n\n", r.Verdict(), r.Answer)
	for _, p := range r.Pictures {
		fmt.Fprintf(&b, "![%s](%s)\n\n", p.Shows, p.Name)
	}
	b.WriteString("| figure | data | value |\n|---|---|---|\n")
	for _, f := range r.Figures {
		fmt.Fprintf(&b, "| %s | %s | %v |\n", f.Name, f.Data, f)
	}
	fmt.Fprintf(&b, "\n± is the half width of the 95 %% interval over the seeds (Student's t); a figure without it is one\nmeasurement. The values by seed stand in [%s](%s).\n\n", ResultFile, ResultFile)
	fmt.Fprintf(&b, "`genlab experiment %s --seeds %d`; %s.\n", r.Name, len(r.Seeds), r.where())
	for _, name := range slices.Sorted(maps.Keys(r.Configs)) {
		fmt.Fprintf(&b, "\n## Configuration of %s\n\n```yaml\n%s```\n", name, r.Configs[name])
	}
	return b.String()
}

// where is the machine and the date, in a line.
func (r *Result) where() string {
	m := r.Machine
	cores := fmt.Sprintf("%d cores", m.Cores)
	if m.Cores == 1 {
		cores = "1 core"
	}
	return fmt.Sprintf("%s of %s, %s kernels, %s, %s", cores, m.Processor, m.CPU, m.Go, r.Date)
}

// Table is what results say, a row each, in Markdown: for the project's README. The results are those
// of the experiments, in the same order.
func Table(list []Experiment, results []*Result) string {
	var b strings.Builder
	b.WriteString("| | claim | | what was measured | seeds |\n|---|---|---|---|---|\n")
	for i, r := range results {
		brief := r.Answer
		if list[i].Brief != nil {
			brief = list[i].Brief(r)
		}
		fmt.Fprintf(&b, "| [%s](experiments/%s) | %s | %s | %s | %d |\n", r.Name, r.Name, r.Claim, r.Verdict(), brief, len(r.Seeds))
	}
	var places []string
	for _, r := range results {
		if w := r.where(); !slices.Contains(places, w) {
			places = append(places, w)
		}
	}
	if len(places) > 0 {
		fmt.Fprintf(&b, "\n± is the half width of a 95 %% interval over the seeds. Measured on %s.\n", strings.Join(places, "; "))
	}
	return b.String()
}
