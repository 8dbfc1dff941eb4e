package compare

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"time"

	"genlab/internal/config"
	"genlab/internal/usage"
	"genlab/lab/registry"
)

// sizing is what the plan changes of a model's defaults.
type sizing struct {
	smoke         bool
	steps, hidden int // 0 leaves the default
}

// sizes turns the budget into steps and widths for points of a data set.
func (k *Comparison) sizes(data string) (map[string]sizing, error) {
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
		p := named(k.models, name)
		rate, err := k.rates.of(k.plan.Equal, p)
		if err != nil {
			return nil, err
		}
		home := cmp.Or(p.About().Data, calibrationData)
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
func (k *Comparison) equalParams(data string, all map[string]sizing) error {
	p := named(k.models, yardstick)
	target, err := sizeOf(p, data)
	if err != nil {
		return err
	}
	slower, err := growth(p, calibrationData, data)
	if err != nil {
		return err
	}
	perPoint := 0.0 // seconds that a training point takes, over the models
	paradigms := k.models.Names(registry.Paradigm)
	for _, name := range paradigms {
		m := named(k.models, name)
		rate, err := k.rates.of(k.plan.Equal, m)
		if err != nil {
			return err
		}
		perPoint += slower / (float64(batchOf(m)) * rate)
	}
	points := k.plan.Budget * float64(len(paradigms)) / perPoint
	for _, name := range k.plan.Models {
		p := named(k.models, name)
		steps := points / float64(batchOf(p))
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
func (k *Comparison) holds(model string, steps int, part float64) error {
	if steps >= 1 {
		return nil
	}
	budget := time.Duration(k.plan.Budget * 1e9)
	least := time.Duration(float64(budget) / part)
	return usage.Errorf("--budget %v holds no step of %s, which takes about %v: give more", budget, model, least.Round(time.Millisecond))
}

// growth is how many times as many parameters a model has on some data as on that of its rate, by
// which a step takes longer: 1 where the points have as many coordinates.
func growth(p registry.Model, home, data string) (float64, error) {
	a, err := dataset(home)
	if err != nil {
		return 0, err
	}
	b, err := dataset(data)
	if err != nil || a.Dim() == b.Dim() {
		return 1, err
	}
	before, err := sizeOf(p, home)
	if err != nil {
		return 0, err
	}
	after, err := sizeOf(p, data)
	return float64(after) / float64(before), err
}

// yardstick is the model whose size at its defaults the others take where sizes are equal.
const yardstick = "diffusion"

// batchOf is the number of training points of a step, by default.
func batchOf(m registry.Model) int { return m.Job("", false).Loop().Batch }

// sizeOf is the number of parameters that a model has by its defaults.
func sizeOf(m registry.Model, data string) (int, error) {
	j := m.Job(data, false)
	t, err := j.Task()
	if err != nil {
		return 0, err
	}
	return registry.Count(j, t)
}

// widthFor returns the hidden width whose number of parameters is nearest to the target, within
// 5 %. The number grows with the width; a width that a model refuses (one that its heads do not
// divide) is passed over.
func widthFor(m registry.Model, target int, data string) (int, error) {
	const widest = 4096
	job := m.Job(data, false)
	task, err := job.Task()
	if err != nil {
		return 0, err
	}
	count := func(width int) (int, error) {
		j := job.Clone()
		if err := config.Set(j.Settings(), "hidden", strconv.Itoa(width)); err != nil {
			return 0, err
		}
		return registry.Count(j, task)
	}
	at := func(width int) (int, int, error) {
		n, err := count(width)
		for tries := 0; err != nil && tries < 16; tries++ {
			width++
			n, err = count(width)
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
		return 0, fmt.Errorf("no width of %s comes within 5 %% of %d parameters", m.About().Name, target)
	}
	return best, nil
}
