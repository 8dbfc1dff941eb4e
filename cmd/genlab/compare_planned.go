package main

import (
	"slices"
	"strconv"

	"genlab/internal/config"
)

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
