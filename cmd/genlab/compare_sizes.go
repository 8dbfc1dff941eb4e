package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"genlab/internal/config"
)

// sizing is what the plan changes of a model's defaults.
type sizing struct {
	smoke         bool
	steps, hidden int // 0 leaves the default
}

// planned returns the configuration of a run: the defaults but for the size, and the steps of the
// whole training. The schedules that count steps end where the training does; a warm-up takes at
// most a tenth of it, and the average of the weights looks back at most a tenth.
func (f *family[C]) planned(data string, seed uint64, size sizing) ([]byte, int, error) {
	s := f.preset(size.smoke, data)
	s.Seed = seed
	if size.hidden > 0 {
		if err := config.Set(&s, "hidden", strconv.Itoa(size.hidden)); err != nil {
			return nil, 0, err
		}
	}
	if size.steps > 0 {
		f.stretch(&s, size.steps)
	}
	if err := s.Config.Validate(); err != nil {
		return nil, 0, usagef("%s in %d steps, which is all that the budget holds: %w", f.name, size.steps, err)
	}
	b, err := config.Marshal(&s)
	return b, f.loop(s.Config).Steps, err
}

// stretch gives the training a number of steps in all: each phase of it, one after the other in a
// hybrid, keeps its share. The shortest phase decides about warm-up and average.
func (f *family[C]) stretch(s *settings[C], steps int) {
	phases, whole := f.phases(s), int64(f.loop(s.Config).Steps)
	left, shortest := int64(steps), int64(steps)
	for i, p := range phases {
		part := left
		if i < len(phases)-1 {
			part = p.Value.Int() * int64(steps) / whole
		}
		p.Value.SetInt(part)
		left, shortest = left-part, min(shortest, part)
	}
	for _, field := range config.Fields(s) {
		switch field.Key {
		case "warmup":
			field.Value.SetInt(min(field.Value.Int(), shortest/10))
		case "ema":
			field.Value.SetFloat(min(field.Value.Float(), max(0, 1-10/float64(shortest))))
		}
	}
}

// phases are the settings that count steps of the training: with one more of them it has one more.
func (f *family[C]) phases(s *settings[C]) []config.Field {
	whole := f.loop(s.Config).Steps
	return slices.DeleteFunc(config.Fields(s), func(field config.Field) bool {
		if !field.Value.CanInt() {
			return true
		}
		was := field.Value.Int()
		field.Value.SetInt(was + 1)
		more := f.loop(s.Config).Steps - whole
		field.Value.SetInt(was)
		return more != 1
	})
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
	target := 0
	if k.plan.Equal == string(equalParams) {
		var err error
		if target, err = usualSize(data); err != nil {
			return nil, err
		}
	}
	perPoint := 0.0 // seconds that a training point takes, over the models
	for _, name := range theParadigms {
		rate, err := k.rates.of(k.plan.Equal, name)
		if err != nil {
			return nil, err
		}
		perPoint += 1 / (float64(paradigmNamed(name).batch()) * rate)
	}
	points := k.plan.Budget * float64(len(theParadigms)) / perPoint
	for _, name := range k.plan.Models {
		p, s := paradigmNamed(name), sizing{}
		steps := points / float64(p.batch())
		if target == 0 {
			rate, err := k.rates.of(k.plan.Equal, name)
			if err != nil {
				return nil, err
			}
			steps = k.plan.Budget * rate
			s.steps = int(steps)
		} else {
			var err error
			s.steps = int(math.Round(steps))
			if s.hidden, err = widthFor(p, target, data); err != nil {
				return nil, err
			}
		}
		if s.steps < 1 {
			budget := time.Duration(k.plan.Budget * 1e9)
			least := time.Duration(float64(budget) / steps)
			return nil, usagef("--budget %v holds no step of %s, which takes about %v: give more", budget, name, least.Round(time.Millisecond))
		}
		all[name] = s
	}
	return all, nil
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

// usualSize is the number of parameters that all models have where that is what is equal.
func usualSize(data string) (int, error) {
	p := paradigmNamed("diffusion")
	m, err := p.learns(data)
	if err != nil {
		return 0, err
	}
	return p.count(0, data, m)
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
