package stage

import (
	"fmt"
	"slices"
	"strconv"

	"genlab/internal/suggest"
	"genlab/lab/live/inside"
	"genlab/lab/registry"
)

// samplingKeys are the options of sampling that a page sets.
var samplingKeys = []string{"sampler", "nfe", "eta", "spacing", "guidance", "label"}

// samplesBy reports whether a setting of a model is one of sampling alone, which a trained model takes as an option too.
// The teacher of a distillation samples in training.
func samplesBy(model, key string) bool {
	return slices.Contains([]string{"diffusion", "flow-matching"}, model) && slices.Contains(samplingKeys, key)
}

// samplingError says what is wrong with an option of sampling.
type samplingError struct{ error }

func (e *samplingError) Unwrap() error { return e.error }

// optionsOf returns the options of sampling from texts.
func optionsOf(set map[string]string) (o registry.Options, err error) {
	for _, key := range slices.Sorted(mapKeys(set)) {
		value := set[key]
		if value == "" {
			continue
		}
		var number float64
		switch key {
		case "sampler":
			o.Sampler = value
		case "spacing":
			o.Spacing = value
		case "label":
			o.Label = value
		case "nfe":
			var n int
			if n, err = strconv.Atoi(value); err != nil || n < 1 || n > inside.MaxNFE {
				return o, fmt.Errorf("nfe is %q, but must be a whole number from 1 to %d", value, inside.MaxNFE)
			}
			o.NFE = &n
		case "eta", "guidance":
			if number, err = strconv.ParseFloat(value, 64); err != nil {
				return o, fmt.Errorf("%s is %q, but must be a number", key, value)
			}
			if key == "eta" {
				o.Eta = &number
			} else {
				o.Guidance = &number
			}
		default:
			return o, suggest.Name("option of sampling", key, samplingKeys)
		}
	}
	return o, nil
}

// setSampling sets the options of sampling of a panel. It fails with a [samplingError] where they do not suit its model.
func (p *panel) setSampling(set map[string]string) error {
	o, err := optionsOf(set)
	var nfe int
	if err == nil {
		var m registry.Trained
		if m, err = p.trained(p.copy()); err == nil {
			_, nfe, err = p.with(m, o)
		}
	}
	if err != nil {
		return &samplingError{err}
	}
	p.options.Store(&o)
	p.nfe.Store(int64(nfe))
	p.version.Add(1)
	return nil
}
