package main

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"genlab/datasets"
	"genlab/internal/config"
)

// sizing is what the plan changes of a model's defaults.
type sizing struct {
	smoke         bool
	steps, hidden int // 0 leaves the default
}

// planned returns the configuration of a run: the defaults but for the size. The schedules that
// count steps end where the training does; a warm-up takes at most a tenth of it, and the average
// of the weights looks back at most a tenth.
func (f *family[C]) planned(data string, seed uint64, size sizing) ([]byte, int, error) {
	s := f.preset(size.smoke, data)
	s.Seed = seed
	if size.hidden > 0 {
		if err := config.Set(&s, "hidden", strconv.Itoa(size.hidden)); err != nil {
			return nil, 0, err
		}
	}
	if size.steps > 0 {
		for _, field := range config.Fields(&s) {
			switch field.Key {
			case "steps":
				field.Value.SetInt(int64(size.steps))
			case "warmup":
				field.Value.SetInt(min(field.Value.Int(), int64(size.steps/10)))
			case "ema":
				field.Value.SetFloat(min(field.Value.Float(), max(0, 1-10/float64(size.steps))))
			}
		}
	}
	if err := s.Config.Validate(); err != nil {
		return nil, 0, fmt.Errorf("%s: %w", f.name, err)
	}
	b, err := config.Marshal(&s)
	return b, f.loop(s.Config).Steps, err
}

// sizes turns the budget into steps and widths.
func (k *comparison) sizes() (map[string]sizing, error) {
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
		if target, err = paradigmNamed("diffusion").count(0); err != nil {
			return nil, err
		}
	}
	perPoint := 0.0 // seconds that a training point takes, over the models
	for _, name := range theParadigms {
		perPoint += 1 / (float64(paradigmNamed(name).batch()) * k.rates.of(k.plan.Equal, name))
	}
	points := k.plan.Budget * float64(len(theParadigms)) / perPoint
	for _, name := range k.plan.Models {
		p, s := paradigmNamed(name), sizing{}
		switch {
		case target == 0:
			s.steps = int(k.plan.Budget * k.rates.of(k.plan.Equal, name))
		default:
			s.steps = int(math.Round(points / float64(p.batch())))
			var err error
			if s.hidden, err = widthFor(p, target); err != nil {
				return nil, err
			}
		}
		if s.steps < 1 {
			least := time.Duration(float64(time.Second) / k.rates.of(k.plan.Equal, name))
			return nil, usagef("--budget %v holds no step of %s, which takes about %v: give more", time.Duration(k.plan.Budget*1e9), name, least.Round(time.Millisecond))
		}
		all[name] = s
	}
	return all, nil
}

// batch is the number of training points of a step, by default.
func (f *family[C]) batch() int { return f.loop(f.preset(false, "").Config).Batch }

// count is the number of parameters at a width, 0 for the default, with points of the plane.
func (f *family[C]) count(hidden int) (int, error) {
	s := f.preset(false, "")
	if hidden > 0 {
		if err := config.Set(&s, "hidden", strconv.Itoa(hidden)); err != nil {
			return 0, err
		}
	}
	if err := s.Config.Validate(); err != nil {
		return 0, err
	}
	ds, err := datasets.ByName(s.Data)
	if err != nil {
		return 0, err
	}
	t, err := f.start(s, plane{ds, ds.Law})
	if err != nil {
		return 0, err
	}
	m, err := f.load(s.Config, t.State())
	if err != nil {
		return 0, err
	}
	return m.Params(), nil
}

// widthFor returns the hidden width whose number of parameters is nearest to the target, within
// 5 %. The number grows with the width; a width that a model refuses (one that its heads do not
// divide) is passed over.
func widthFor(p paradigm, target int) (int, error) {
	const widest = 4096
	at := func(width int) (int, int, error) {
		n, err := p.count(width)
		for tries := 0; err != nil && tries < 16; tries++ {
			width++
			n, err = p.count(width)
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
