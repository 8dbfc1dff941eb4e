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
	c.AdversarialSteps, c.AdversarialLR, c.AdversarialEMA, c.CriticHidden, c.CriticLayers, c.CriticFeatures = 30, 1e-3, 0.9, 16, 2, 8
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

// inAdversarialStage is a trainer some steps into its game.
func inAdversarialStage(t testing.TB, c AdversarialConfig, steps int) (*AdversarialDiffusion, genlab.Sampler) {
	t.Helper()
	tr, dist := newAdversarial(t, c)
	learn(t, tr, dist, 64, c.Steps()-c.AdversarialSteps+steps, pcg(1, 0), pcg(2, 0))
	return tr, dist
}

// TestDistilledIsConsistency: without a game the student is that of consistency, bit for bit; with the
// critic alone there is none of it, and with both it is where the game begins.
func TestDistilledIsConsistency(t *testing.T) {
	c := smallAdversarial()
	plain, dist := newConsistency(t, c.Consistency)
	learn(t, plain, dist, 64, c.Consistency.Steps(), pcg(1, 0), pcg(2, 0))
	want, err := LoadConsistency(c.Consistency, plain.State())
	if err != nil {
		t.Fatal(err)
	}
	x := want.Sample(50, pcg(3, 3))
	for _, objective := range []StudentObjective{DistillationOnly, DistillationThenAdversarial, AdversarialOnly} {
		c.StudentObjective = objective
		tr, dist := newAdversarial(t, c)
		learn(t, tr, dist, 64, min(c.Steps(), c.Consistency.Steps()), pcg(1, 0), pcg(2, 0))
		m, err := LoadAdversarial(c, tr.State())
		if err != nil {
			t.Fatal(err)
		}
		if same := mat.Equal(m.Sample(50, pcg(3, 3)), x); same != (objective != AdversarialOnly) {
			t.Errorf("%s: the samples are a distilled student's: %v", objective, same)
		}
		if began := tr.trainer != nil; began != (objective == AdversarialOnly) {
			t.Errorf("%s: a game has begun: %v", objective, began)
		}
	}
}

// TestRolloutIsSampling: what the student is shown at its evaluations has the noise of Sampling's, and
// what it makes is its answer to that; stopped at the last, it is as good as a sample.
func TestRolloutIsSampling(t *testing.T) {
	c := smallAdversarial()
	tr, _ := inAdversarialStage(t, c, 3)
	g, model := tr.trainer, tr.trainer.student.Model()
	const n = 301 // in parts of unequal sizes
	p := g.rollout(n, 2, pcg(4, 4))
	if len(p.noisy) != 2*n || len(p.u) != n || len(p.denoised) != 2*n || len(p.evaluation) != n {
		t.Fatalf("%d, %d, %d and %d values", len(p.noisy), len(p.u), len(p.denoised), len(p.evaluation))
	}
	grid := (&ConsistencyModel{Student: model, cfg: c.Consistency}).Sampling(3).Grid
	count := make([]int, 3)
	for i, k := range p.evaluation {
		count[int(k)]++
		alpha, sigma := model.Schedule().At(grid[int(k)])
		if !(math.Abs(float64(p.u[i])-math.Log(sigma/alpha)) <= 1e-5) {
			t.Fatalf("row %d at a level of %v", i, p.u[i])
		}
		x := mat.NewDense(1, 2, []float64{float64(p.noisy[2*i]), float64(p.noisy[2*i+1])})
		model.Denoise(x, x, grid[int(k)])
		if math.Hypot(x.At(0, 0)-float64(p.denoised[2*i]), x.At(0, 1)-float64(p.denoised[2*i+1])) > 1e-4 {
			t.Fatalf("row %d is made %v, the answer is %v", i, p.denoised[2*i:2*i+2], x)
		}
	}
	if slices.Min(count) < 100 || slices.Max(count) > 101 {
		t.Errorf("%v rows stop at each evaluation", count)
	}
	if few := g.rollout(2, 2, pcg(4, 4)); len(few.u) != 2 { // fewer rows than evaluations
		t.Errorf("%d rows of 2", len(few.u))
	}
}

// TestRowsShareTheEvaluation: a row of the data, the point that is shown beside it and the student's
// step are of one evaluation.
func TestRowsShareTheEvaluation(t *testing.T) {
	tr, _ := inAdversarialStage(t, smallAdversarial(), 2)
	real, made, at := tr.trainer.critic.Input("x"), tr.trainer.critic.Input("fake"), tr.trainer.student.Input("evaluation")
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
		tr, _ := inAdversarialStage(t, c, 20)
		g := tr.trainer
		n := c.Consistency.Teacher.Batch
		p := g.rollout(n, 2, pcg(5, 5))
		loss := g.loss()
		loss.Weight = sign
		var err error
		if g.student, err = diffusion.NewFineTuner(g.student.Model(), c.student(), loss); err != nil {
			t.Fatal(err)
		}
		copy(g.student.Input("evaluation"), p.evaluation)
		var first, last genlab.Losses
		for i := range 30 {
			if last, err = g.student.Fit(p.noisy, p.u, nil); err != nil {
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

// TestCriticTakesTheEvaluation: a critic of points alone cannot tell apart two students whose errors at
// their evaluations make up for each other; this one is told.
func TestCriticTakesTheEvaluation(t *testing.T) {
	c := smallAdversarial()
	c.AdversarialSteps, c.CriticLR, c.Objective = 300, 5e-3, "non-saturating"
	_, scale := moons(t)
	tr, dist := inAdversarialStage(t, c, 0)
	g, err := newAdversarialTrainer(c, tr.base.student.student.Average(), scale, pcg(6, 6))
	if err != nil {
		t.Fatal(err)
	}
	// Real points to the left at evaluation 0 and to the right at 1; made ones the other way round.
	n := c.Consistency.Teacher.Batch
	real, made := dist.Sample(n, pcg(1, 1)), g.critic.Input("fake")
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
	for _, objective := range []StudentObjective{DistillationThenAdversarial, AdversarialOnly} {
		c := smallAdversarial()
		c.StudentObjective = objective
		_, dist := newAdversarial(t, c)
		training[*AdversarialDiffusion]{
			begin: func() *AdversarialDiffusion { tr, _ := newAdversarial(t, c); return tr },
			resume: func(saved []checkpoint.Tensor, steps int) (*AdversarialDiffusion, error) {
				return ResumeAdversarial(c, saved, steps)
			},
			dist: dist, batch: 64, steps: c.Steps(),
		}.resumesBitwise(t, []int{7, 20, c.Steps() - c.AdversarialSteps, c.Steps() - 11}, func(at int, _ []checkpoint.Tensor, whole, again *AdversarialDiffusion) {
			m, err := LoadAdversarial(c, again.State())
			if err != nil {
				t.Fatal(err)
			}
			samePredictions(t, at, m.Student, whole.trainer.student.Average())
		})
	}
}

// TestAdversarialErrorLeavesAll: a batch that is no number, or a student that has become none, stops the turn
// with its player's name, and neither has moved.
func TestAdversarialErrorLeavesAll(t *testing.T) {
	c := smallAdversarial()
	tr, dist := inAdversarialStage(t, c, 2)
	before := copied(tr.State())
	batch := dist.Sample(64, pcg(7, 7))
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
	tr, _ := inAdversarialStage(t, smallAdversarial(), 1)
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
		"student objective":         func(c *AdversarialConfig) { c.StudentObjective = "neither" },
		"adversarial-steps is 0":    func(c *AdversarialConfig) { c.AdversarialSteps = 0 },
		"adversarial-lr is NaN":     func(c *AdversarialConfig) { c.AdversarialLR = math.NaN() },
		"adversarial-ema is 1":      func(c *AdversarialConfig) { c.AdversarialEMA = 1 },
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
