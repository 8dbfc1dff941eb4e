package hybrid

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/gan"
	"genlab/gentest"
)

var _ genlab.Learner = (*AdversarialDiffusion)(nil)

func smallAdversarial() AdversarialConfig {
	c := DefaultAdversarial()
	c.Consistency = smallConsistency()
	c.Consistency.Evaluations = 3
	c.GameSteps, c.GameLR, c.GameEMA, c.CriticHidden, c.CriticLayers, c.CriticFeatures = 30, 1e-3, 0.9, 16, 2, 8
	return c
}

func newAdversarial(t testing.TB, c AdversarialConfig) (*AdversarialDiffusion, genlab.Sampler) {
	t.Helper()
	ds, scale := moons(t)
	tr, err := NewAdversarial(c, scale, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	return tr, ds.Sampler
}

// inGame is a trainer some steps into its game.
func inGame(t testing.TB, c AdversarialConfig, steps int) (*AdversarialDiffusion, genlab.Sampler) {
	t.Helper()
	tr, law := newAdversarial(t, c)
	learn(t, tr, law, 64, c.Steps()-c.GameSteps+steps, pcg(1, 0), pcg(2, 0))
	return tr, law
}

// TestDistilledIsConsistency: without a game the student is that of consistency, bit for bit; with the
// critic alone there is none of it, and with both it is where the game begins.
func TestDistilledIsConsistency(t *testing.T) {
	c := smallAdversarial()
	plain, law := newConsistency(t, c.Consistency)
	learn(t, plain, law, 64, c.Consistency.Steps(), pcg(1, 0), pcg(2, 0))
	want, err := LoadConsistency(c.Consistency, plain.State())
	if err != nil {
		t.Fatal(err)
	}
	x := want.Sample(50, pcg(3, 3))
	for _, lessons := range []Lessons{Distilled, Both, Adversarial} {
		c.Lessons = lessons
		tr, law := newAdversarial(t, c)
		learn(t, tr, law, 64, min(c.Steps(), c.Consistency.Steps()), pcg(1, 0), pcg(2, 0))
		m, err := LoadAdversarial(c, tr.State())
		if err != nil {
			t.Fatal(err)
		}
		if same := mat.Equal(m.Sample(50, pcg(3, 3)), x); same != (lessons != Adversarial) {
			t.Errorf("%s: the samples are a distilled student's: %v", lessons, same)
		}
		if began := tr.game != nil; began != (lessons == Adversarial) {
			t.Errorf("%s: a game has begun: %v", lessons, began)
		}
	}
}

// TestPlayIsSampling: what the student is shown at its evaluations has the noise of Sampling's, and
// what it makes is its answer to that; stopped at the last, it is as good as a sample.
func TestPlayIsSampling(t *testing.T) {
	c := smallAdversarial()
	tr, _ := inGame(t, c, 3)
	g, model := tr.game, tr.game.student.Model()
	const n = 301 // in parts of unequal sizes
	p := g.play(n, 2, pcg(4, 4))
	if len(p.shown) != 2*n || len(p.u) != n || len(p.made) != 2*n || len(p.evaluation) != n {
		t.Fatalf("%d, %d, %d and %d values", len(p.shown), len(p.u), len(p.made), len(p.evaluation))
	}
	grid := (&ConsistencyModel{Student: model, cfg: c.Consistency}).Sampling(3).Grid
	count := make([]int, 3)
	for i, k := range p.evaluation {
		count[int(k)]++
		alpha, sigma := model.Schedule().At(grid[int(k)])
		if math.Abs(float64(p.u[i])-math.Log(sigma/alpha)) > 1e-5 {
			t.Fatalf("row %d at a level of %v", i, p.u[i])
		}
		x := mat.NewDense(1, 2, []float64{float64(p.shown[2*i]), float64(p.shown[2*i+1])})
		model.Denoise(x, x, grid[int(k)])
		if math.Hypot(x.At(0, 0)-float64(p.made[2*i]), x.At(0, 1)-float64(p.made[2*i+1])) > 1e-4 {
			t.Fatalf("row %d is made %v, the answer is %v", i, p.made[2*i:2*i+2], x)
		}
	}
	if slices.Min(count) < 100 || slices.Max(count) > 101 {
		t.Errorf("%v rows stop at each evaluation", count)
	}
	if few := g.play(2, 2, pcg(4, 4)); len(few.u) != 2 { // fewer rows than evaluations
		t.Errorf("%d rows of 2", len(few.u))
	}
}

// TestAllSeeTheSameEvaluation: a row of the data, the point that is shown beside it and the student's
// step are of one evaluation.
func TestAllSeeTheSameEvaluation(t *testing.T) {
	tr, _ := inGame(t, smallAdversarial(), 2)
	real, made, at := tr.game.critic.Input("x"), tr.game.critic.Input("fake"), tr.game.student.Input("evaluation")
	count := make([]int, 3)
	for i, k := range at {
		count[int(k)]++
		if real[3*i+2] != k || made[3*i+2] != k {
			t.Fatalf("row %d is of the evaluations %v, %v and %v", i, real[3*i+2], made[3*i+2], k)
		}
	}
	if slices.Min(count) < 21 { // of 64
		t.Errorf("%v rows of each evaluation", count)
	}
}

// TestStudentClimbsTheCritic: with a critic that stands still, steps of the student raise its value at
// what the student makes of the same noisy points; with the cost's sign turned they lower it.
func TestStudentClimbsTheCritic(t *testing.T) {
	for _, sign := range []float64{1, -1} {
		c := smallAdversarial()
		tr, _ := inGame(t, c, 20)
		g := tr.game
		n := c.Consistency.Teacher.Batch
		p := g.play(n, 2, pcg(5, 5))
		cost := g.cost()
		cost.Weight = sign
		var err error
		if g.student, err = diffusion.NewTuning(g.student.Model(), c.player(), cost); err != nil {
			t.Fatal(err)
		}
		copy(g.student.Input("evaluation"), p.evaluation)
		var first, last genlab.Losses
		for i := range 30 {
			if last, err = g.student.Fit(p.shown, p.u, nil); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = last
			}
		}
		if gain := sign * (first[0].Value - last[0].Value); !(gain > 1e-3) {
			t.Errorf("sign %v: a cost of %v became %v", sign, first[0].Value, last[0].Value)
		}
	}
}

// TestCriticSeesTheEvaluation: a critic of points alone cannot tell apart two students whose errors at
// their evaluations make up for each other; this one is told.
func TestCriticSeesTheEvaluation(t *testing.T) {
	c := smallAdversarial()
	c.GameSteps, c.CriticLR, c.Objective = 300, 5e-3, "non-saturating"
	_, scale := moons(t)
	tr, law := inGame(t, c, 0)
	g, err := newGame(c, tr.base.student.student.Average(), scale, pcg(6, 6))
	if err != nil {
		t.Fatal(err)
	}
	// Real points to the left at evaluation 0 and to the right at 1; made ones the other way round.
	n := c.Consistency.Teacher.Batch
	real, made := law.Sample(n, pcg(1, 1)), g.critic.Input("fake")
	data := mat.NewDense(n, 3, nil)
	var losses genlab.Losses
	for range 300 {
		for i := range n {
			k := i % 2
			side := float64(2*k - 1)
			data.SetRow(i, []float64{scale.Shift[0] + side*scale.Scale[0], real.At(i, 1), float64(k)})
			made[3*i], made[3*i+1], made[3*i+2] = float32(-side), float32((real.At(i, 1)-scale.Shift[1])/scale.Scale[1]), float32(k)
		}
		if losses, err = g.critic.Learn(data, pcg(2, 2)); err != nil {
			t.Fatal(err)
		}
	}
	if losses[0].Value > math.Log(4)/4 {
		t.Errorf("the critic's loss is %v where it cannot tell at %v", losses[0].Value, math.Log(4))
	}
}

// TestAdversarialResumesBitwise: in the teacher's steps, the student's, the game's and between, with a
// game of its own and after a distillation; the student that is loaded is the one that learned.
func TestAdversarialResumesBitwise(t *testing.T) {
	for _, lessons := range []Lessons{Both, Adversarial} {
		c := smallAdversarial()
		c.Lessons = lessons
		_, law := newAdversarial(t, c)
		training[*AdversarialDiffusion]{
			begin: func() *AdversarialDiffusion { tr, _ := newAdversarial(t, c); return tr },
			resume: func(saved []checkpoint.Tensor, steps int) (*AdversarialDiffusion, error) {
				return ResumeAdversarial(c, saved, steps)
			},
			law: law, batch: 64, steps: c.Steps(),
		}.resumesBitwise(t, []int{7, 20, c.Steps() - c.GameSteps, c.Steps() - 11}, func(at int, _ []checkpoint.Tensor, whole, again *AdversarialDiffusion) {
			m, err := LoadAdversarial(c, again.State())
			if err != nil {
				t.Fatal(err)
			}
			sameAnswers(t, at, m.Student, whole.game.student.Average())
		})
	}
}

// TestGameErrorLeavesAll: a batch that is no number, or a student that has become none, stops the turn
// with its player's name, and neither has moved.
func TestGameErrorLeavesAll(t *testing.T) {
	c := smallAdversarial()
	tr, law := inGame(t, c, 2)
	before := copied(tr.State())
	batch := law.Sample(64, pcg(7, 7))
	batch.Set(5, 1, math.NaN())
	if _, err := tr.Learn(batch, pcg(8, 8)); err == nil || !strings.Contains(err.Error(), "critic") {
		t.Errorf("error %v", err)
	}
	for i, s := range tr.State() {
		if !slices.Equal(s.Data, before[i].Data) {
			t.Errorf("%s has moved", s.Name)
		}
	}
}

// TestAdversarialTypes: samples, and nothing else.
func TestAdversarialTypes(t *testing.T) {
	tr, _ := inGame(t, smallAdversarial(), 1)
	m, err := LoadAdversarial(smallAdversarial(), tr.State())
	if err != nil {
		t.Fatal(err)
	}
	gentest.Sampler(t, m, 2)
	for _, capability := range []reflect.Type{reflect.TypeFor[genlab.LogProber](), reflect.TypeFor[genlab.LogBounder]()} {
		if reflect.TypeOf(m).Implements(capability) {
			t.Errorf("%T is a %v", m, capability)
		}
	}
}

func TestAdversarialValidateNamesTheField(t *testing.T) {
	for want, change := range map[string]func(*AdversarialConfig){
		"student-lr is 0":           func(c *AdversarialConfig) { c.Consistency.StudentLR = 0 },
		"conditional is true":       func(c *AdversarialConfig) { c.Consistency.Teacher.Conditional = true },
		"lessons":                   func(c *AdversarialConfig) { c.Lessons = "neither" },
		"game-steps is 0":           func(c *AdversarialConfig) { c.GameSteps = 0 },
		"game-lr is NaN":            func(c *AdversarialConfig) { c.GameLR = math.NaN() },
		"game-ema is 1":             func(c *AdversarialConfig) { c.GameEMA = 1 },
		"critic-lr is 0":            func(c *AdversarialConfig) { c.CriticLR = 0 },
		"critic-hidden is 0":        func(c *AdversarialConfig) { c.CriticHidden = 0 },
		"critic-layers is 0":        func(c *AdversarialConfig) { c.CriticLayers = 0 },
		"critic-features is -1":     func(c *AdversarialConfig) { c.CriticFeatures = -1 },
		"critic-feature-scale is 0": func(c *AdversarialConfig) { c.CriticFeatureScale = 0 },
		"objective":                 func(c *AdversarialConfig) { c.Objective = "draughts" },
		"lambda is 3":               func(c *AdversarialConfig) { c.Objective, c.Lambda = "minimax", gan.Penalty(3) },
	} {
		c := DefaultAdversarial()
		if change(&c); c.Validate() == nil || !strings.Contains(c.Validate().Error(), want) {
			t.Errorf("%v, want %s", c.Validate(), want)
		}
	}
	if err := DefaultAdversarial().Validate(); err != nil {
		t.Error(err)
	}
}
