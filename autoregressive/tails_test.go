package autoregressive

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/gentest"
	"genlab/metrics"
)

// TestUpperEdge: points on the edges of the box are inside, in the outermost cells, so that shares of a
// whole have a finite likelihood.
func TestUpperEdge(t *testing.T) {
	p, err := NewPoints(smallPoints(), Box{0, 1, 0, 1}, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	shake(p.Model)
	shares := []float64{0, .25, .5, .75, 1}
	for _, x := range shares {
		for _, y := range shares {
			in := [2]float64{min(x, 0.999), min(y, 0.999)} // of the same cell
			l := p.LogProb(mat.NewDense(2, 2, []float64{x, y, in[0], in[1]}))
			if math.IsInf(l[0], 0) || l[0] != l[1] {
				t.Errorf("log p(%v, %v) is %v, that of its cell %v", x, y, l[0], l[1])
			}
		}
	}
	if f := p.FractionOutside(mat.NewDense(3, 2, []float64{1, 1, 0, 0, 1, math.Nextafter(1, 2)})); f != 1./3 {
		t.Errorf("a fraction of %v is outside", f)
	}
}

// TestBulkIsTheBox for every distribution of the laboratory, and on the axis without an outlier.
func TestBulkIsTheBox(t *testing.T) {
	for _, ds := range datasets.All() {
		for seed := range uint64(3) {
			x := ds.Sampler.Sample(20000, pcg(seed, 1))
			box, err := FitBox(x)
			if err != nil {
				t.Fatal(err)
			}
			if bulk := Bulk(x, box); bulk != box {
				t.Errorf("%s: the bulk of %v is %v", ds.Name, box, bulk)
			}
		}
	}
	x := datasets.Moons(0.1).Sampler.Sample(4000, pcg(1, 1))
	x.SetRow(17, []float64{1e4, 0})
	box, err := FitBox(x)
	if err != nil {
		t.Fatal(err)
	}
	bulk := Bulk(x, box)
	if bulk.YMin != box.YMin || bulk.YMax != box.YMax || !(box.XMax > 1e4) || !(bulk.XMax > 2 && bulk.XMax < 4) || !(bulk.XMin > -4 && bulk.XMin < -1) {
		t.Errorf("box %v, bulk %v", box, bulk)
	}
	for i := range 4000 { // a column of ties has no middle
		x.Set(i, 0, 1)
	}
	x.Set(0, 0, 1e4)
	if box, err = FitBox(x); err != nil || Bulk(x, box) != box {
		t.Errorf("ties: %v, %v, %v", box, Bulk(x, box), err)
	}
}

// tailed has outliers above on the first axis and on both sides on the second.
func tailed(t *testing.T, change func(*Config)) *Points {
	t.Helper()
	c := smallPoints()
	change(&c)
	p, err := NewPointsWithTails(c, Box{-2, 1e6, -1e300, 50}, Box{-2, 4, -8, 4}, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	shake(p.Model)
	return p
}

// TestTailsAreADensity: the bins of an axis cover it without gaps and have their own points, the cells'
// densities times their areas sum to 1, and samples have the cells' probabilities.
func TestTailsAreADensity(t *testing.T) {
	for _, c := range []struct{ base, digits int }{{8, 2}, {2, 3}, {2, 7}, {3, 1}, {36, 1}} {
		p := tailed(t, func(f *Config) { f.Base, f.Digits = c.base, c.digits })
		q, n := &p.quantizer, p.Bins()
		for _, a := range []axis{q.x, q.y} {
			end := a.at(0, 0)
			for k := range n {
				lo, hi := a.at(k, 0), a.at(k, 1)
				if !(hi > lo) || !(math.Abs(lo-end) <= 1e-12*math.Max(math.Abs(end), 1)) || a.bin(a.at(k, 0.5)) != k ||
					!(math.Abs(a.width(k)-(hi-lo)) <= 1e-9*(hi-lo)) {
					t.Fatalf("%+v: bin %d from %v to %v, width %v, after %v; its centre is in %d", c, k, lo, hi, a.width(k), end, a.bin(a.at(k, 0.5)))
				}
				end = hi
			}
		}
		if box := p.Box(); q.x.at(0, 0) != box.XMin || q.x.at(n-1, 1) != box.XMax || q.y.at(0, 0) != box.YMin || n >= leastBins && q.y.at(n-1, 1) != box.YMax {
			t.Errorf("%+v: the cells do not end with the box", c)
		}
		x, areas := mat.NewDense(n*n, 2, nil), make([]float64, n*n)
		for r := range n * n {
			x.SetRow(r, []float64{q.x.at(r/n, 0.3), q.y.at(r%n, 0.7)})
			areas[r] = math.Log(q.x.width(r/n)) + math.Log(q.y.width(r%n))
		}
		for name, lp := range map[string]genlab.LogProber{"all digits": p, "one digit": p.Marginal(1)} {
			sum := 0.0
			for r, l := range lp.LogProb(x) {
				sum += math.Exp(l + areas[r])
			}
			if !(math.Abs(sum-1) <= 1e-5) {
				t.Errorf("%+v, %s: the density integrates to %v", c, name, sum)
			}
		}
	}
	p := tailed(t, func(*Config) {})
	gentest.LogProber(t, p, p.Sample(300, pcg(1, 2)))
	const draws = 50000
	counts := map[int]float64{}
	x := p.Sample(draws, pcg(1, 3))
	for r, l := range p.LogProb(x) {
		i, j, inside := p.quantizer.cell(x.At(r, 0), x.At(r, 1))
		if !inside || math.IsInf(l, 0) {
			t.Fatalf("the sample %v is outside", x.RawRowView(r))
		}
		counts[p.quantizer.code(i, j)]++
	}
	var chi2, cells float64
	for code, l := range p.prefixes(4) {
		if want := draws * math.Exp(l); want > 5 {
			chi2 += (counts[code] - want) * (counts[code] - want) / want
			cells++
		}
	}
	if chi2 > cells+5*math.Sqrt(2*cells) { // 5 standard errors
		t.Errorf("χ² is %v over %v cells", chi2, cells)
	}
}

// TestTailsSurviveACheckpoint, and a box without them is saved as it was, whatever its units.
func TestTailsSurviveACheckpoint(t *testing.T) {
	for _, c := range []struct {
		box, bulk Box
		tensors   int
	}{
		{blobBox, blobBox, 1}, {Box{0.1, 0.7, -0.3, 1e5}, Box{0.1, 0.7, -0.3, 1e5}, 1},
		{blobBox, Box{-1, 0.1, -8, 4}, 2},
		{Box{-1e-46, 3e-46, 1e40, 1e41}, Box{-1e-46, 3e-46, 1e40, 1e41}, 2},
		{Box{-1e-30, 2e39, -1, 1.1}, Box{-1e-30, 1e3, -1, 1.1}, 3},
	} {
		p, err := NewPointsWithTails(smallPoints(), c.box, c.bulk, pcg(1, 1))
		if err != nil {
			t.Fatal(err)
		}
		tr, err := NewTrainer(p)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Fixed(); len(got) != c.tensors {
			t.Errorf("%v has %d tensors, want %d", c.box, len(got), c.tensors)
		}
		loaded, err := Load(smallPoints(), tr.State())
		if err != nil {
			t.Fatal(err)
		}
		if q := loaded.(*Points); q.Box() != c.box || q.Bulk() != c.bulk || fmt.Sprint(q.quantizer) != fmt.Sprint(p.quantizer) {
			t.Errorf("%v, %v come back as %v, %v", c.box, c.bulk, q.Box(), q.Bulk())
		}
	}
	if _, err := NewPointsWithTails(smallPoints(), blobBox, Box{-3, 4, -8, 4}, pcg(1, 1)); err == nil {
		t.Error("a bulk beyond the box")
	}
}

// rows are points drawn with replacement.
type rows struct{ x *mat.Dense }

func (r rows) Sample(n int, rng *rand.Rand) *mat.Dense {
	all, d := r.x.Dims()
	x := mat.NewDense(n, d, nil)
	for i := range n {
		x.SetRow(i, r.x.RawRowView(rng.IntN(all)))
	}
	return x
}

// TestOutliersCostLittle: with a row in two hundred at (1e4, 0), the likelihood of the others is
// little worse and samples are as near to them, and the outliers have their share.
func TestOutliersCostLittle(t *testing.T) {
	moons := datasets.Moons(0.1)
	train, test := moons.Sampler.Sample(4000, pcg(1, 1)), moons.Sampler.Sample(4000, pcg(1, 2))
	fit := func(x *mat.Dense) *Points {
		t.Helper()
		box, err := FitBox(x)
		if err != nil {
			t.Fatal(err)
		}
		c := smallPoints()
		c.Base, c.Steps, c.Hidden, c.Batch = 16, 800, 32, 128
		p, err := NewPointsWithTails(c, box, Bulk(x, box), pcg(1, 3))
		if err != nil {
			t.Fatal(err)
		}
		tr, err := NewTrainer(p)
		if err != nil {
			t.Fatal(err)
		}
		learn(t, tr, rows{x}, c.Steps, pcg(1, 4))
		return tr.Average().(*Points)
	}
	clean := fit(train)
	spoilt := mat.DenseCopyOf(train)
	for i := range 20 {
		spoilt.SetRow(i*200, []float64{1e4, 0})
	}
	p := fit(spoilt)

	const share = 20. / 4000
	var before, after float64
	l, m := clean.LogProb(test), p.LogProb(test)
	inside := 0.0
	for i := range l {
		if !math.IsInf(l[i], 0) && !math.IsInf(m[i], 0) {
			before, after, inside = before-l[i], after-m[i], inside+1
		}
	}
	if before, after = before/inside, after/inside; inside < 3990 { // FitBox leaves no room for all
		t.Errorf("%v of 4000 rows are inside the boxes", inside)
	}
	if !(after < before-math.Log(1-share)+0.1) {
		t.Errorf("NLL %v, without outliers %v", after, before)
	}
	x := p.Sample(8000, pcg(1, 5))
	var near []float64
	far, own := 0, 0 // own: in the outliers' bin
	for r := range 8000 {
		row := x.RawRowView(r)
		if row[0] < 4 {
			near = append(near, row...)
		} else if far++; p.quantizer.x.bin(row[0]) == p.quantizer.x.bin(1e4) {
			own++
		}
	}
	if got := float64(own) / 8000; !(math.Abs(got-share) < 5*math.Sqrt(share/8000)) || far-own > 20 { // 5 standard errors
		t.Errorf("a share of %v are with the outliers, want %v, and %d between", got, share, far-own)
	}
	distance := func(y *mat.Dense) float64 { return metrics.EnergyDistance(y, test).Value }
	e, want := distance(mat.NewDense(len(near)/2, 2, near)), distance(clean.Sample(8000, pcg(1, 7)))
	t.Logf("NLL %.3f and %.3f, energy distance %.4f and %.4f, outliers %d, between %d", before, after, want, e, own, far-own)
	if !(e < want+0.01) {
		t.Errorf("energy distance %v, without outliers %v", e, want)
	}
}
