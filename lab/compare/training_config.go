package compare

import (
	"slices"
	"strconv"

	"genlab/internal/config"
	"genlab/internal/usage"
	"genlab/lab/registry"
)

// configFor returns the configuration of a training of some size, and its total number of steps. Learning
// rate schedules end with the training; warm-up takes at most a tenth of it, and so does the averaging
// window of the EMA.
func configFor(m registry.Model, data string, seed uint64, size trainingSize) ([]byte, int, error) {
	j := m.Job(data, size.smoke)
	err := config.Set(j.Settings(), "seed", strconv.FormatUint(seed, 10))
	if err == nil && size.hidden > 0 {
		err = config.Set(j.Settings(), "hidden", strconv.Itoa(size.hidden))
	}
	if err != nil {
		return nil, 0, err
	}
	if size.steps > 0 {
		setTotalSteps(j, size.steps)
	}
	if err := j.Validate(); err != nil {
		return nil, 0, usage.Errorf("%s in %d steps, all that the budget allows: %w", m.About().Name, size.steps, err)
	}
	b, err := config.Marshal(j.Settings())
	return b, j.Loop().Steps, err
}

// setTotalSteps sets the total number of training steps. The phases of a hybrid, one after the other, keep
// their shares; the shortest limits warm-up and EMA.
func setTotalSteps(j registry.Job, steps int) {
	fields, total := stepFields(j), int64(j.Loop().Steps)
	left, shortest := int64(steps), int64(steps)
	for i, p := range fields {
		part := left
		if i < len(fields)-1 {
			part = p.Value.Int() * int64(steps) / total
		}
		p.Value.SetInt(part)
		left, shortest = left-part, min(shortest, part)
	}
	for _, field := range registry.Fields(j) {
		switch field.Key {
		case "warmup":
			field.Value.SetInt(min(field.Value.Int(), shortest/10))
		case "ema":
			field.Value.SetFloat(min(field.Value.Float(), max(0, 1-10/float64(shortest))))
		}
	}
}

// stepFields returns the settings that count training steps: one more of them makes the total one more.
func stepFields(j registry.Job) []config.Field {
	whole := j.Loop().Steps
	return slices.DeleteFunc(registry.Fields(j), func(field config.Field) bool {
		if !field.Value.CanInt() {
			return true
		}
		was := field.Value.Int()
		field.Value.SetInt(was + 1)
		more := j.Loop().Steps - whole
		field.Value.SetInt(was)
		return more != 1
	})
}
