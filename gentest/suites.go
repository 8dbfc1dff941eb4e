package gentest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"genlab"
)

// sigmas is the tolerance of every statistical check, in standard errors: the false-positive rate is
// 6e-7 a comparison.
const sigmas = 5

// Rand returns a random number generator for tests.
func Rand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x67656e6c6162)) }

// Sampler checks that s returns n rows of d finite numbers for n = 257 and n = 1, that the rows depend
// on the state of the generator and on nothing else, and that s panics for n < 1.
func Sampler(t testing.TB, s genlab.Sampler, d int) {
	t.Helper()
	const n = 257 // not a multiple of a likely block size
	a := s.Sample(n, Rand(1))
	if r, c := a.Dims(); r != n || c != d {
		t.Fatalf("Sample(%d) is %d x %d, want %d x %d", n, r, c, n, d)
	}
	for i := range n {
		for j, v := range a.RawRowView(i) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("Sample(%d): row %d, column %d is %g", n, i, j, v)
			}
		}
	}
	if b := s.Sample(n, Rand(1)); !mat.Equal(a, b) {
		t.Error("equal generators gave different rows: there is another source of randomness")
	}
	if b := s.Sample(n, Rand(2)); mat.Equal(a, b) {
		t.Error("different generators gave equal rows: rng is not used")
	}
	rng := Rand(1)
	s.Sample(n, rng)
	if b := s.Sample(n, rng); mat.Equal(a, b) {
		t.Error("two calls with one generator gave equal rows: rng is not advanced")
	}
	if r, c := s.Sample(1, Rand(1)).Dims(); r != 1 || c != d {
		t.Errorf("Sample(1) is %d x %d, want 1 x %d", r, c, d)
	}
	for _, n := range []int{0, -1} {
		if message(func() { s.Sample(n, Rand(1)) }) == "" {
			t.Errorf("Sample(%d) does not panic", n)
		}
	}
}

// FarPoints checks that logp, a log density or a bound of points of d coordinates, is -Inf or a number,
// never NaN or +Inf, from 1e7 to infinity on either side; that it is NaN for a point with a NaN; and that
// the value at the origin, before, between and behind all these, is within tolerance of its value alone.
func FarPoints(t testing.TB, d int, tolerance float64, logp func(x mat.Matrix) []float64) {
	t.Helper()
	far := []float64{1e7, -1e7, 1e20, 1e38, -1e38, 1e39, 1e200, -1e308, math.Inf(1), math.Inf(-1), math.NaN()}
	const rows = 3 // for each: near in the other coordinates, far in all of them, and the origin
	x := mat.NewDense(1+rows*len(far), d, nil)
	for i, v := range far {
		x.Set(1+rows*i, i%d, v)
		for j := range d {
			x.Set(2+rows*i, j, v)
		}
	}
	got, alone := logp(x), logp(x.Slice(0, 1, 0, d))[0]
	for i, v := range got {
		switch row := x.RawRowView(i); {
		case i%rows == 0:
			if v != alone && !(math.Abs(v-alone) <= tolerance) {
				t.Errorf("the log density at the origin is %v, and %v in row %d beside far points", alone, v, i)
			}
		case floats.HasNaN(row):
			if !math.IsNaN(v) {
				t.Errorf("the log density of a NaN is %v", v)
			}
		case math.IsNaN(v) || math.IsInf(v, 1):
			t.Errorf("the log density at %v is %v", row, v)
		}
	}
}

// LogProber checks on the rows of x (n x d, n >= 2, with different densities) that lp returns one value
// a row, never NaN or +Inf, independent of the other rows and of the layout of the matrix; that it does
// not change x; and that it panics on another width with a message that names both widths.
func LogProber(t testing.TB, lp genlab.LogProber, x *mat.Dense) {
	t.Helper()
	n, d := x.Dims()
	before := mat.DenseCopyOf(x)
	want := lp.LogProb(x)
	if len(want) != n {
		t.Fatalf("LogProb of %d rows returned %d values", n, len(want))
	}
	for i, v := range want {
		if math.IsNaN(v) || math.IsInf(v, 1) {
			t.Errorf("LogProb of row %d, %v, is %g", i, x.RawRowView(i), v)
		}
	}
	if !mat.Equal(x, before) {
		t.Error("LogProb changed its argument")
	}

	// Batched arithmetic may depend on the shape in the last digits.
	same := func(a, b float64) bool { return a == b || math.Abs(a-b) <= 1e-9*(1+math.Abs(b)) }
	compare := func(what string, got, want []float64) {
		t.Helper()
		if !slices.EqualFunc(got, want, same) {
			t.Errorf("%s: LogProb returns other values", what)
		}
	}
	reversed := mat.NewDense(n, d, nil)
	backwards := make([]float64, n)
	for i := range n {
		reversed.SetRow(i, x.RawRowView(n-1-i))
		backwards[i] = want[n-1-i]
	}
	compare("rows in reverse order", lp.LogProb(reversed), backwards)
	compare("a single row", lp.LogProb(x.Slice(0, 1, 0, d)), want[:1])
	compare("a transposed view", lp.LogProb(mat.DenseCopyOf(x.T()).T()), want)
	wide := mat.NewDense(n, d+2, nil)
	wide.Slice(0, n, 1, d+1).(*mat.Dense).Copy(x)
	compare("a view with a stride", lp.LogProb(wide.Slice(0, n, 1, d+1)), want)

	for _, width := range []int{d - 1, d + 1} {
		if width < 1 {
			continue
		}
		msg := message(func() { lp.LogProb(mat.NewDense(n, width, nil)) })
		if !strings.Contains(msg, fmt.Sprint(width)) || !strings.Contains(msg, fmt.Sprint(d)) {
			t.Errorf("LogProb of %d columns: the panic %q does not name both %d and %d", width, msg, width, d)
		}
	}
}

// Density checks that exp(log p) integrates to 1 ± tol over box, which must contain all but tol of the
// mass. It detects a missing Jacobian.
func Density(t testing.TB, lp genlab.LogProber, box Box, tol float64) {
	t.Helper()
	if z := Integrate(density(lp), box, tol); !(math.Abs(z-1) <= tol) {
		t.Errorf("the density integrates to %.8g over %v, want 1 ± %g", z, box, tol)
	}
}

// Agree checks that n samples of s follow the density lp, by Pearson's χ² test on a grid of [Grid] x
// Grid cells of box. Cells with fewer than 10 expected samples and the outside of the box form one
// bin. It fails if the p-value is below that of five standard errors, and if fewer than 5 cells expect
// 10 samples.
func Agree(t testing.TB, s genlab.Sampler, lp genlab.LogProber, box Box, n int, rng *rand.Rand) {
	t.Helper()
	expected := Masses(lp, box, 1e-3)
	floats.Scale(float64(n), expected)
	observed := make([]float64, Grid*Grid)
	x := s.Sample(n, rng)
	inside := 0.0
	for i := range n {
		r := x.RawRowView(i)
		cx := math.Floor((r[0] - box.XMin) / (box.XMax - box.XMin) * Grid)
		cy := math.Floor((r[1] - box.YMin) / (box.YMax - box.YMin) * Grid)
		if cx >= 0 && cx < Grid && cy >= 0 && cy < Grid {
			observed[int(cx)*Grid+int(cy)]++
			inside++
		}
	}
	chi2, bins := 0.0, 0
	restExpected, restObserved := float64(n)-floats.Sum(expected), float64(n)-inside
	for i, e := range expected {
		if e >= 10 {
			chi2 += (observed[i] - e) * (observed[i] - e) / e
			bins++
			continue
		}
		restExpected += e
		restObserved += observed[i]
	}
	if bins < 5 {
		t.Fatalf("only %d cells of %v expect 10 of %d samples: too few to compare", bins, box, n)
	}
	if restExpected >= 10 {
		chi2 += (restObserved - restExpected) * (restObserved - restExpected) / restExpected
		bins++
	} else if restObserved > 10+sigmas*math.Sqrt(10) {
		t.Errorf("%g of %d samples are where the density expects %.2g", restObserved, n, restExpected)
	}
	p := distuv.ChiSquared{K: float64(bins - 1)}.Survival(chi2)
	if limit := distuv.UnitNormal.Survival(sigmas); !(p > limit) {
		t.Errorf("%d samples do not follow the density: χ² = %.1f on %d bins, p-value %.1g < %.1g",
			n, chi2, bins, p, limit)
	}
}

// Entropy checks that the mean of −log p over n samples of s is h (nats) within five standard errors,
// plus slack for the accuracy of h.
func Entropy(t testing.TB, s genlab.Sampler, lp genlab.LogProber, h, slack float64, n int, rng *rand.Rand) {
	t.Helper()
	l := lp.LogProb(s.Sample(n, rng))
	mean, sd := stat.MeanStdDev(l, nil)
	se := stat.StdErr(sd, float64(n))
	if !(math.Abs(-mean-h) <= sigmas*se+slack) {
		t.Errorf("entropy %.6g, want −E[log p] = %.6g ± %.2g (n = %d)", h, -mean, sigmas*se+slack, n)
	}
}

// Labelled is a sampler that also returns the component of each row, from 0.
type Labelled interface {
	genlab.Sampler
	SampleLabelled(n int, rng *rand.Rand) (x *mat.Dense, labels []int)
}

// Labels checks a distribution with components: Sample and SampleLabelled return the same rows for the
// same generator, component k has weights[k] of n samples within five standard errors, and nearest,
// the mode of a point, is its component for at least the fraction agree of each component's samples
// (below 1 where components overlap).
func Labels(t testing.TB, s Labelled, weights []float64, nearest func(x, y float64) int, agree float64, n int, rng *rand.Rand) {
	t.Helper()
	if x, _ := s.SampleLabelled(n, Rand(1)); !mat.Equal(x, s.Sample(n, Rand(1))) {
		t.Error("Sample and SampleLabelled return different rows for the same generator")
	}
	x, labels := s.SampleLabelled(n, rng)
	if len(labels) != n {
		t.Fatalf("%d labels for %d rows", len(labels), n)
	}
	count, right := make([]float64, len(weights)), make([]float64, len(weights))
	for i, k := range labels {
		if k < 0 || k >= len(weights) {
			t.Fatalf("row %d has the label %d, want 0 to %d", i, k, len(weights)-1)
		}
		count[k]++
		if r := x.RawRowView(i); nearest(r[0], r[1]) == k {
			right[k]++
		}
	}
	for k, w := range weights {
		if se := math.Sqrt(float64(n) * w * (1 - w)); !(math.Abs(count[k]-w*float64(n)) <= sigmas*se) {
			t.Errorf("component %d has %g of %d samples, want %.0f ± %.0f", k, count[k], n, w*float64(n), sigmas*se)
		}
		if right[k] < agree*count[k] {
			t.Errorf("of %g samples with label %d only %g are nearest to mode %d, want %.0f %%", count[k], k, right[k], k, 100*agree)
		}
	}
}

// message returns the value that f panics with, "" if it does not.
func message(f func()) (msg string) {
	defer func() {
		if r := recover(); r != nil {
			msg = fmt.Sprint(r)
		}
	}()
	f()
	return ""
}
