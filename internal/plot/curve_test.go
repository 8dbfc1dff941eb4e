package plot

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestRunningMean(t *testing.T) {
	var line []point
	for i := range 200 {
		line = append(line, point{x: float64(i), y: 3 - 2*float64(i)})
	}
	for i, p := range runningMean(line, 11) {
		if i >= 5 && i < 195 && math.Abs(p.y-line[i].y) > 1e-9 {
			t.Fatalf("a straight line is bent at %d: %v", i, p.y)
		}
	}
	if got := runningMean(line, 11)[0].y; got != 3-2*2.5 { // the mean of the first 6
		t.Errorf("the first is %v", got)
	}
}

func TestThinKeepsTheExtremes(t *testing.T) {
	rng := random(1)
	var line []point
	for i := range 50000 {
		line = append(line, point{x: float64(i), y: rng.NormFloat64()})
	}
	line[31234].y, line[777].y = 99, -99
	kept := thin(line)
	low, high := math.Inf(1), math.Inf(-1)
	for i, p := range kept {
		low, high = min(low, p.Y), max(high, p.Y)
		if i > 0 && p.X < kept[i-1].X {
			t.Fatal("the order is lost")
		}
	}
	if low != -99 || high != 99 || len(kept) > 1400 {
		t.Errorf("%d points in [%v, %v]", len(kept), low, high)
	}
}

func TestSeriesDropWhatCannotBeDrawn(t *testing.T) {
	s := Series{Y: []float64{1, math.NaN(), -1, 0, math.Inf(1), 2}}
	if kept, dropped := s.points(Axes{}); len(kept) != 4 || dropped != 2 {
		t.Errorf("linear: %d kept, %d dropped", len(kept), dropped)
	}
	if kept, dropped := s.points(Axes{LogY: true}); len(kept) != 2 || dropped != 4 || kept[1].x != 5 {
		t.Errorf("logarithmic: %v kept, %d dropped", kept, dropped)
	}
	// Nothing, a single value, equal values and a diverged run are pictures too.
	for _, y := range [][]float64{nil, {1}, {2, 2, 2}, {math.NaN()}, {1, 1e300}} {
		for _, log := range []bool{false, true} {
			file, err := Lines(Axes{Title: "a", X: "b", Y: "c", LogX: log, LogY: log}, Series{Name: "s", Y: y}, Series{Y: y})
			decode(t, file, err)
		}
	}
}

func TestDecades(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		least  int
	}{{1, 100, 3}, {1e-4, .3, 3}, {2, 9, 2}, {1e-12, 1e3, 4}} {
		labelled := 0
		for _, tick := range (decades{}).Ticks(c.lo, c.hi) {
			if tick.Value < c.lo*.999 || tick.Value > c.hi*1.001 {
				t.Errorf("tick %v outside [%v, %v]", tick.Value, c.lo, c.hi)
			}
			if tick.Label != "" {
				labelled++
			}
		}
		if labelled < c.least || labelled > 12 {
			t.Errorf("%d labels in [%v, %v]", labelled, c.lo, c.hi)
		}
	}
}

// TestTicksHaveTheirDigits: a label says its tick's value.
func TestTicksHaveTheirDigits(t *testing.T) {
	for _, ends := range [][2]float64{{-3.04, -2.82}, {0, 1}, {-4, 4}, {0.1, 0.37}, {2, 2.003}, {-1, 12000}, {0, 1e-7}} {
		for _, tick := range (majorTicks{}).Ticks(ends[0], ends[1]) {
			label := strings.NewReplacer("−", "-", ",", "").Replace(tick.Label)
			if v, err := strconv.ParseFloat(label, 64); err != nil || math.Abs(v-tick.Value) > 1e-9+1e-6*(ends[1]-ends[0]) {
				t.Errorf("the tick at %v of %v is labelled %q", tick.Value, ends, tick.Label)
			}
		}
	}
}
