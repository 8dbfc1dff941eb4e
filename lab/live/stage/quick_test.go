package stage_test

import (
	"encoding/json"
	"testing"

	"genlab/lab/live/stage"
	"genlab/lab/models"
	"genlab/lab/registry"
)

// TestQuickSettingsLearn: with the settings of a browser, every paradigm reaches all modes of 8gaussians with most of its
// samples within three standard deviations of one.
func TestQuickSettingsLearn(t *testing.T) {
	set := stage.Settings{Data: stage.Data{Name: "8gaussians"}, Seed: 1, Samples: 400}
	for _, name := range models.All.Names(registry.Paradigm) {
		set.Models = append(set.Models, stage.Model{Model: name})
	}
	set = stage.Quick(set)
	s, d := opened(t, stage.Options{}, set)
	l, err := s.Listen(d.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	control(t, s, d.ID, stage.Control{Do: "start"})
	last := map[string]int{}
	steps := map[string]int{}
	for _, p := range d.Panels {
		steps[p.ID] = p.Steps
	}
	for len(last) < len(set.Models) {
		for _, e := range l.Next(t.Context()) {
			var f struct {
				Panel string
				Step  int
				Rows  []struct {
					Name  string
					Value float64
				}
			}
			if e.Name != "figures" || json.Unmarshal(e.Data, &f) != nil || f.Step < steps[f.Panel] {
				continue
			}
			last[f.Panel] = f.Step
			for _, r := range f.Rows {
				if r.Name == "modes" && r.Value != 8 || r.Name == "high_quality" && r.Value < 0.8 {
					t.Errorf("%s ends with %s %.3f", f.Panel, r.Name, r.Value)
				}
			}
		}
	}
}
