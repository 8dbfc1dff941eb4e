package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"genlab/internal/browsertest"
	"genlab/lab/taxonomy"
)

// answered returns the cards as if every experiment had run, with values of the greatest width.
func answered() []card {
	list := cards()
	for i := range list {
		c := &list[i]
		c.Measured, c.Experiments = nil, nil
		for _, s := range taxonomy.Cards()[i].Evidence {
			label := s.Label
			if label == "" {
				label = "a figure of " + s.Experiment + " whose name is as long as they may be"
			}
			c.Measured = append(c.Measured, measurement{s.Experiment, label, "0.00144 ± 0.00068 nats"})
			c.Experiments = append(c.Experiments, claim{s.Experiment, "not supported"})
		}
	}
	return list
}

// TestCardsInPlainText: each card is a page of at most 80 columns and 60 lines.
func TestCardsInPlainText(t *testing.T) {
	for _, list := range [][]card{cards(), answered()} {
		var b strings.Builder
		if err := printCards(&b, list); err != nil {
			t.Fatal(err)
		}
		pages := strings.Split(b.String(), "\f")
		if len(pages) != len(taxonomy.Cards()) {
			t.Errorf("%d pages", len(pages))
		}
		for i, page := range pages {
			lines := strings.Split(page, "\n")
			if len(lines) > 60 {
				t.Errorf("card %d has %d lines", i+1, len(lines))
			}
			for _, l := range lines {
				if text.StringWidth(l) > 80 || strings.TrimRight(l, " ") != l {
					t.Errorf("card %d: %d columns in %q", i+1, text.StringWidth(l), l)
				}
			}
		}
	}
}

// TestCardsPage: with all values, on phone and desktop, light and dark, the page has no layout faults,
// fetches nothing, and prints one card per sheet.
func TestCardsPage(t *testing.T) {
	b, err := cardsPage(answered())
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	if n := strings.Count(page, "<article>"); n != len(taxonomy.Cards()) || strings.Contains(page, "ZgotmplZ") || strings.Contains(page, "<script") {
		t.Errorf("%d cards in\n%s", n, page)
	}
	for _, width := range []int{360, 1440} {
		for _, dark := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d pixels, dark %v", width, dark), func(t *testing.T) {
				for _, wrong := range browsertest.Look(t, page, width, dark).Wrong() {
					t.Error(wrong)
				}
			})
		}
	}
	if n := browsertest.PrintedPages(t, page); n != len(taxonomy.Cards()) {
		t.Errorf("%d sheets", n)
	}
}
