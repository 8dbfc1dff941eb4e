package stage_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"genlab/lab/live/stage"
	"genlab/lab/models"
)

// TestEveryModelIsOfferedOrExplained: a page knows of every registered model; one that cannot learn the data has a reason in words of a
// page, and the data that it names suit it; one without a view says so.
func TestEveryModelIsOfferedOrExplained(t *testing.T) {
	s := stage.NewStages(stage.Options{})
	defer s.Close()
	type choice struct {
		Name, Title, On, Unseen string
		WhyNot                  string `json:"why_not"`
		Fits                    bool
		Views                   []string
	}
	known := map[string]map[string]choice{}
	offered := func(data string) map[string]choice {
		if all := known[data]; all != nil {
			return all
		}
		r := s.Handle("GET", "api/options", url.Values{"data": {data}}, nil)
		var o struct{ Models []choice }
		if err := json.Unmarshal(r.Body, &o); err != nil {
			t.Fatal(err)
		}
		all := map[string]choice{}
		known[data] = all
		for _, m := range o.Models {
			all[m.Name] = m
		}
		return all
	}
	unfit := 0
	for _, data := range []string{"8gaussians", "dots16", "bounce", "captions"} {
		all := offered(data)
		if len(all) != len(models.All) {
			t.Errorf("%s: %d models are offered of %d", data, len(all), len(models.All))
		}
		for _, m := range all {
			if m.Fits != (m.WhyNot == "") || strings.Contains(m.WhyNot, "--") || (len(m.Views) == 0) != (m.Unseen != "") || m.Title == "" || m.Title == m.Name {
				t.Errorf("%s: %+v", data, m)
			}
			if m.Fits {
				continue
			}
			if unfit++; m.On != "" && !offered(m.On)[m.Name].Fits {
				t.Errorf("%s does not fit %s, and not %s either", m.Name, data, m.On)
			}
		}
	}
	if unfit == 0 {
		t.Error("every model fits all data")
	}
}
