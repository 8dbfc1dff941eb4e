package compare

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"image"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
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
		figures := map[string]float64{}
		for k, c := range Columns {
			figures[c.Key] = float64(k+1) / float64(3*i+7)
		}
		figures["params"], figures["steps"] = 123456, 30000
		if model == "flow" {
			figures["kl"] = -1
		}
		if model == "autoregressive" {
			figures["kl"] = math.Inf(1)
		}
		r := run(model, 1, figures)
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
	for _, good := range []string{"&lt;weight&gt; is NaN", "prefers-color-scheme: dark", "@media print", `alt="Scatter`, "aria-label=\"moons: energy distance", "network evaluations a sample"} {
		if !strings.Contains(page, good) {
			t.Errorf("the page lacks %q", good)
		}
	}
}

// inspection is what a browser finds in the page at one width.
type inspection struct {
	Background string   `json:"background"`
	Beyond     float64  `json:"beyond"` // pixels that the page is wider than its window
	Overlaps   []string `json:"overlaps"`
	Small      []string `json:"small"` // texts of diagrams under 9 pixels
	Faint      []string `json:"faint"` // texts with a contrast below 4.5
	Fetched    []string `json:"fetched"`
}

// inspector runs in a page that holds the report in a frame of the width of a phone or a desk.
const inspector = `
const rects = doc => {
  const all = [];
  const walk = doc.createTreeWalker(doc.body, NodeFilter.SHOW_TEXT);
  for (let n; n = walk.nextNode();) {
    if (!n.data.trim() || n.parentElement.closest('.scroll')) continue;
    const range = doc.createRange(); range.selectNodeContents(n);
    for (const r of range.getClientRects()) if (r.width > 1) all.push({t: n.data.trim().slice(0, 30), r, svg: !!n.parentElement.closest('svg'), e: n.parentElement});
  }
  return all;
};
const luminance = c => { const v = c.map(x => (x /= 255) <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4); return .2126*v[0] + .7152*v[1] + .0722*v[2]; };
const colour = s => (s.match(/[\d.]+/g) || []).map(Number);
const behind = e => { for (; e; e = e.parentElement) { const c = colour(getComputedStyle(e).backgroundColor); if (c.length == 3 || c[3] > .9) return c; } return [255,255,255]; };
const frame = document.querySelector('iframe');
frame.onload = () => {
  const doc = frame.contentDocument, win = frame.contentWindow, found = {overlaps: [], small: [], faint: []};
  found.beyond = doc.documentElement.scrollWidth - doc.documentElement.clientWidth;
  found.background = win.getComputedStyle(doc.body).backgroundColor;
  found.fetched = win.performance.getEntriesByType('resource').map(e => e.name.slice(0, 40)).filter(n => !n.startsWith('data:'));
  const all = rects(doc);
  for (let i = 0; i < all.length; i++) for (let j = i + 1; j < all.length; j++) {
    const a = all[i].r, b = all[j].r;
    const w = Math.min(a.right, b.right) - Math.max(a.left, b.left), h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (w > 1.5 && h > Math.min(a.height, b.height) * .35) found.overlaps.push(all[i].t + ' | ' + all[j].t);
  }
  for (const x of all) if (x.svg && Math.min(x.r.height, x.r.width) < 9 && x.t.length > 1) found.small.push(x.t);
  for (const e of doc.querySelectorAll('p, h1, h2, th, td, li, dt, dd, pre, .verdict, small')) {
    if (!e.textContent.trim()) continue;
    const a = luminance(colour(win.getComputedStyle(e).color)), b = luminance(behind(e));
    if ((Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5) found.faint.push(e.textContent.trim().slice(0, 30));
  }
  document.body.setAttribute('data-found', JSON.stringify(found));
};
`

// browser is a Chromium, "" where there is none.
func browser() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// TestReportInABrowser: at the width of a phone and of a desk, on light and on dark, nothing runs
// off the page, no two texts overlap, all is large and dark enough, and nothing is fetched.
func TestReportInABrowser(t *testing.T) {
	path := browser()
	if path == "" {
		t.Skip("no Chromium here: the report was not looked at in a browser")
	}
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	page := report(t)
	for _, width := range []int{360, 1440} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(fmt.Sprintf("%d %s", width, scheme), func(t *testing.T) {
				// A page of its own decides about its scheme; the frame about its width.
				held := strings.Replace(page, "color-scheme: light dark;", "color-scheme: "+scheme+";", 1)
				if scheme == "dark" {
					held = strings.Replace(held, "@media (prefers-color-scheme: dark)", "@media all", 1)
				}
				found := inspect(t, path, held, width)
				if found.Beyond > 0 {
					t.Errorf("the page is %v pixels too wide", found.Beyond)
				}
				for what, list := range map[string][]string{"overlap": found.Overlaps, "small": found.Small, "faint": found.Faint, "fetched": found.Fetched} {
					if len(list) > 0 {
						t.Errorf("%s: %q", what, list)
					}
				}
				if want := map[string]string{"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 28)"}[scheme]; found.Background != want {
					t.Errorf("the background is %s, want %s", found.Background, want)
				}
			})
		}
	}
	// The inspector sees what it is there for.
	spoilt := strings.Replace(page, "<h2>", `<p style="width:3000px">wide</p><p style="margin-bottom:-2em;color:#eee">one text</p><p>another text</p><h2>`, 1)
	if found := inspect(t, path, spoilt, 360); found.Beyond == 0 || len(found.Overlaps) == 0 || len(found.Faint) == 0 {
		t.Errorf("a spoilt page passes: %+v", found)
	}
}

func inspect(t *testing.T, browser, page string, width int) inspection {
	t.Helper()
	dir := t.TempDir()
	outer := fmt.Sprintf(`<!doctype html><body><iframe style="width:%dpx;height:900px;border:0" srcdoc="%s"></iframe><script>%s</script>`,
		width, html.EscapeString(page), inspector)
	write(t, filepath.Join(dir, "page.html"), []byte(outer))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+dir+"/profile",
		"--window-size=1600,1000", "--virtual-time-budget=5000", "--dump-dom", "file://"+filepath.Join(dir, "page.html"))
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("%s does not run here: %v", browser, err)
	}
	m := regexp.MustCompile(`data-found="([^"]*)"`).FindSubmatch(out)
	if m == nil {
		t.Fatal("the browser did not look at the page")
	}
	var found inspection
	if err := json.Unmarshal([]byte(html.UnescapeString(string(m[1]))), &found); err != nil {
		t.Fatal(err)
	}
	return found
}
