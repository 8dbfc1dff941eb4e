package stage

import (
	"encoding/json"
	"errors"
	"strings"

	"gonum.org/v1/gonum/mat"

	"genlab/lab/live/inside"
	"genlab/metrics"
)

// inside returns what a view shows of a panel's model as it is now.
func (s *stage) inside(r inside.Request) (inside.Answer, error) {
	p, err := s.panel(r.Panel)
	if err != nil {
		return nil, err
	}
	c := p.copy()
	if strings.HasPrefix(c.state, "diverged") {
		return nil, conflict("the training of %s diverged at step %d, so there is nothing to look into: restart it with a smaller learning rate", title(p.model.Model), c.step)
	}
	m, err := p.trained(c)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	data, o := s.data, s.oracle
	s.mu.Unlock()
	of := inside.Subject{Name: p.model.Model, Model: m, Task: p.task, Data: data.ds, Box: data.box, Seed: p.job.Seed()}
	if o != nil {
		of.Score = func(sample func(n int) *mat.Dense) any { return o.score(sample) }
	}
	var answer inside.Answer
	err = guarded(func() (err error) { answer, err = of.Look(r); return err })
	if err != nil {
		return nil, p.whyNot(c, err)
	}
	answer["step"], answer["view"], answer["panel"] = c.step, r.View, p.id
	if _, err := json.Marshal(answer); err != nil { // a number that is not finite
		return nil, conflict("%s has numbers that are not finite at step %d, so there is nothing to look into: restart it with a smaller learning rate", title(p.model.Model), c.step)
	}
	return answer, nil
}

// whyNot returns the error of a view in words: a model that has not learned anything yet has nothing to look into. Other panics stay what they are.
func (p *panel) whyNot(c copied, err error) error {
	if cannot := new(unready); !errors.As(err, &cannot) {
		return err
	}
	switch _, _, failed := p.guardedSamples(c, 2); {
	case c.step == 0:
		return conflict("%s has not learned anything yet: press Start or One step, then there is something to look into", title(p.model.Model))
	case failed != nil:
		return conflict("%s cannot make samples yet at step %d, so there is nothing to look into: let it train on", title(p.model.Model), c.step)
	}
	return err
}

// guardedSamples returns samples as [panel.samples] does, and an error also where the model panics.
func (p *panel) guardedSamples(c copied, n int) (x *mat.Dense, labels []int, err error) {
	err = guarded(func() (err error) {
		x, labels, err = p.samples(c, n)
		return err
	})
	return x, labels, err
}

// score returns the energy distance of samples while a model trains.
func (o *oracle) score(sample func(n int) *mat.Dense) []row {
	n, _ := o.truth[0].Dims()
	return []row{rowOf(metrics.EnergyDistance(sample(n), o.truth[0]).Row("energy_distance", o.scores(0).energy.Value, "", "lower"))}
}
