package models

import (
	"image/color"
	"reflect"
	"regexp"
	"testing"

	"genlab/internal/plot"
	"genlab/lab/registry"
	"genlab/lab/taxonomy"
)

// TestEveryModelIsComplete walks the registry and says what a registered model still lacks.
func TestEveryModelIsComplete(t *testing.T) {
	kebab := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	sentence := regexp.MustCompile(`^[A-Z].{10,110}\.$`)
	likelihoods := map[string]bool{"exact": true, "ODE": true, "bound": true, "none": true}
	type mark struct {
		colour color.NRGBA
		shape  plot.Shape
	}
	marks, names := map[mark]string{}, map[string]bool{}
	shapes := map[plot.Shape]string{}
	for _, m := range All {
		about := m.About()
		lacks := func(what string) { t.Helper(); t.Errorf("%q lacks %s", about.Name, what) }
		if !kebab.MatchString(about.Name) || names[about.Name] {
			lacks("a name of its own in kebab-case")
		}
		names[about.Name] = true
		if !sentence.MatchString(about.Summary) {
			lacks("a Summary: one line, a capital first, a full stop last")
		}
		if !likelihoods[about.Likelihood] {
			lacks("a Likelihood: exact, ODE, bound or none")
		}
		look := mark{about.Colour, about.Marker}
		if other, ok := marks[look]; ok || about.Colour.A == 0 {
			lacks("a Colour and a Marker of its own: " + other + " has them")
		}
		marks[look] = about.Name
		if other, ok := shapes[about.Marker]; ok && about.Role == registry.Paradigm {
			lacks("a Marker of its own among the paradigms: " + other + " has it")
		} else if about.Role == registry.Paradigm {
			shapes[about.Marker] = about.Name
		}
		if about.Role != registry.Baseline {
			for _, missing := range taxonomy.Lacks(about.Name) {
				lacks("on the map " + missing)
			}
		}
		for _, field := range []string{"Defaults", "Tiny", "Loop", "Task", "New", "Resume", "Load"} {
			if reflect.ValueOf(m).Elem().FieldByName(field).IsNil() {
				lacks(field)
			}
		}
		full, smoke := m.Job("", false), m.Job("", true)
		if err := full.Validate(); err != nil {
			lacks("valid defaults: " + err.Error())
		}
		if err := smoke.Validate(); err != nil {
			lacks("a valid smoke preset: " + err.Error())
		}
		if full.Loop().Steps < 2*smoke.Loop().Steps {
			lacks("a smoke preset that is shorter than its default")
		}
		main := 0
		for _, f := range registry.Fields(full) {
			if f.Main {
				main++
			}
			if f.Key != "model" && (f.Help == "" || f.Group == "") {
				lacks("help and a group for " + f.Key)
			}
		}
		if main < 4 || main > 14 {
			t.Errorf("%q has %d main settings; about ten stand first in its help", about.Name, main)
		}
	}
}

// TestStyle: variants look like their model, references are black, the unknown is grey.
func TestStyle(t *testing.T) {
	if Colour("flow-spline") != Colour("flow") || Colour("flow on moons") != Colour("flow") {
		t.Error("a variant has another colour than its model")
	}
	if Colour("truth") != plot.Black || Colour("oracle") != plot.Black || Colour("mystery") != plot.Grey {
		t.Error("references")
	}
}
