package cli

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"genlab/lab/evaluate"
	"genlab/lab/term"
	"genlab/metrics"
)

// fits reports lines of more than 80 columns.
func fits(t *testing.T, what, out string) {
	t.Helper()
	for line := range strings.Lines(out) {
		if n := text.StringWidth(strings.TrimRight(line, "\n")); n > term.Width {
			t.Errorf("%s: %d columns in %q", what, n, line)
		}
	}
}

// TestReportsFit80Columns: with the longest names and numbers, a report and a summary are at most 80 columns
// wide.
func TestReportsFit80Columns(t *testing.T) {
	r := &evaluate.Report{
		Model: "adversarial-diffusion", Data: "lift64:checkerboard", Seed: 12345, Params: 1234567, Steps: 100000, TrainSeconds: 12345,
		Sampler: strings.Repeat("a long description of a sampler ", 4), Note: strings.Repeat("a long note ", 20),
	}
	for _, m := range summaryMetrics {
		r.Rows = append(r.Rows, metrics.Estimate{Value: -12.3456789, SE: 0.00012345, N: 100000}.Row(m.metric, -12.34567891, "quadrature", "lower"))
	}
	r.Rows = append(r.Rows, metrics.Estimate{Value: -1.234e-5, SE: 1.234e-5, N: 10000}.Row("best_of_4_held_out_likeliest", -1.234e-5, "", ""))
	r.Rows = append(r.Rows, metrics.Estimate{Value: 123456789, SE: math.NaN(), N: 10000}.Row("corrected_held_out_on_target", math.NaN(), "", "higher"))
	var b strings.Builder
	printReport(&b, r, false)
	printSummary(&b, r)
	fits(t, "report", b.String())
}

// TestCommandsFit80Columns: what the commands print is at most 80 columns wide, but for the text of a model and
// values of all digits.
func TestCommandsFit80Columns(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range []string{
		"models", "datasets", "datasets 25gaussians", "experiment", "version", "--help", "train --help", "train diffusion --help", "eval --help", "compare --help",
		"train diffusion --smoke --steps 20 --data moons --conditional --out run", "eval run -n 100", "eval run -n 100 --sweep sweep.png",
		"sample run -n 9 -o x.npy", "sample run -n 9 --label 1 --guidance 2 --sampler heun --nfe 9 -o y.npy", "score moons --points x.npy -o p.npy", "score run --label 1 --points x.npy -o p.npy",
	} {
		var out, errs bytes.Buffer
		if err := Run(t.Context(), strings.Fields(args), &out, &errs); err != nil {
			t.Fatalf("genlab %s: %v", args, err)
		}
		fits(t, args, out.String()+errs.String())
	}
}
