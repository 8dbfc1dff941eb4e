package fewsteps

import (
	"testing"

	"genlab/lab/experiment"
	"genlab/lab/models"
)

// TestAnswer: one model that meets all three parts of the criterion is enough, and each part can fail.
func TestAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		quality, tv, seconds float64
		want                 bool
	}{
		"met": {0.965, 0.035, 50, true}, "low quality": {0.955, 0.035, 50, false},
		"wrong frequencies": {0.965, 0.045, 50, false}, "slow": {0.965, 0.035, 53, false},
	} {
		r := &experiment.Result{}
		for _, seed := range []float64{-0.001, 0.001} {
			for _, who := range names {
				quality, tv, seconds := 0.9, 0.1, 52.0
				if who == shortcut {
					quality, tv, seconds = c.quality, c.tv, c.seconds
				}
				r.Put("high_quality, "+in(who, 1), data, "", quality+seed)
				r.Put("mode_tv, "+in(who, 1), data, "", tv+seed)
				r.Put("training, "+who, data, "s", seconds+seed)
			}
		}
		if got, text := answer(r); got != c.want {
			t.Errorf("%s: supported %v: %s", name, got, text)
		}
	}
}

// TestOneEvaluationIsValid: and takes no more evaluations of the network in training than the default, counted in forward passes:
// three for a point of a step, and those of the trajectories of a pool.
func TestOneEvaluationIsValid(t *testing.T) {
	c := experiment.Config(experiment.Setup{}, &models.Consistency, "")
	passes := func(steps, batch, students, nfe, restarts int) int {
		const uses, restartPasses = 12, 11 // of a trajectory's points in training; evaluations of a restart
		return 3*batch*(steps+students) + students*batch*(nfe+restarts*restartPasses)/uses
	}
	one := OneEvaluation(c)
	if err := one.Validate(); err != nil {
		t.Fatal(err)
	}
	before := passes(c.Teacher.Steps, c.Teacher.Batch, c.StudentSteps, c.TeacherNFE, c.Restarts)
	after := passes(one.Teacher.Steps, one.Teacher.Batch, one.StudentSteps, one.TeacherNFE, one.Restarts)
	if after > before {
		t.Errorf("%d forward passes, the default takes %d", after, before)
	}
}
