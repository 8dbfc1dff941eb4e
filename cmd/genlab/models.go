package main

import (
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	rundir "genlab/internal/run"
	"genlab/internal/suggest"
)

// paradigms are the models that the commands know. A new one is a line here, its family in a
// file of its own, and a field of trainCmd that gives it its flags.
var paradigms = []paradigm{&diffusionFamily, &flowFamily, &ganFamily, &vaeFamily, &autoregressiveFamily, &flowPriorFamily, &consistencyFamily, &adversarialFamily, &latentDiffusionFamily, &videoFamily, &captionedFamily}

func modelNames() []string {
	names := make([]string, len(paradigms))
	for i, p := range paradigms {
		names[i] = p.modelName()
	}
	return names
}

// paradigmNamed returns the paradigm of a name that is known.
func paradigmNamed(name string) paradigm { return paradigms[slices.Index(modelNames(), name)] }

// paradigmOf returns the paradigm of a run by its config.yaml.
func paradigmOf(d *rundir.Dir) (paradigm, error) {
	b, err := d.ReadConfig()
	if err != nil {
		return nil, err
	}
	var head struct{ Model string }
	if err := yaml.Unmarshal(b, &head); err != nil {
		return nil, usagef("%s: %w", d.Path(rundir.ConfigFile), err)
	}
	for _, p := range paradigms {
		if p.modelName() == head.Model {
			return p, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", d.Path(rundir.ConfigFile), suggest.Name("model", head.Model, modelNames()))
}
