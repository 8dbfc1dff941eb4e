package main

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"time"

	"genlab/internal/config"
)

// sizing is what the plan changes of a model's defaults.
type sizing struct {
	smoke         bool
	steps, hidden int // 0 leaves the default
}

// sizes turns the budget into steps and widths for points of a data set.
func (k *comparison) sizes(data string) (map[string]sizing, error) {
	all := map[string]sizing{}
	if k.plan.Smoke {
		for _, name := range k.plan.Models {
			all[name] = sizing{smoke: true}
		}
		return all, nil
	}
	if k.plan.Equal == string(equalParams) {
		return all, k.equalParams(data, all)
	}
	for _, name := range k.plan.Models {
		p := paradigmNamed(name)
		rate, err := k.rates.of(k.plan.Equal, name)
		if err != nil {
			return nil, err
		}
		home := cmp.Or(p.home(), calibrationData)
		slower, err := growth(p, home, data)
		if err != nil {
			return nil, err
		}
		steps := k.plan.Budget * rate / slower
		all[name] = sizing{steps: int(steps)}
		if err := k.holds(name, int(steps), steps); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// equalParams sets the widths at which all models have as many parameters as diffusion has at its
// own, and the steps in which they see as many points.
func (k *comparison) equalParams(data string, all map[string]sizing) error {
	p := paradigmNamed("diffusion")
	target, err := p.size(data)
	if err != nil {
		return err
	}
	slower, err := growth(p, calibrationData, data)
	if err != nil {
		return err
	}
	perPoint := 0.0 // seconds that a training point takes, over the models
	for _, name := range theParadigms {
		rate, err := k.rates.of(k.plan.Equal, name)
		if err != nil {
			return err
		}
		perPoint += slower / (float64(paradigmNamed(name).batch()) * rate)
	}
	points := k.plan.Budget * float64(len(theParadigms)) / perPoint
	for _, name := range k.plan.Models {
		p := paradigmNamed(name)
		steps := points / float64(p.batch())
		s := sizing{steps: int(math.Round(steps))}
		if s.hidden, err = widthFor(p, target, data); err != nil {
			return err
		}
		if err := k.holds(name, s.steps, steps); err != nil {
			return err
		}
		all[name] = s
	}
	return nil
}

// holds is an error where the budget has no step, or only a part of one.
func (k *comparison) holds(model string, steps int, part float64) error {
	if steps >= 1 {
		return nil
	}
	budget := time.Duration(k.plan.Budget * 1e9)
	least := time.Duration(float64(budget) / part)
	return usagef("--budget %v holds no step of %s, which takes about %v: give more", budget, model, least.Round(time.Millisecond))
}

// growth is how many times as many parameters a model has on some data as on that of its rate, by
// which a step takes longer: 1 where the points have as many coordinates.
func growth(p paradigm, home, data string) (float64, error) {
	a, err := planeOf(home)
	if err != nil {
		return 0, err
	}
	b, err := planeOf(data)
	if err != nil || a.(plane).Dim() == b.(plane).Dim() {
		return 1, err
	}
	before, err := p.size(home)
	if err != nil {
		return 0, err
	}
	after, err := p.size(data)
	return float64(after) / float64(before), err
}

// batch is the number of training points of a step, by default.
func (f *family[C]) batch() int { return f.loop(f.preset(false, "").Config).Batch }

// count is the number of parameters at a width, 0 for the default, of a model that learns from m.
func (f *family[C]) count(hidden int, data string, m material) (int, error) {
	s := f.preset(false, data)
	if hidden > 0 {
		if err := config.Set(&s, "hidden", strconv.Itoa(hidden)); err != nil {
			return 0, err
		}
	}
	if err := s.Config.Validate(); err != nil {
		return 0, err
	}
	t, err := f.start(s, m)
	if err != nil {
		return 0, err
	}
	q, err := f.load(s.Config, t.State())
	if err != nil {
		return 0, err
	}
	return q.Params(), nil
}

// size is the number of parameters that the model has by its defaults.
func (f *family[C]) size(data string) (int, error) {
	m, err := f.learns(data)
	if err != nil {
		return 0, err
	}
	return f.count(0, data, m)
}

// widthFor returns the hidden width whose number of parameters is nearest to the target, within
// 5 %. The number grows with the width; a width that a model refuses (one that its heads do not
// divide) is passed over.
func widthFor(p paradigm, target int, data string) (int, error) {
	const widest = 4096
	m, err := p.learns(data)
	if err != nil {
		return 0, err
	}
	at := func(width int) (int, int, error) {
		n, err := p.count(width, data, m)
		for tries := 0; err != nil && tries < 16; tries++ {
			width++
			n, err = p.count(width, data, m)
		}
		return width, n, err
	}
	best, least := 0, math.Inf(1)
	lo, hi, bounded := 1, 8, false
	for lo <= hi {
		middle := (lo + hi) / 2
		width, n, err := at(middle)
		if err != nil {
			return 0, err
		}
		if away := math.Abs(float64(n-target)) / float64(target); away < least {
			best, least = width, away
		}
		if n >= target {
			hi, bounded = middle-1, true
			continue
		}
		lo = width + 1
		if lo > hi && !bounded && hi < widest {
			hi *= 2
		}
	}
	if least > 0.05 {
		return 0, fmt.Errorf("no width of %s comes within 5 %% of %d parameters", p.modelName(), target)
	}
	return best, nil
}
