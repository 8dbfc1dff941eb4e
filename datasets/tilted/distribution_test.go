package tilted

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab"
	"genlab/datasets"
)

// overlapping is mixtures of which the posterior of a label is neither 0 nor 1 over wide regions.
func overlapping(t *testing.T) []*datasets.Dataset {
	circles, err := datasets.ByName("circles")
	if err != nil {
		t.Fatal(err)
	}
	two := *circles // its box
	two.Name, two.Labels, two.HighQuality = "two", []string{"left", "right"}, math.NaN()
	m := &datasets.Mixture{Centres: [][2]float64{{-1, 0}, {1, 0}}, Sigma: 0.8}
	two.Sampler, two.Density, two.Modes = m, m, m
	return []*datasets.Dataset{&two, circles, datasets.Moons(0.3)}
}

// TestPosterior: averaged over samples of the distribution, the posterior of a label is its share; components average
// to the density; and the true label is the likeliest as often as its posterior says, within 4 standard errors.
func TestPosterior(t *testing.T) {
	for _, d := range append(datasets.All(), overlapping(t)...) {
		if d.Labels == nil {
			continue
		}
		const n = 800
		x, labels := d.Sampler.(datasets.Labelled).SampleLabelled(n, rand.New(rand.NewPCG(1, 1)))
		posterior := LogPosterior(d, x)
		logp := d.Density.LogProb(x)
		of := d.Sampler.(datasets.Components)
		for i := range 20 {
			sum := 0.0
			for k := range d.Labels {
				sum += math.Exp(of.Component(k).LogProb(x.Slice(i, i+1, 0, 2))[0]) / float64(len(d.Labels))
			}
			if !(math.Abs(math.Log(sum)-logp[i]) < 1e-6) {
				t.Errorf("%s: components average to %v, the density is %v", d.Name, math.Log(sum), logp[i])
			}
		}
		right, expected, variance := 0.0, 0.0, 1.0
		for i, k := range LikeliestLabel(d, x) {
			p := math.Exp(posterior.At(i, k))
			if expected, variance = expected+p, variance+p*(1-p); k == labels[i] {
				right++
			}
		}
		if !(math.Abs(right-expected) < 4*math.Sqrt(variance)) {
			t.Errorf("%s: the likeliest label is right for %v samples, its posterior says %v ± %v", d.Name, right, expected, math.Sqrt(variance))
		}
	}
}

// TestTilted: the density integrates to 1 on a grid that is not that of its construction, its samples have its entropy within
// 4 standard errors, scale 1 is the conditional, scale 0 the distribution itself, and the mode is the label's.
func TestTilted(t *testing.T) {
	pinwheel, err := datasets.ByName("pinwheel")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range append(overlapping(t), pinwheel) {
		scales := []float64{0, 0.5, 1, 3}
		if d.Name == "moons" || d.Name == "pinwheel" { // slow densities
			scales = scales[3:]
		}
		for _, scale := range scales {
			q, err := New(d, 1, scale)
			if err != nil {
				t.Fatal(err)
			}
			const side = 101
			xmin, xmax, ymin, ymax := d.Box()
			grid := mat.NewDense(side*side, 2, nil)
			for i := range side * side {
				grid.SetRow(i, []float64{xmin - 1 + (xmax-xmin+2)*float64(i/side)/(side-1), ymin - 1 + (ymax-ymin+2)*float64(i%side)/(side-1)})
			}
			sum := 0.0
			for _, l := range q.Density.LogProb(grid) {
				sum += math.Exp(l) * (xmax - xmin + 2) * (ymax - ymin + 2) / ((side - 1) * (side - 1))
			}
			if !(math.Abs(sum-1) < 1e-3) {
				t.Errorf("%s: the density integrates to %v", q.Name, sum)
			}
			x := q.Sampler.Sample(2000, rand.New(rand.NewPCG(2, 2)))
			logq := q.Density.LogProb(x)
			mean, std := stat.MeanStdDev(logq, nil)
			if !(math.Abs(-mean-q.Entropy) < 4*std/math.Sqrt(2000)) {
				t.Errorf("%s: mean of -log q %v ± %v over samples, entropy %v", q.Name, -mean, std/math.Sqrt(2000), q.Entropy)
			}
			same := map[float64]genlab.LogProber{0: d.Density, 1: d.Sampler.(datasets.Components).Component(1)}[scale]
			if same != nil {
				for i, l := range same.LogProb(x) {
					if !(math.Abs(l-logq[i]) < 1e-3) {
						t.Fatalf("%s: log q %v, want %v", q.Name, logq[i], l)
					}
				}
			}
			if (q.Modes != nil) != (scale >= 1) {
				t.Errorf("%s: modes %v", q.Name, q.Modes)
			}
		}
	}
}

// TestTiltedMisuse: what has no components, label or scale is an error.
func TestTiltedMisuse(t *testing.T) {
	d := overlapping(t)[0]
	roll, err := datasets.ByName("swissroll")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []func() (*datasets.Dataset, error){
		func() (*datasets.Dataset, error) { return New(d, 2, 1) }, func() (*datasets.Dataset, error) { return New(d, -1, 1) },
		func() (*datasets.Dataset, error) { return New(d, 0, -1) }, func() (*datasets.Dataset, error) { return New(d, 0, math.NaN()) },
		func() (*datasets.Dataset, error) { return New(roll, 0, 1) },
	} {
		if _, err := f(); err == nil {
			t.Error("no error")
		}
	}
}
