package metrics

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// grid is a side x side lattice of Gaussian blobs, a unit apart.
type grid struct{ side int }

const (
	blobSigma = 0.05
	ceiling   = 0.9888910034617577 // 1 - exp(-4.5)
)

func (g grid) Len() int { return g.side * g.side }

func (g grid) Nearest(x, y float64) (int, bool) {
	last := float64(g.side - 1)
	i, j := max(0, min(last, math.Round(x))), max(0, min(last, math.Round(y)))
	return int(j)*g.side + int(i), math.Hypot(x-i, y-j) <= 3*blobSigma
}

// sample draws n points; a share extra of them, beyond its due, from mode 0.
func (g grid) sample(n int, extra float64, seed uint64) *mat.Dense {
	rng := random(seed)
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		k := rng.IntN(g.Len())
		if rng.Float64() < extra {
			k = 0
		}
		x.Set(i, 0, float64(k%g.side)+blobSigma*rng.NormFloat64())
		x.Set(i, 1, float64(k/g.side)+blobSigma*rng.NormFloat64())
	}
	return x
}

// Six samples on a 2 x 2 lattice with a ceiling of 0.9: three on mode 0, one on mode 1, one off,
// one not a number. Expected: .225 each and .1 off; shares 3/6, 1/6, 0, 0 and 2/6.
func TestModesByHand(t *testing.T) {
	x := mat.NewDense(6, 2, []float64{0, 0, 0, .1, .1, 0, 1, 0, .5, .5, math.NaN(), 0})
	r := Modes(x, grid{2}, nil, 0.9)
	if r.Total != 4 || r.Hit.Value != 2 || r.Covered.Value != 2 {
		t.Errorf("total %d, hit %v, covered %v", r.Total, r.Hit.Value, r.Covered.Value)
	}
	near(t, "high quality", r.HighQuality.Value, 4./6, 1e-15)
	near(t, "its error", r.HighQuality.SE, math.Sqrt(4./6*2/6/6), 1e-15)
	near(t, "TV", r.TV.Value, ((3./6-.225)+(.225-1./6)+.225+.225+(2./6-.1))/2, 1e-15)
	if r.TV.NonFinite != 1 || r.TV.N != 6 {
		t.Errorf("NonFinite %d, N %d", r.TV.NonFinite, r.TV.N)
	}
}

func TestModesCountsThePapersWay(t *testing.T) {
	// Mode 3 is met only after the first 2500 samples, and with less than 1 % of its due 250.
	x := mat.NewDense(10000, 2, nil)
	for i := range 10000 {
		if i >= 5000 {
			x.Set(i, 0, 1)
		}
	}
	x.Set(9999, 1, 1) // (1, 1)
	r := Modes(x, grid{2}, []float64{.4, .4, .1, .1}, 1)
	if r.Hit.Value != 1 || r.Hit.N != 2500 || r.Covered.Value != 2 || r.Covered.N != 10000 {
		t.Errorf("hit %+v, covered %+v", r.Hit, r.Covered)
	}
	near(t, "TV", r.TV.Value, .1999, 1e-12) // .1 + .0999 + .1 + .0999, halved
}

// With counts of their due mean p n, TV is about ½ Σ √(2p(1-p)/(πn)) for a sample of the truth:
// .0199 for 25 modes and .0109 for 8 or 9 at n = 10,000.
func TestModesOfTheTruth(t *testing.T) {
	const n = 10000
	for _, side := range []int{3, 5} {
		g := grid{side}
		r := Modes(g.sample(n, 0, 1), g, nil, ceiling)
		want := 0.0
		for _, p := range expectedMass(nil, g.Len(), ceiling) {
			want += math.Sqrt(2*p*(1-p)/(math.Pi*n)) / 2
		}
		near(t, "TV", r.TV.Value, want, 4*r.TV.SE)                                // 4 standard errors
		near(t, "high quality", r.HighQuality.Value, ceiling, 4*r.HighQuality.SE) // 4 standard errors
		if r.Hit.Value != float64(g.Len()) || r.Covered.Value != float64(g.Len()) {
			t.Errorf("hit %v, covered %v of %d", r.Hit.Value, r.Covered.Value, g.Len())
		}
	}
}

func TestModeErrorsAreHonest(t *testing.T) {
	g := grid{5}
	for _, extra := range []float64{0, .05, .3} {
		seed := uint64(0)
		calibrate(300, func() Estimate {
			seed++
			return Modes(g.sample(1000, extra, seed), g, nil, ceiling).TV
		}).honest(t, .8, 1.25)
	}
	// 150 samples over 25 modes leave one untouched now and then. The error is conservative there:
	// a mode of few samples might have been one of fewer.
	seed := uint64(0)
	calibrate(400, func() Estimate {
		seed++
		return Modes(g.sample(150, .4, seed), g, nil, ceiling).Hit
	}).honest(t, .8, 1.7)
}

func TestModesWithoutACeiling(t *testing.T) {
	r := Modes(grid{3}.sample(500, 0, 1), grid{3}, nil, math.NaN())
	if !math.IsNaN(r.TV.Value) || r.Covered.Value != 9 || r.HighQuality.Value < .9 {
		t.Errorf("%+v", r)
	}
}

func TestModesMisuse(t *testing.T) {
	x := mat.NewDense(4, 2, nil)
	panics(t, func() { Modes(mat.NewDense(4, 3, nil), grid{2}, nil, 1) }, "3 columns", "want 2")
	panics(t, func() { Modes(x, grid{2}, []float64{1}, 1) }, "1 weights", "4 modes")
	panics(t, func() { Modes(x, grid{1}, []float64{2}, 1) }, "sum to 2")
	panics(t, func() { Modes(x, grid{0}, nil, 1) }, "0 modes")
	panics(t, func() { Modes(x, grid{2}, nil, 98.889) }, "98.889")
}
