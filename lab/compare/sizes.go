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

// trainingSize is what a plan changes of a model's defaults.
type trainingSize struct {
	smoke         bool
	steps, hidden int // 0 keeps the default
}

// sizes turns the budget into steps and hidden widths for a dataset.
func (k *Comparison) sizes(data string) (map[string]trainingSize, error) {
	all := map[string]trainingSize{}
	if k.plan.Smoke {
		for _, name := range k.plan.Models {
			all[name] = trainingSize{smoke: true}
		}
		return all, nil
	}
	if k.plan.Equal == string(equalParams) {
		return all, k.equalParams(data, all)
	}
	for _, name := range k.plan.Models {
		p := mustNamed(k.models, name)
		rate, err := k.rates.of(k.plan.Equal, p)
		if err != nil {
			return nil, err
		}
		calibrated := cmp.Or(p.About().Data, calibrationData)
		ratio, err := parameterRatio(p, calibrated, data)
		if err != nil {
			return nil, err
		}
		steps := k.plan.Budget * rate / ratio
		all[name] = trainingSize{steps: int(steps)}
		if err := k.checkBudget(name, int(steps), steps); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// equalParams sets the widths at which all models have as many parameters as the default diffusion
// model, and the steps in which they train on the same number of points.
func (k *Comparison) equalParams(data string, all map[string]trainingSize) error {
	p := mustNamed(k.models, sizeReference)
	target, err := sizeOf(p, data)
	if err != nil {
		return err
	}
	ratio, err := parameterRatio(p, calibrationData, data)
	if err != nil {
		return err
	}
	perPoint := 0.0 // seconds per training point, summed over the models
	paradigms := k.models.Names(registry.Paradigm)
	for _, name := range paradigms {
		m := mustNamed(k.models, name)
		rate, err := k.rates.of(k.plan.Equal, m)
		if err != nil {
			return err
		}
		perPoint += ratio / (float64(batchOf(m)) * rate)
	}
	points := k.plan.Budget * float64(len(paradigms)) / perPoint
	for _, name := range k.plan.Models {
		p := mustNamed(k.models, name)
		steps := points / float64(batchOf(p))
		s := trainingSize{steps: int(math.Round(steps))}
		if s.hidden, err = widthFor(p, target, data); err != nil {
			return err
		}
		if err := k.checkBudget(name, s.steps, steps); err != nil {
			return err
		}
		all[name] = s
	}
	return nil
}

// checkBudget fails where the budget is less than one training step.
func (k *Comparison) checkBudget(model string, steps int, fraction float64) error {
	if steps >= 1 {
		return nil
	}
	budget := time.Duration(k.plan.Budget * 1e9)
	least := time.Duration(float64(budget) / fraction)
	return usage.Errorf("--budget %v is less than one step of %s, which takes about %v: increase it", budget, model, least.Round(time.Millisecond))
}

// parameterRatio returns the number of parameters of a model on a dataset over that on the dataset of its
// rate, by which a step is taken to be slower. It is 1 where the datasets have the same dimension.
func parameterRatio(m registry.Model, calibrated, data string) (float64, error) {
	a, err := dataset(calibrated)
	if err != nil {
		return 0, err
	}
	b, err := dataset(data)
	if err != nil || a.Dim() == b.Dim() {
		return 1, err
	}
	before, err := sizeOf(m, calibrated)
	if err != nil {
		return 0, err
	}
	after, err := sizeOf(m, data)
	return float64(after) / float64(before), err
}

// sizeReference is the model whose default number of parameters the others get where parameters are equal.
const sizeReference = "diffusion"

// batchOf returns the default number of training points per step.
func batchOf(m registry.Model) int { return m.Job("", false).Loop().Batch }

// sizeOf returns the number of parameters of a model with default settings for a dataset.
func sizeOf(m registry.Model, data string) (int, error) {
	j := m.Job(data, false)
	t, err := j.Task()
	if err != nil {
		return 0, err
	}
	return registry.Count(j, t)
}

// widthFor returns the hidden width whose number of parameters is nearest to the target, by bisection. It
// skips widths that are invalid for the model (not divisible by its heads, say), and fails where none is
// within 5 %.
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
		return 0, fmt.Errorf("no hidden width of %s gives %d parameters within 5 %%", m.About().Name, target)
	}
	return best, nil
}
