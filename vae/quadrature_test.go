package vae

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/gentest"
)

func quadrature(t testing.TB, m *Model, cellSigmas float64) *Quadrature {
	t.Helper()
	q, err := m.Quadrature(cellSigmas)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// asDensity lets the checks of a density test a quadrature.
type asDensity struct{ *Quadrature }

func (d asDensity) LogProb(x mat.Matrix) []float64 { return d.LogMarginal(x) }

// TestQuadratureIsADensity: it integrates to 1, agrees with the model's samples, and has the properties
// of every density.
func TestQuadratureIsADensity(t *testing.T) {
	m := trained(t, "8gaussians", small())
	q := asDensity{quadrature(t, m, CellSigmas)}
	gentest.LogProber(t, q, m.Sample(200, pcg(1, 1)))
	box := gentest.Box{XMin: -7, XMax: 7, YMin: -7, YMax: 7}
	gentest.Density(t, q, box, 3e-3)
	gentest.Agree(t, m, q, gentest.Box{XMin: -5, XMax: 5, YMin: -5, YMax: 5}, 20000, gentest.Rand(3))
}

// TestQuadratureConverges: finer cells change log p ever less, where there are points.
func TestQuadratureConverges(t *testing.T) {
	for _, name := range []string{"8gaussians", "moons"} {
		m := trained(t, name, small())
		ds, err := datasets.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		x := ds.Sampler.Sample(300, pcg(2, 2))
		finest := quadrature(t, m, 1).LogMarginal(x)
		last := math.Inf(1)
		for _, sigmas := range []float64{8, 4, 2} {
			worst := 0.0
			for i, v := range quadrature(t, m, sigmas).LogMarginal(x) {
				worst = math.Max(worst, math.Abs(v-finest[i]))
			}
			t.Logf("%s: cells of %v standard deviations: %.2g nats", name, sigmas, worst)
			if worst > last+1e-6 {
				t.Errorf("%s: cells of %v standard deviations are off by %v nats, coarser ones by %v", name, sigmas, worst, last)
			}
			last = worst
			if sigmas <= CellSigmas && worst > 1e-2 {
				t.Errorf("%s: cells of %v standard deviations are off by %v nats", name, sigmas, worst)
			}
		}
	}
}

// TestQuadratureFarAway: a point that no Gaussian reaches has a finite, falling log p.
func TestQuadratureFarAway(t *testing.T) {
	q := quadrature(t, shaken(t, small(), tilted), CellSigmas)
	p := q.LogMarginal(mat.NewDense(3, 2, []float64{1, -2, 1e3, 0, 1e4, 0}))
	if !(p[0] > p[1] && p[1] > p[2]) || math.IsInf(p[2], 0) {
		t.Errorf("log p at growing distances: %v", p)
	}
}

// TestQuadratureTail: the tail is the logarithm of the sum over all nodes, in which each Gaussian within the cutoff of the
// nearest one counts.
func TestQuadratureTail(t *testing.T) {
	q := quadrature(t, shaken(t, small(), tilted), CellSigmas)
	for _, x := range [][]float64{{0.3, -0.2}, {8, -6}, {-30, 2}, {150, 90}} {
		logs := make([]float64, len(q.nodes))
		for i := range q.nodes {
			logs[i] = math.Log(q.nodes[i].weight) - q.nodes[i].square(x)/2
		}
		if got, want := q.logTail(x), floats.LogSumExp(logs); !(math.Abs(got-want) <= 1e-9*math.Max(1, math.Abs(want))) {
			t.Errorf("at %v the tail is %v, the sum over all nodes %v", x, got, want)
		}
	}
}

// TestQuadratureRefusals: what it cannot integrate is an error.
func TestQuadratureRefusals(t *testing.T) {
	c := small()
	c.Latent = 3
	if _, err := newModel(t, c, tilted).Quadrature(1); err == nil || !strings.Contains(err.Error(), "3") {
		t.Errorf("three latent dimensions: error %v", err)
	}
	if _, err := newModel(t, small(), tilted).Quadrature(math.NaN()); err == nil {
		t.Error("cells of NaN were accepted")
	}
	c = small()
	c.InitialScale, c.Floor = 1e-5, 1e-6
	if _, err := newModel(t, c, tilted).Quadrature(CellSigmas); err == nil || !strings.Contains(err.Error(), "steep") {
		t.Errorf("a decoder without noise: error %v", err)
	}
}
