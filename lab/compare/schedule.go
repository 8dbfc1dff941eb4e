package compare

import (
	"slices"
	"strconv"

	"genlab/internal/config"
	"genlab/internal/usage"
	"genlab/lab/registry"
)

// planned returns the configuration of a run: the defaults but for the size, and the steps of the
// whole training. The schedules that count steps end where the training does; a warm-up takes at
// most a tenth of it, and the EMA looks back at most a tenth.
func planned(m registry.Model, data string, seed uint64, size sizing) ([]byte, int, error) {
	j := m.Job(data, size.smoke)
	err := config.Set(j.Settings(), "seed", strconv.FormatUint(seed, 10))
	if err == nil && size.hidden > 0 {
		err = config.Set(j.Settings(), "hidden", strconv.Itoa(size.hidden))
	}
	if err != nil {
		return nil, 0, err
	}
	if size.steps > 0 {
		stretch(j, size.steps)
	}
	if err := j.Validate(); err != nil {
		return nil, 0, usage.Errorf("%s in %d steps, which is all that the budget holds: %w", m.About().Name, size.steps, err)
	}
	b, err := config.Marshal(j.Settings())
	return b, j.Loop().Steps, err
}

// stretch gives the training a number of steps in all: each phase of it, one after the other in a
// hybrid, keeps its share. The shortest phase decides about warm-up and EMA.
func stretch(j registry.Job, steps int) {
	list, whole := phases(j), int64(j.Loop().Steps)
	left, shortest := int64(steps), int64(steps)
	for i, p := range list {
		part := left
		if i < len(list)-1 {
			part = p.Value.Int() * int64(steps) / whole
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

// phases are the settings that count steps of the training: with one more of them it has one more.
func phases(j registry.Job) []config.Field {
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
