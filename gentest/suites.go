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

// sigmas is the tolerance of every statistical law, in standard errors: with a fixed seed,
// the chance that a correct law was given an unlucky one is 6e-7 for each comparison.
const sigmas = 5

// Rand returns a generator for tests, the same for the same seed.
func Rand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x67656e6c6162)) }

// Sampler checks that s gives n rows of d finite numbers, the same rows for the same
// generator and other rows for another, one row where one is asked for, and that it panics
// on n < 1.
func Sampler(t testing.TB, s genlab.Sampler, d int) {
	t.Helper()
	const n = 257 // not a multiple of any block a sampler may work in
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
		t.Error("the same generator gave other rows: something else than rng is random")
	}
	if b := s.Sample(n, Rand(2)); mat.Equal(a, b) {
		t.Error("another generator gave the same rows: rng is not used")
	}
	rng := Rand(1)
	s.Sample(n, rng)
	if b := s.Sample(n, rng); mat.Equal(a, b) {
		t.Error("a second draw from one generator repeats the first: rng is not advanced")
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

// LogProber checks, on the rows of x (n x d, n >= 2, not all of one density), that lp returns
// one value for each row, no NaN and no +Inf, in the order of the rows and whatever the other
// rows are; that it leaves x as it was; that any mat.Matrix will do; and that the panic on a
// wrong width names both numbers.
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

	// Batched arithmetic may differ in the last digits between shapes.
	same := func(a, b float64) bool { return a == b || math.Abs(a-b) <= 1e-9*(1+math.Abs(b)) }
	compare := func(what string, got, want []float64) {
		t.Helper()
		if !slices.EqualFunc(got, want, same) {
			t.Errorf("%s: LogProb differs", what)
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

// Density checks that exp(log p) integrates to 1 over box, to tol. The box must hold all but
// tol of the mass. A density stated without the Jacobian of a scaling fails here.
func Density(t testing.TB, lp genlab.LogProber, box Box, tol float64) {
	t.Helper()
	if z := Integrate(density(lp), box, tol); !(math.Abs(z-1) <= tol) {
		t.Errorf("the density integrates to %.8g over %v, want 1 ± %g", z, box, tol)
	}
}

// Agree checks that n draws of s fall into the cells of box as lp says, by Pearson's χ² over
// the cells that expect 10 draws or more, all else (the outside of the box too) in one bin.
// The tail probability demanded is that of five standard errors of a normal variable.
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
		t.Fatalf("only %d cells of %v expect 10 of %d draws: too few to compare", bins, box, n)
	}
	if restExpected >= 10 {
		chi2 += (restObserved - restExpected) * (restObserved - restExpected) / restExpected
		bins++
	} else if restObserved > 10+sigmas*math.Sqrt(10) {
		t.Errorf("%g of %d draws fall where the density expects %.2g", restObserved, n, restExpected)
	}
	p := distuv.ChiSquared{K: float64(bins - 1)}.Survival(chi2)
	if limit := distuv.UnitNormal.Survival(sigmas); !(p > limit) {
		t.Errorf("%d draws do not follow the density: χ² = %.1f on %d bins, tail probability %.1g < %.1g",
			n, chi2, bins, p, limit)
	}
}

// Entropy checks that the mean of −log p over n draws of s is h (nats) within five standard
// errors, plus slack for the accuracy to which h is stated.
func Entropy(t testing.TB, s genlab.Sampler, lp genlab.LogProber, h, slack float64, n int, rng *rand.Rand) {
	t.Helper()
	l := lp.LogProb(s.Sample(n, rng))
	mean, sd := stat.MeanStdDev(l, nil)
	se := stat.StdErr(sd, float64(n))
	if !(math.Abs(-mean-h) <= sigmas*se+slack) {
		t.Errorf("entropy %.6g, want −E[log p] = %.6g ± %.2g (n = %d)", h, -mean, sigmas*se+slack, n)
	}
}

// Labelled is a sampler that tells the part each row came from.
type Labelled interface {
	genlab.Sampler
	SampleLabelled(n int, rng *rand.Rand) (x *mat.Dense, labels []int)
}

// Labels checks a law with parts: Sample and SampleLabelled draw the same rows, part k has
// the share weights[k] of n draws within five standard errors, and for at least the fraction
// agree of each part's draws, nearest (the mode a point belongs to) is the part. Parts
// overlap, so agree is below 1; labels that mean something else agree by chance alone.
func Labels(t testing.TB, s Labelled, weights []float64, nearest func(x, y float64) int, agree float64, n int, rng *rand.Rand) {
	t.Helper()
	if x, _ := s.SampleLabelled(n, Rand(1)); !mat.Equal(x, s.Sample(n, Rand(1))) {
		t.Error("Sample and SampleLabelled draw other rows from the same generator")
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
		if se := math.Sqrt(float64(n) * w * (1 - w)); math.Abs(count[k]-w*float64(n)) > sigmas*se {
			t.Errorf("part %d has %g of %d draws, want %.0f ± %.0f", k, count[k], n, w*float64(n), sigmas*se)
		}
		if right[k] < agree*count[k] {
			t.Errorf("of %g draws labelled %d only %g lie nearest to mode %d, want %.0f %%", count[k], k, right[k], k, 100*agree)
		}
	}
}

// message returns what f panics with, "" where it does not.
func message(f func()) (msg string) {
	defer func() {
		if r := recover(); r != nil {
			msg = fmt.Sprint(r)
		}
	}()
	f()
	return ""
}
