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

// TestOpponentOfGivenPoints: a critic that is shown what a generator made learns what the critic of a
// Trainer does, which has the generator's formula.
func TestOpponentOfGivenPoints(t *testing.T) {
	c := small()
	tr, twin := newTrainer(t, c, scale), newTrainer(t, c, scale).Model()
	given, err := NewOpponent(twin.critic, c, twin.critic.Given)
	if err != nil {
		t.Fatal(err)
	}
	batch, z := data(c.Batch, pcg(1, 1)), make([]float32, c.Batch*c.Latent)
	normals(z, pcg(2, 2))
	copy(tr.opponent.Input("z"), z)
	twin.run(z, given.Input("made"))
	a, err := tr.opponent.Learn(batch, pcg(3, 3))
	if err != nil {
		t.Fatal(err)
	}
	b, err := given.Learn(batch, pcg(3, 3))
	if err != nil {
		t.Fatal(err)
	}
	for i := range a {
		if a[i].Name != b[i].Name || math.Abs(a[i].Value-b[i].Value) > 1e-5*math.Max(1, math.Abs(a[i].Value)) {
			t.Errorf("%v of a formula, %v of points", a[i], b[i])
		}
	}
	for i, s := range tr.opponent.State() {
		for j, v := range given.State()[i].Data {
			if math.Abs(float64(v-s.Data[j])) > 1e-4 {
				t.Fatalf("%s[%d] is %v, of a formula %v", s.Name, j, v, s.Data[j])
			}
		}
	}
	// A planted fault: of other points it learns something else.
	for i := range z {
		given.Input("made")[i%len(given.Input("made"))] += 1
	}
	if b, err = given.Learn(batch, pcg(3, 3)); err != nil || math.Abs(b[1].Value-a[1].Value) < 1e-3 {
		t.Errorf("%v after other points, %v before (%v)", b[1], a[1], err)
	}
}

// TestTurnIsWhole: whoever fails in a turn, after it the critic and its count of steps are as before.
func TestTurnIsWhole(t *testing.T) {
	c := small()
	tr := newTrainer(t, c, scale)
	learn(t, tr, data, 2, pcg(1, 0), pcg(2, 0))
	o, before := tr.opponent, copied(tr.opponent.State())
	steps := o.Steps()
	fails := errors.New("the maker fails")
	_, err := o.Turn(func() (genlab.Losses, error) {
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

// TestCostGoesThroughTheCritic: the gradient of what made points cost, by the points, is right in
// float64 against central differences; and what is dear is what the critic values low.
func TestCostGoesThroughTheCritic(t *testing.T) {
	for _, name := range ObjectiveName("").Choices() {
		c := small()
		c.Hidden, c.Features, c.Objective = 7, 3, ObjectiveName(name)
		o := newTrainer(t, c, scale).opponent
		var ps nn.Params
		made := ps.New("points", 5, 2)
		normals(made.Value, pcg(5, 5))
		g := nn.NewGraph64(5)
		cost := o.Cost(g, g.Param(made))
		agrees(t, g, cost, ps.List())

		m, err := nn.Compile(g, cost)
		if err != nil || m.RunAll() != nil {
			t.Fatal(err)
		}
		x := mat.NewDense(5, 2, widen(made.Value))
		scale.ToData(x)
		values, _ := o.Model().At(x)
		var want float64
		for _, v := range values {
			switch o.objective.(type) {
			case Wasserstein:
				want -= v / 5
			case Minimax:
				want -= math.Log1p(math.Exp(v)) / 5
			default:
				want += math.Log1p(math.Exp(-v)) / 5
			}
		}
		if got := m.Value(cost).(*tensor.Dense).Float64s()[0]; math.Abs(got-want) > 1e-5 {
			t.Errorf("%s: points of the values %v cost %v, want %v", name, values, got, want)
		}
	}
}
