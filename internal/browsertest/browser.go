// Package browsertest checks HTML pages in a headless browser: [Look] reports elements that overlap, are
// clipped, too small, too faint or fetched from elsewhere, and [PrintedPages] counts the printed pages.
// Both skip the test if no browser is installed.
package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Seen is what the browser reports of a page at one width.
type Seen struct {
	Background string   `json:"background"`
	Beyond     float64  `json:"beyond"` // pixels that the page is wider than its window
	Overlaps   []string `json:"overlaps"`
	Small      []string `json:"small"` // texts of diagrams under 9 pixels
	Faint      []string `json:"faint"` // texts with a contrast below 4.5
	Fetched    []string `json:"fetched"`
}

// Wrong returns the faults of the page, one a line.
func (s Seen) Wrong() (faults []string) {
	if s.Beyond > 0 {
		faults = append(faults, fmt.Sprintf("the page is %v pixels too wide", s.Beyond))
	}
	for _, kind := range []struct {
		what string
		list []string
	}{{"overlap", s.Overlaps}, {"small", s.Small}, {"faint", s.Faint}, {"fetched", s.Fetched}} {
		if len(kind.list) > 0 {
			faults = append(faults, fmt.Sprintf("%s: %q", kind.what, kind.list))
		}
	}
	return faults
}

// inspector runs in a page that contains the other in a frame of the given width.
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

// Look opens an HTML page with its own style sheet in a window of a width, with a light or dark theme. It
// skips the test if there is no Chromium, or in short mode.
func Look(t *testing.T, page string, width int, dark bool) Seen {
	t.Helper()
	// The page sets its colour scheme, the frame its width.
	if dark {
		page = strings.Replace(page, "color-scheme: light dark;", "color-scheme: dark;", 1)
		page = strings.Replace(page, "@media (prefers-color-scheme: dark)", "@media all", 1)
	} else {
		page = strings.Replace(page, "color-scheme: light dark;", "color-scheme: light;", 1)
	}
	out := browse(t, fmt.Sprintf(`<!doctype html><body><iframe style="width:%dpx;height:900px;border:0" srcdoc="%s"></iframe><script>%s</script>`,
		width, html.EscapeString(page), inspector), "--window-size=1600,1000", "--virtual-time-budget=5000", "--dump-dom")
	m := regexp.MustCompile(`data-found="([^"]*)"`).FindSubmatch(out)
	if m == nil {
		t.Fatal("the browser did not look at the page")
	}
	var found Seen
	if err := json.Unmarshal([]byte(html.UnescapeString(string(m[1]))), &found); err != nil {
		t.Fatal(err)
	}
	return found
}

// PrintedPages returns the number of pages on which an HTML page is printed. It skips as [Look] does.
func PrintedPages(t *testing.T, page string) int {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.pdf")
	browse(t, page, "--print-to-pdf="+file)
	pdf, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return printedPages(pdf)
}

// printedPages returns the number of pages of a PDF file of Chromium.
func printedPages(pdf []byte) int {
	return len(regexp.MustCompile(`/Type\s*/Page[^s]`).FindAll(pdf, -1))
}

// browse opens a page in Chromium and returns its output.
func browse(t *testing.T, page string, args ...string) []byte {
	t.Helper()
	path := browser()
	if path == "" {
		t.Skip("no Chromium here: the page was not looked at in a browser")
	}
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "page.html")
	if err := os.WriteFile(file, []byte(page), 0o666); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	args = append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + dir + "/profile"}, args...)
	out, err := exec.CommandContext(ctx, path, append(args, "file://"+file)...).Output()
	if err != nil {
		t.Skipf("%s does not run here: %v", path, err)
	}
	return out
}

// browser returns the path of Chromium, "" if there is none.
func browser() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
