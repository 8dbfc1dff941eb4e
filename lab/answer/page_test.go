package answer

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"genlab/internal/browsertest"
)

// pages returns a page of a grid and one of a search on two datasets, with lost runs and a name that is markup.
func pages(t *testing.T) map[string]string {
	t.Helper()
	grid := planted.study(5, rand.New(rand.NewPCG(1, 2)))
	grid.Title = "flow <b> & co by lr, hidden"
	grid.Runs[3] = Run{Name: "00003", Axes: grid.Runs[3].Axes, Seed: 1, Status: Diverged, Reason: "training diverged at step 7: loss is NaN"}
	search := &Study{Title: "flow by data, lr, act", Axes: []Axis{{Key: "data"}, {Key: "lr", Log: true}, {Key: "act"}}, Better: map[string]string{"y": "higher"}, Metric: "y"}
	rng := rand.New(rand.NewPCG(3, 4))
	for _, data := range []string{"moons", "file:a-long-name-of-a-file-that-has-to-wrap.csv?x=lon&y=lat"} {
		for i := range 40 {
			axes := map[string]string{"data": data, "lr": fmt.Sprintf("%.4g", 1e-4*float64(i+1)), "act": []string{"relu", "leaky-relu"}[i%2]}
			for seed := range 2 {
				search.Runs = append(search.Runs, Run{Axes: axes, Seed: uint64(seed), Status: Done, Metrics: map[string]float64{"y": rng.Float64()}})
			}
		}
	}
	all := map[string]string{}
	for name, s := range map[string]*Study{"grid": grid, "search": search} {
		b, err := mustAnswer(t, s).Page()
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(b)
	}
	return all
}

// TestPage: the page is whole in itself, escapes names, and has a row for each configuration, a plot for each effect and the
// parallel coordinates.
func TestPage(t *testing.T) {
	all := pages(t)
	for name, page := range all {
		if m := regexp.MustCompile(`(src|href)="[^"#]*"`).FindAllString(page, -1); len(m) != 1 { // the empty icon
			t.Errorf("%s: the page refers to %q", name, m)
		}
	}
	grid, search := all["grid"], all["search"]
	if strings.Contains(grid, "<b> & co") || !strings.Contains(grid, "flow &lt;b&gt; &amp; co") {
		t.Error("a name is not escaped")
	}
	for page, want := range map[string][4]int{grid: {6, 2, 1, 1}, search: {80, 4, 2, 0}} {
		got := [4]int{strings.Count(page, "<tr") - strings.Count(page, "<thead><tr"), strings.Count(page, `aria-label="Mean y by`), strings.Count(page, `aria-label="Parallel coordinates: `), strings.Count(page, "training diverged")}
		if got != want {
			t.Errorf("rows, plots, parallel coordinates and lost runs: %v, want %v", got, want)
		}
	}
}

// TestPageInABrowser: at 360 and 1440 pixels, light and dark, nothing overlaps, is too wide, too faint or fetched.
func TestPageInABrowser(t *testing.T) {
	for name, page := range pages(t) {
		for _, width := range []int{360, 1440} {
			for _, dark := range []bool{false, true} {
				for _, fault := range browsertest.Look(t, page, width, dark).Wrong() {
					t.Errorf("%s at %d pixels, dark %v: %s", name, width, dark, fault)
				}
			}
		}
	}
}
