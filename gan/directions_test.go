package gan

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/nn"
)

// linear is a model whose generator is x = A·z + b up to the sign of a rectifier's input: with
// biases far above zero every LeakyReLU is the identity.
func linear(t *testing.T) *Model {
	t.Helper()
	c := small()
	c.Latent, c.LatentFeatures, c.Hidden, c.Layers = 3, 0, 3, 1
	m := newTrainer(t, c, scale).Model()
	const far = 100
	copy(m.net[0].W.Value, []float32{1, 0, 0, 0, 1, 0, 0, 0, 1})
	copy(m.net[0].B.Value, []float32{far, far, far})
	copy(m.net[1].W.Value, []float32{3, 0, 4, 0, 0, 1}) // x1 = 3·z1 + 4·z2, x2 = z3
	copy(m.net[1].B.Value, []float32{-7 * far, -far})
	return m
}

// first is the first coordinate.
var first = Attribute{"first", func(x, _ float64) float64 { return x }}

// TestProbeFindsTheDirection: of a linear generator the probe is exact, the movement along it
// changes the attribute by the product, and random directions by nothing in the mean.
func TestProbeFindsTheDirection(t *testing.T) {
	m := linear(t)
	d, err := m.Probe(first, 2000, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	for j, want := range []float64{0.6, 0.8, 0} {
		if !(math.Abs(d.Unit[j]-want) <= 1e-4) {
			t.Errorf("direction %v, want (0.6, 0.8, 0)", d.Unit)
		}
	}
	// x1 in the data's coordinates is 2·(3·z1 + 4·z2) + 1, with a standard deviation of 10.
	if !(math.Abs(d.R2-1) <= 1e-6) || !(math.Abs(d.SD-10) <= 5*10/math.Sqrt(2*2000)) {
		t.Errorf("R² %v, standard deviation %v", d.R2, d.SD)
	}
	const n = 4000
	for _, e := range m.Effects(d, []float64{-1, 0.5, 2}, n, pcg(2, 2)) {
		if want := 10 * e.Distance / d.SD; !(math.Abs(e.Along-want) <= 1e-3) {
			t.Errorf("moved by %v, the attribute changed by %v, want %v", e.Distance, e.Along, want)
		}
		if !(math.Abs(e.Random) <= 5*e.RandomSE) || e.RandomSE > math.Abs(e.Distance)*1.1/math.Sqrt(n) {
			t.Errorf("random directions by %v changed the attribute by %v ± %v", e.Distance, e.Random, e.RandomSE)
		}
	}
}

// TestProbeRefuses what cannot be found.
func TestProbeRefuses(t *testing.T) {
	m := linear(t)
	if _, err := m.Probe(Mode(func(_, _ float64) (int, bool) { return 1, true }, 0), 100, pcg(1, 1)); err == nil {
		t.Error("an attribute that does not vary has a direction")
	}
	if _, err := m.Probe(first, 4, pcg(1, 1)); err == nil {
		t.Error("a probe of 3 latent coordinates from 4 samples")
	}
}

func TestAttributes(t *testing.T) {
	centre := [2]float64{1.5, -2}
	for _, phi := range []float64{0, 0.4, 2, 3.5, 6} {
		x, y := centre[0]+3*math.Cos(phi), centre[1]+3*math.Sin(phi)
		if got, want := Angle(centre, 0.7).Value(x, y), math.Cos(phi-0.7); !(math.Abs(got-want) <= 1e-12) {
			t.Errorf("angle %v: %v, want %v", phi, got, want)
		}
		if got := Radius(centre).Value(x, y); !(math.Abs(got-3) <= 1e-12) {
			t.Errorf("radius %v", got)
		}
	}
	x := mat.NewDense(3, 2, []float64{1, 0, 0, -3, -2, 0})
	nearest := func(a, _ float64) (int, bool) { return int(math.Copysign(1, a)), true }
	for _, c := range []struct {
		a    Attribute
		want [3]float64
	}{
		{Radius([2]float64{}), [3]float64{1, 3, 2}},
		{Radius([2]float64{1, 0}), [3]float64{0, math.Sqrt(10), 3}},
		{Angle([2]float64{}, 0), [3]float64{1, 0, -1}},
		{Angle([2]float64{}, -math.Pi/2), [3]float64{0, 1, 0}},
		{Mode(nearest, -1), [3]float64{0, 0, 1}},
	} {
		for i, v := range c.a.Of(x) {
			if !(math.Abs(v-c.want[i]) <= 1e-12) {
				t.Errorf("%v of row %d is %v, want %v", c.a, i, v, c.want[i])
			}
		}
	}
}

// TestCriticSlopeIsItsGradient: At's slopes agree with central differences of its values. In
// float32 those of step h are off by about 1e-7/h + h.
func TestCriticSlopeIsItsGradient(t *testing.T) {
	cfg := small()
	cfg.Activation = nn.SiLU // LeakyReLU has kinks
	tr := newTrainer(t, cfg, scale)
	learn(t, tr, data, 5, pcg(1, 0), pcg(2, 0))
	c := tr.Average().Critic()
	x := data(40, pcg(3, 3))
	_, slopes := c.At(x)
	const h = 2e-3 // in standardised coordinates
	var square [40]float64
	for j := range 2 {
		var up, down mat.Dense
		up.CloneFrom(x)
		down.CloneFrom(x)
		for i := range 40 {
			up.Set(i, j, x.At(i, j)+h*scale.Scale[j])
			down.Set(i, j, x.At(i, j)-h*scale.Scale[j])
		}
		a, _ := c.At(&up)
		b, _ := c.At(&down)
		for i := range 40 {
			square[i] += math.Pow((a[i]-b[i])/(2*h), 2)
		}
	}
	for i, s := range slopes {
		if want := math.Sqrt(square[i]); !(math.Abs(s-want) <= 0.01*math.Max(1, s)) {
			t.Errorf("slope %d is %v, that of the values %v", i, s, want)
		}
	}
}
