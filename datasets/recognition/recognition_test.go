package recognition

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/gentest"
)

// TestPicturesAreRead: pictures of all captions are recognised by both recognisers, and few of their
// points, in the tails, count as violations.
func TestPicturesAreRead(t *testing.T) {
	const each, points = 40, 48
	rng := gentest.Rand(1)
	wrong, misfits := 0, 0
	for _, c := range datasets.Captions() {
		for range each {
			x := c.Distribution().Sample(points, rng)
			r := RecognizeCaption(x)
			if got, ok := r.Caption(); !ok || got != c {
				wrong++
				continue
			}
			misfits += len(r.Violations(x, c))
			if got := MaximumLikelihoodCaption(x); got != c {
				t.Errorf("a picture of %q is likeliest of %q", c, got)
			}
		}
	}
	// Of 6000 other pictures 0.0013 were not read, 0.0038 of the points called misfits: 5 standard errors.
	if wrong > 8 || misfits > 380 {
		t.Errorf("of %d pictures %d are not read, with %d misfits", 27*each, wrong, misfits)
	}
}

// TestReaderSeesFaults: what is planted in a picture without a fault is read as it is, and the rows at
// fault are named.
func TestReaderSeesFaults(t *testing.T) {
	asked := datasets.Caption{Count: 2, Row: 0, Column: 1}
	exact := func(move func(i int, x []float64)) *mat.Dense {
		x := mat.NewDense(48, 2, nil)
		centres := asked.Distribution().Centres
		for i := range 48 {
			c := centres[i%3]
			x.SetRow(i, []float64{c[0] + 0.02*float64(i/3%4), c[1] + 0.02*float64(i/12)})
			if move != nil {
				move(i, x.RawRowView(i))
			}
		}
		return x
	}
	for name, fault := range map[string]struct {
		move    func(i int, x []float64)
		right   bool
		misfits int
	}{
		"none":              {nil, true, 0},
		"a missing group":   {func(i int, x []float64) { copy(x, []float64{0.6, 2.15}) }, false, 48},
		"a shifted place":   {func(_ int, x []float64) { x[1] -= datasets.CaptionCell }, false, 48},
		"beyond the grid":   {func(_ int, x []float64) { x[1] += datasets.CaptionCell }, false, 48},
		"one point away":    {func(i int, x []float64) { x[0] += 0.45 * float64(b2i(i == 0)) }, true, 1},
		"a group elsewhere": {func(i int, x []float64) { x[1] -= datasets.CaptionCell * float64(b2i(i%3 == 0)) }, false, 16},
		"a fourth group":    {func(i int, x []float64) { x[1] += 0.9 * float64(b2i(i%3 == 1 && i < 18)) }, false, 6},
		"a bridge": {func(i int, x []float64) {
			if i < 12 && i%3 > 0 {
				copy(x, []float64{-0.5 + 0.14*float64(i/3*2+i%3-1), 2.15})
			}
		}, false, 48},
	} {
		x := exact(fault.move)
		r := RecognizeCaption(x)
		got, ok := r.Caption()
		if (ok && got == asked) != fault.right {
			t.Errorf("%s: read as %q, %v", name, got, ok)
		}
		if rows := r.Violations(x, asked); len(rows) != fault.misfits {
			t.Errorf("%s: misfits %v, want %d", name, rows, fault.misfits)
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
