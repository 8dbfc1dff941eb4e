package autoregressive

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"genlab"
	"genlab/gentest"
)

// blob is N((1, -2), diag(0.5², 1)).
type blob struct{}

func (blob) Sample(n int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		x.SetRow(i, []float64{1 + 0.5*rng.NormFloat64(), -2 + rng.NormFloat64()})
	}
	return x
}

func (blob) LogProb(x mat.Matrix) []float64 {
	n, _ := x.Dims()
	l := make([]float64, n)
	for i := range l {
		l[i] = distuv.Normal{Mu: 1, Sigma: 0.5}.LogProb(x.At(i, 0)) + distuv.Normal{Mu: -2, Sigma: 1}.LogProb(x.At(i, 1))
	}
	return l
}

var blobBox = Box{-2, 4, -8, 4}

func smallPoints() Config {
	c := small()
	c.Base, c.Digits, c.Interleaved, c.EMA, c.Batch, c.LR = 8, 2, true, 0.98, 64, 5e-3
	return c
}

func trainPoints(t *testing.T, c Config) (*Trainer, genlab.Sampler) {
	t.Helper()
	p, err := NewPoints(c, blobBox, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewTrainer(p)
	if err != nil {
		t.Fatal(err)
	}
	return tr, blob{}
}

func shakenPoints(t *testing.T, change func(*Config)) *Points {
	t.Helper()
	c := smallPoints()
	change(&c)
	p, err := NewPoints(c, blobBox, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	shake(p.Model)
	return p
}

// TestCellsSumToOne: the probabilities of all cells, and those of all prefixes of any length.
func TestCellsSumToOne(t *testing.T) {
	for _, c := range []struct {
		base, digits int
		interleaved  bool
	}{{8, 2, true}, {8, 2, false}, {2, 5, true}, {3, 3, false}, {36, 1, true}, {16, 2, true}} {
		p := shakenPoints(t, func(f *Config) { f.Base, f.Digits, f.Interleaved = c.base, c.digits, c.interleaved })
		for digits := 1; digits <= 2*c.digits; digits++ {
			sum := 0.0
			for _, l := range p.prefixes(digits) {
				sum += math.Exp(l)
			}
			if !(math.Abs(sum-1) <= 1e-6) {
				t.Errorf("%+v: the probabilities of %d digits sum to %v", c, digits, sum)
			}
		}
	}
}

// TestPointsAreADistribution: the properties of samplers and densities, with digits in either order.
// The box is the support, so the integral is exact up to the grid's edges within cells.
func TestPointsAreADistribution(t *testing.T) {
	for _, interleaved := range []bool{true, false} {
		p := shakenPoints(t, func(c *Config) { c.Interleaved, c.Base = interleaved, 4 })
		box := gentest.Box{XMin: -2, XMax: 4, YMin: -8, YMax: 4}
		gentest.Sampler(t, p, 2)
		gentest.LogProber(t, p, p.Sample(300, pcg(1, 2)))
		gentest.Density(t, p, box, 1e-3)
		gentest.Agree(t, p, p, box, 50000, pcg(1, 3))
		for digits := 1; digits <= 4; digits++ {
			gentest.Density(t, p.Marginal(digits), box, 1e-3)
		}
	}
}

// TestAfterAllDigitsIsTheDensity.
func TestAfterAllDigitsIsTheDensity(t *testing.T) {
	p := shakenPoints(t, func(*Config) {})
	x := blob{}.Sample(200, pcg(1, 4))
	whole := p.Marginal(4).LogProb(x)
	for i, l := range p.LogProb(x) {
		if l != whole[i] {
			t.Fatalf("row %d: %v and %v", i, l, whole[i])
		}
	}
}

// TestTableAndPrefixesAgree: cells looked up in the table, and evaluated where there would be too
// many for one.
func TestTableAndPrefixesAgree(t *testing.T) {
	p := shakenPoints(t, func(*Config) {})
	x := blob{}.Sample(300, pcg(1, 5))
	codes := make([]int, 300)
	for r := range codes {
		i, j, inside := p.quantizer.cell(x.At(r, 0), x.At(r, 1))
		if !inside {
			t.Fatal("a draw outside the box")
		}
		codes[r] = p.quantizer.code(i, j)
	}
	all := p.prefixes(4)
	table, some := func(code int) float64 { return all[code] }, p.some(codes)
	for _, c := range codes {
		if table(c) != some(c) {
			t.Fatalf("cell %d: %v and %v", c, table(c), some(c))
		}
	}
}

// TestDigitsAreReadAsTheyAreWritten: over all cells, and points at the edges of them.
func TestDigitsAreReadAsTheyAreWritten(t *testing.T) {
	for _, interleaved := range []bool{true, false} {
		p := shakenPoints(t, func(c *Config) { c.Interleaved, c.Base, c.Digits = interleaved, 3, 2 })
		dx, dy := p.CellSize()
		seen := map[int]bool{}
		digits := make([]int, 4)
		for i := range 9 {
			for j := range 9 {
				p.quantizer.encode(digits, i, j)
				if a, b := p.quantizer.decode(digits); a != i || b != j {
					t.Fatalf("cell %d, %d reads as %d, %d", i, j, a, b)
				}
				seen[p.quantizer.code(i, j)] = true
				if a, b, inside := p.quantizer.cell(-2+(float64(i)+0.5)*dx, -8+(float64(j)+0.5)*dy); !inside || a != i || b != j {
					t.Fatalf("the centre of cell %d, %d is in %d, %d", i, j, a, b)
				}
			}
		}
		if len(seen) != 81 {
			t.Errorf("%d numbers for 81 cells", len(seen))
		}
	}
	p := shakenPoints(t, func(c *Config) { c.Interleaved, c.Base, c.Digits = false, 16, 2 })
	if text, err := p.Digits(1, -8); err != nil || text != "8000" {
		t.Errorf("(1, -8) is written %q, %v", text, err)
	}
	if text, err := p.Digits(4, 4); err != nil || text != "ffff" {
		t.Errorf("the upper corner is written %q, %v", text, err)
	}
	if _, err := p.Digits(math.Nextafter(4, 5), 0); err == nil || !strings.Contains(err.Error(), "[-2, 4] × [-8, 4]") {
		t.Errorf("a point beyond the upper edge: %v", err)
	}
}

// TestOutside: no density, a share that counts it, and NaN for no place at all.
func TestOutside(t *testing.T) {
	p := shakenPoints(t, func(*Config) {})
	x := mat.NewDense(5, 2, []float64{0, 0, math.Nextafter(4, 5), 0, -2.001, 0, 0, math.Inf(1), -2, -8})
	l := p.LogProb(x)
	for i, outside := range []bool{false, true, true, true, false} {
		if math.IsInf(l[i], -1) != outside {
			t.Errorf("row %d: log p is %v", i, l[i])
		}
	}
	if got := p.FractionOutside(x); got != 3.0/5 {
		t.Errorf("a share of %v is outside", got)
	}
	if l := p.LogProb(mat.NewDense(1, 2, []float64{math.NaN(), 0})); !math.IsNaN(l[0]) {
		t.Errorf("log p of NaN is %v", l[0])
	}
}

// TestPointsLearn: the KL falls from that of an even box to little more than the cells' price,
// which is bin²/(24 σ²) an axis.
func TestPointsLearn(t *testing.T) {
	c := smallPoints()
	c.Steps, c.Hidden, c.Batch, c.Base = 700, 32, 128, 6
	tr, data := trainPoints(t, c)
	x := blob{}.Sample(4000, pcg(1, 6))
	kl := func(q genlab.LogProber) float64 {
		sum := 0.0
		lq := q.LogProb(x)
		for i, l := range (blob{}).LogProb(x) {
			sum += (l - lq[i]) / 4000
		}
		return sum
	}
	learn(t, tr, data, c.Steps, pcg(1, 7))
	p := tr.Average().(*Points)
	dx, dy := p.CellSize()
	price := dx*dx/(24*0.5*0.5) + dy*dy/24
	if got := stat.Mean(p.DiscretizationGap(blob{}, x), nil); !(math.Abs(got-price) <= 0.05*price) {
		t.Errorf("the cells cost %v nats, want %v", got, price)
	}
	if got := kl(p); got > price+0.06 {
		t.Errorf("KL %v, of which the cells cost %v", got, price)
	}
}

// uniform on [0, 3) x [-1, 1).
type uniform struct{}

func (uniform) Sample(n int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		x.SetRow(i, []float64{3 * rng.Float64(), 2*rng.Float64() - 1})
	}
	return x
}

// TestFitBox: edges of a distribution are found as they are, tails get room for 5 standard deviations.
func TestFitBox(t *testing.T) {
	for seed := range uint64(20) {
		b, err := FitBox(uniform{}.Sample(50000, pcg(seed, 1)))
		if err != nil || b != (Box{0, 3, -1, 1}) {
			t.Errorf("seed %d: a uniform distribution's box is %v (%v)", seed, b, err)
		}
		b, err = FitBox(blob{}.Sample(50000, pcg(seed, 2)))
		if err != nil || !(b.XMin < 1-5*0.5 && b.XMax > 1+5*0.5 && b.YMin < -2-5 && b.YMax > -2+5) ||
			b.XMax-b.XMin > 20*0.5 || b.YMax-b.YMin > 20 {
			t.Errorf("seed %d: a Gaussian's box is %v (%v)", seed, b, err)
		}
	}
	if _, err := FitBox(mat.NewDense(3, 2, []float64{1, 2, 2, 2, 3, 2})); err == nil || !strings.Contains(err.Error(), "column 2") {
		t.Errorf("a flat axis: %v", err)
	}
	if b, err := FitBox(mat.NewDense(2, 2, []float64{0, 5, 1, 7})); err != nil || !(b.XMin < 0 && b.XMax > 1 && b.YMin < 5 && b.YMax > 7) {
		t.Errorf("two points: %v, %v", b, err)
	}
}

func TestBoxAsText(t *testing.T) {
	for text, want := range map[string]Box{"auto": {}, "-4,4,0,0.5": {-4, 4, 0, 0.5}, " 1, 2 ,3,4e2": {1, 2, 3, 400}} {
		var b Box
		if err := b.UnmarshalText([]byte(text)); err != nil || b != want {
			t.Errorf("%q: %v, %v", text, b, err)
		}
		again, _ := b.MarshalText()
		var c Box
		if err := c.UnmarshalText(again); err != nil || c != b {
			t.Errorf("%q comes back as %v, %v", again, c, err)
		}
	}
	for _, text := range []string{"", "1,2,3", "1,2,3,x", "2,1,0,1", "0,0,0,0", "0,1,0,inf", "0,1,0,nan", "1,2,3,4,5"} {
		if err := new(Box).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is a box", text)
		}
	}
}

func ExamplePoints_Digits() {
	p, err := NewPoints(DefaultConfig(), Box{-4, 4, -4, 4}, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		panic(err)
	}
	for _, x := range [][2]float64{{-4, -4}, {0, 0}, {3.99, 0.01}} {
		digits, _ := p.Digits(x[0], x[1])
		fmt.Println(digits)
	}
	// Output:
	// 0000
	// gg00
	// vgu1
}

// TestFarOut: -Inf outside the box.
func TestFarOut(t *testing.T) {
	p := shakenPoints(t, func(*Config) {})
	gentest.FarPoints(t, 2, 1e-9, p.LogProb)
	gentest.FarPoints(t, 2, 1e-9, p.Marginal(2).LogProb)
}
