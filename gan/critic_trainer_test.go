package gan

import (
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gorgonia.org/tensor"

	"genlab"
	"genlab/nn"
)

// TestCriticTrainerOfGivenPoints: a critic that takes generated points as values learns the same as the
// critic of a Trainer, whose graph contains the generator.
func TestCriticTrainerOfGivenPoints(t *testing.T) {
	c := small()
	tr, twin := newTrainer(t, c, scale), newTrainer(t, c, scale).Model()
	given, err := NewCriticTrainer(twin.critic, c, twin.critic.FakeInput)
	if err != nil {
		t.Fatal(err)
	}
	batch, z := data(c.Batch, pcg(1, 1)), make([]float32, c.Batch*c.Latent)
	fillNormal(z, pcg(2, 2))
	copy(tr.critic.Input("z"), z)
	twin.run(z, given.Input("fake"))
	a, err := tr.critic.Learn(batch, pcg(3, 3))
	if err != nil {
		t.Fatal(err)
	}
	b, err := given.Learn(batch, pcg(3, 3))
	if err != nil {
		t.Fatal(err)
	}
	for i := range a {
		if a[i].Name != b[i].Name || !(math.Abs(a[i].Value-b[i].Value) <= 1e-5*math.Max(1, math.Abs(a[i].Value))) {
			t.Errorf("%v with the generator, %v with points", a[i], b[i])
		}
	}
	for i, s := range tr.critic.State() {
		for j, v := range given.State()[i].Data {
			if !(math.Abs(float64(v-s.Data[j])) <= 1e-4) {
				t.Fatalf("%s[%d] is %v, with the generator %v", s.Name, j, v, s.Data[j])
			}
		}
	}
	// A planted fault: of other points it learns something else.
	for i := range z {
		given.Input("fake")[i%len(given.Input("fake"))] += 1
	}
	if b, err = given.Learn(batch, pcg(3, 3)); err != nil || math.Abs(b[1].Value-a[1].Value) < 1e-3 {
		t.Errorf("%v after other points, %v before (%v)", b[1], a[1], err)
	}
}

// TestRestoreOnError: whatever fails, the critic and its number of steps are as before.
func TestRestoreOnError(t *testing.T) {
	c := small()
	tr := newTrainer(t, c, scale)
	learn(t, tr, data, 2, pcg(1, 0), pcg(2, 0))
	o, before := tr.critic, copied(tr.critic.State())
	steps := o.Steps()
	fails := errors.New("the generator fails")
	_, err := o.RestoreOnError(func() (genlab.Losses, error) {
		if _, err := o.Learn(data(c.Batch, pcg(3, 3)), pcg(4, 4)); err != nil {
			return nil, err
		}
		if slices.Equal(before[0].Data, o.State()[0].Data) {
			t.Error("a step does not move the critic")
		}
		return nil, fails
	})
	if !errors.Is(err, fails) || o.Steps() != steps {
		t.Errorf("error %v after %d steps, want %d", err, o.Steps(), steps)
	}
	same(t, before, o.State())
}

// TestGeneratorLoss: its gradient with respect to the points agrees with central differences in float64,
// and its value is that of the formula at the critic's values.
func TestGeneratorLoss(t *testing.T) {
	for _, name := range ObjectiveName("").Choices() {
		c := small()
		c.Hidden, c.Features, c.Objective = 7, 3, ObjectiveName(name)
		o := newTrainer(t, c, scale).critic
		var ps nn.Params
		made := ps.New("points", 5, 2)
		fillNormal(made.Value, pcg(5, 5))
		g := nn.NewGraph64(5)
		loss := o.GeneratorLoss(g, g.Param(made))
		agrees(t, g, loss, ps.List())

		m, err := nn.Compile(g, loss)
		if err != nil || m.RunAll() != nil {
			t.Fatal(err)
		}
		x := mat.NewDense(5, 2, widen(made.Value))
		scale.ToData(x)
		values, _ := o.Model().At(x)
		real := mat.NewDense(5, 2, nil) // the input "real" is zero
		scale.ToData(real)
		reals, _ := o.Model().At(real)
		var want float64
		for i, v := range values {
			switch o.objective.(type) {
			case Wasserstein, Hinge:
				want -= v / 5
			case Relativistic:
				want += math.Log1p(math.Exp(reals[i]-v)) / 5
			case Minimax:
				want -= math.Log1p(math.Exp(v)) / 5
			default:
				want += math.Log1p(math.Exp(-v)) / 5
			}
		}
		if got := m.Value(loss).(*tensor.Dense).Float64s()[0]; !(math.Abs(got-want) <= 1e-5) {
			t.Errorf("%s: points of the values %v have loss %v, want %v", name, values, got, want)
		}
	}
}

// TestPenaltyWeightsAreUniform: each step draws a weight u ~ U(0, 1) for each row: over 50 steps the mean and the
// mean of squares are within 5 standard errors.
func TestPenaltyWeightsAreUniform(t *testing.T) {
	c := small()
	tr := newTrainer(t, c, scale).critic
	var sum, squares, n float64
	rng := pcg(1, 1)
	for range 50 {
		if _, err := tr.Learn(data(c.Batch, rng), rng); err != nil {
			t.Fatal(err)
		}
		for _, u := range tr.mix {
			sum, squares, n = sum+float64(u), squares+float64(u)*float64(u), n+1
		}
	}
	if off := math.Abs(sum/n - 1./2); off > 5*math.Sqrt(1/12./n) {
		t.Errorf("the mean of u is off by %v", off)
	}
	if off := math.Abs(squares/n - 1./3); off > 5*math.Sqrt(4/45./n) {
		t.Errorf("the mean of u² is off by %v", off)
	}
}
