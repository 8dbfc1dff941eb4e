package compare

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"genlab/internal/browsertest"
	"genlab/lab/term"
)

func write(t *testing.T, file string, b []byte) {
	t.Helper()
	if err := os.WriteFile(file, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

// full is a comparison with all that a page must hold: five models, failures, warnings, infinities.
func full() *Result {
	var runs []Run
	for i, model := range append(append([]string{}, References...), "diffusion", "flow", "gan", "vae", "autoregressive") {
		metrics := map[string]float64{}
		for k, c := range Columns {
			metrics[c.Key] = float64(k+1) / float64(3*i+7)
		}
		metrics["params"], metrics["steps"] = 123456, 30000
		if model == "flow" {
			metrics["kl"] = -1
		}
		if model == "autoregressive" {
			metrics["kl"] = math.Inf(1)
		}
		r := run(model, 1, metrics)
		r.Dir = model + "-moons-s1"
		r.Sweep = []Cost{{NFE: 1, Microseconds: Number(i + 1), Distance: Number(0.3 / float64(i+1))}}
		if model == "diffusion" {
			for _, nfe := range []int{5, 50, 100} {
				r.Sweep = append(r.Sweep, Cost{NFE: nfe, Microseconds: Number(nfe), Distance: Number(1 / float64(nfe))})
			}
		}
		if model == "gan" {
			r = Run{Model: model, Data: "moons", Seed: 1, Status: Failed, Reason: "training diverged at step 17: <weight> is NaN & the checkpoint of step 10 stays in runs/compare/gan-moons-s1-1000steps"}
		}
		runs = append(runs, r)
	}
	return moons(runs...)
}

func report(t *testing.T) string {
	t.Helper()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 1700, 900))); err != nil {
		t.Fatal(err)
	}
	page, err := full().Report(picture.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// TestTextFits80Columns: five models on three datasets, with failures and warnings.
func TestTextFits80Columns(t *testing.T) {
	r := full()
	for _, data := range []string{"lift64:checkerboard", "25gaussians"} {
		r.Plan.Data, r.Plan.Modes, r.Plan.Ceiling = append(r.Plan.Data, data), append(r.Plan.Modes, 25), append(r.Plan.Ceiling, 0.99)
		for _, run := range r.Runs[:8] {
			run.Data = data
			r.Runs = append(r.Runs, run)
		}
	}
	r.Plan.Coordinates = []int{2, 64, 2}
	r.Summarise()
	out := r.Text()
	for line := range strings.Lines(out) {
		if n := text.StringWidth(strings.TrimSuffix(line, "\n")); n > term.Width {
			t.Errorf("%d columns in %q", n, line)
		}
	}
	for _, c := range Columns {
		first, _, _ := strings.Cut(c.Head, " ")
		if strings.Count(out, first) < 3 {
			t.Errorf("a table lacks the column %s:\n%s", c.Head, out)
		}
	}
}

// TestReportStandsAlone: nothing on the page is fetched, nothing runs, and what came from outside
// is text.
func TestReportStandsAlone(t *testing.T) {
	page := report(t)
	for _, m := range regexp.MustCompile(`(?i)(?:src|href|url|data|action)\s*[=(]\s*["']?([^"')>\s]{0,20})`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "data:") {
			t.Errorf("the page fetches %q", m[0])
		}
	}
	for _, bad := range []string{"<script", "<link rel=\"stylesheet", "@import", "<weight>", "ZgotmplZ"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, good := range []string{"&lt;weight&gt; is NaN", "prefers-color-scheme: dark", "@media print", `alt="Scatter`, "aria-label=\"moons: energy distance", "network evaluations per sample"} {
		if !strings.Contains(page, good) {
			t.Errorf("the page lacks %q", good)
		}
	}
}

// TestReportInABrowser: at the width of a phone and of a desk, on light and on dark, nothing runs
// off the page, no two texts overlap, all is large and dark enough, and nothing is fetched.
func TestReportInABrowser(t *testing.T) {
	page := report(t)
	for _, width := range []int{360, 1440} {
		for scheme, background := range map[string]string{"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 28)"} {
			t.Run(fmt.Sprintf("%d %s", width, scheme), func(t *testing.T) {
				found := browsertest.Look(t, page, width, scheme == "dark")
				for _, wrong := range found.Wrong() {
					t.Error(wrong)
				}
				if found.Background != background {
					t.Errorf("the background is %s, want %s", found.Background, background)
				}
			})
		}
	}
}
