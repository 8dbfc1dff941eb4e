package models

import (
	"math"
	"math/rand/v2"
	"testing"

	"genlab/datasets"
	"genlab/hybrid"
)

// TestScoresOfTheTruth: draws of a law are right and on target but for their tails, e^-4.5 of the points; moved
// by a cell or asked for another count they are not, and the means are those of all pictures.
func TestScoresOfTheTruth(t *testing.T) {
	const n = 60
	rng := rand.New(rand.NewPCG(1, 1))
	asked := datasets.Caption{Count: 2, Row: 1, Column: 0}
	drawn := func(c datasets.Caption) (all []hybrid.Picture) {
		for range n {
			all = append(all, hybrid.Picture{Points: c.Distribution().Sample(PicturePoints, rng), Evaluations: 7 * PicturePoints})
		}
		return all
	}
	var s Score
	s.add(asked, drawn(asked))
	tail := math.Exp(-4.5)
	// 5 standard errors of a share of 2880 points; of the three shares the variation is about 0.008.
	if s.Right < 0.95 || s.Likeliest != 1 || !(math.Abs(s.OnTarget-(1-tail)) <= 5*math.Sqrt(tail/(n*PicturePoints))) || s.ModeTV > 0.04 || s.Passes != 7 || s.Pictures != n {
		t.Errorf("of the law: %+v", s)
	}
	// Two points lie within 3 standard deviations of two of three, mostly.
	for other, near := range map[datasets.Caption]float64{{Count: 1, Row: 1, Column: 0}: 0.75, {Count: 2, Row: 0, Column: 0}: 0} {
		var s Score
		if s.add(asked, drawn(other)); s.Right != 0 || s.Likeliest != 0 || s.OnTarget > near {
			t.Errorf("of %q: %+v", other, s)
		}
		s.add(asked, drawn(asked))
		s.add(other, drawn(other))
		if s.Pictures != 3*n || !(math.Abs(s.Right-2./3) <= 0.03) || near == 0 && !(math.Abs(s.OnTarget-2*(1-tail)/3) <= 0.02) {
			t.Errorf("a third of the pictures of another: %+v", s)
		}
	}
}
