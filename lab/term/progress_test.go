package term

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"genlab"
	"genlab/train"
)

// TestPaceCountsThisSitting: after a resume neither the rate nor the time left counts the steps of before.
func TestPaceCountsThisSitting(t *testing.T) {
	p := pace{steps: 1000, first: 900, start: time.Now().Add(-10 * time.Second)}
	if rate, left := p.at(900); rate != 0 || left != 0 {
		t.Errorf("before the first step: %v, %v", rate, left)
	}
	if rate, left := p.at(950); rate < 4.9 || rate > 5 || left != 10*time.Second {
		t.Errorf("50 steps in 10 s: %v a second, %v left", rate, left)
	}
	var out bytes.Buffer
	b := &lineBar{w: &out, o: train.Options{Steps: 1000, Done: 900}, pace: p}
	b.Update(train.Progress{Step: 950, Losses: genlab.Losses{{Name: "loss", Value: 1}}})
	if got := out.String(); got != "step 950 of 1000  loss 1.0000  5 steps/s  10s left\n" {
		t.Errorf("printed %q", got)
	}
}

// TestLinesFit: a status takes the room that there is, and the most important part stays.
func TestLinesFit(t *testing.T) {
	parts := []string{"12000/26000", "12s left", "loss 0.4321", "1123 steps/s"}
	for width, want := range map[int]string{
		80 - besides: "12000/26000  12s left  loss 0.4321  1123 steps/s",
		60 - besides: "12000/26000  12s left  loss 0.4321",
		40 - besides: "12000/26000  12s left",
		32 - besides: "12000/26000",
		20 - besides: "12000/2~",
	} {
		got := fit(width, parts)
		if strings.TrimRight(got, " ") != want || text.StringWidth(got) != max(width, 8) {
			t.Errorf("%d columns: %q, want %q", width, got, want)
		}
	}
	for name, want := range map[string]int{"44": 44, "": Width, "wide": Width, "0": Width} {
		t.Setenv("COLUMNS", name)
		if got := columns(new(bytes.Buffer)); got != want {
			t.Errorf("COLUMNS=%q: %d columns, want %d", name, got, want)
		}
	}
}
