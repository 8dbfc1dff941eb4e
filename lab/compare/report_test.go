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

	"genlab/internal/browsertest"
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
