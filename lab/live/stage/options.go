package stage

import (
	"cmp"
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"

	"genlab/datasets"
	"genlab/internal/config"
	"genlab/lab/live/inside"
	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/metrics"
)

// knob describes a setting for a form.
type knob struct {
	Key     string   `json:"key"`
	Help    string   `json:"help"`
	Kind    string   `json:"kind"`
	Default string   `json:"default"`
	Range   string   `json:"range"`
	Min     *float64 `json:"min"`
	Max     *float64 `json:"max"`
	OpenMin bool     `json:"open_min"`
	OpenMax bool     `json:"open_max"`
	Choices []string `json:"choices"`
	Group   string   `json:"group"`
	Main    bool     `json:"main"`
	Telling bool     `json:"telling"`
	Expect  string   `json:"expect"`
}

// choice describes a model for a form.
type choice struct {
	Name           string   `json:"name"`
	Title          string   `json:"title"`
	Summary        string   `json:"summary"`
	Role           string   `json:"role"`
	Likelihood     string   `json:"likelihood"`
	LikelihoodNote string   `json:"likelihood_note"`
	Colour         string   `json:"colour"`
	Fits           bool     `json:"fits"`
	WhyNot         string   `json:"why_not"`
	On             string   `json:"on"` // other data that it fits
	Views          []string `json:"views"`
	Unseen         string   `json:"unseen"` // why there is no view
	Knobs          []knob   `json:"knobs"`
	Sampling       []knob   `json:"sampling"`
	Quick          Model    `json:"quick"` // with the settings of a browser
}

// dataChoice describes a dataset for a form.
type dataChoice struct {
	Name    string         `json:"name"`
	Title   string         `json:"title"`
	Modes   *int           `json:"modes"`
	Entropy metrics.Number `json:"entropy"`
	Labels  []string       `json:"labels"`
	Dim     int            `json:"dim"`
}

// options is what there is to choose.
type options struct {
	Backend  string            `json:"backend"`
	Cannot   map[string]string `json:"cannot"`
	Limits   map[string]int    `json:"limits"`
	Start    Settings          `json:"start"`
	Models   []choice          `json:"models"`
	Datasets []dataChoice      `json:"datasets"`
}

// choices returns what there is to choose for a dataset.
func (s *Stages) choices(data string) (options, error) {
	if data == "" || data == "points" {
		data = "8gaussians"
	}
	if wrong := (Settings{Data: Data{Name: data}, Seed: 1, Samples: 1, Models: paradigms()}).check(s.o.Files); wrong != nil {
		return options{}, bad("%s", wrong[0].Message)
	}
	o := options{
		Backend: s.o.Backend, Cannot: s.o.Cannot, Start: s.o.Start,
		Limits: map[string]int{"models": MaxModels, "points": MaxPoints, "least_points": MinPoints, "samples": MaxSamples, "body": MaxBody},
	}
	if o.Cannot == nil {
		o.Cannot = map[string]string{}
	}
	for _, m := range models.All {
		o.Models = append(o.Models, choiceOf(m, data))
	}
	var all []*datasets.Dataset
	for _, name := range append(dataNames(), s.fileNames()...) {
		if d, err := datasets.ByName(name); err == nil {
			all = append(all, d)
		}
	}
	for _, d := range all {
		c := dataChoice{d.Name, cmp.Or(d.Summary, d.Name), nil, metrics.Number(d.Entropy), d.Labels, d.Dim()}
		if d.Modes != nil {
			n := d.Modes.Len()
			c.Modes = &n
		}
		if c.Labels == nil {
			c.Labels = []string{}
		}
		o.Datasets = append(o.Datasets, c)
	}
	return o, nil
}

// choiceOf describes a model with its defaults for a dataset.
func choiceOf(m registry.Model, data string) choice {
	about := m.About()
	j := m.Job(data, false)
	c := choice{
		Name: about.Name, Title: title(about.Name), Summary: about.Summary, Role: about.Role.String(), Likelihood: about.Likelihood,
		LikelihoodNote: likelihoodNotes[about.Likelihood], Colour: hexColour(about.Colour), Fits: true, Views: inside.Views(about.Name), Sampling: []knob{},
	}
	if _, err := fits(j); err != nil {
		c.Fits, c.WhyNot = false, err.Error()
		if unfit := new(unfitError); errors.As(err, &unfit) {
			c.On = unfit.on
		}
	}
	c.Unseen = unseen(about.Name, c.Views)
	c.Quick = Quick(Settings{Models: []Model{{Model: about.Name}}}).Models[0]
	for _, f := range registry.Fields(j) {
		switch {
		case slices.Contains([]string{"model", "data", "seed", "test", "holdout"}, f.Key):
		case samplesBy(about.Name, f.Key):
			c.Sampling = append(c.Sampling, knobOf(about.Name, f))
		default:
			c.Knobs = append(c.Knobs, knobOf(about.Name, f))
		}
	}
	if slices.ContainsFunc(c.Knobs, func(k knob) bool { return k.Key == "conditional" }) {
		c.Sampling = append(c.Sampling, knob{
			Key: "label", Kind: "text", Help: "label that samples are conditioned on, by number or name; empty for all", Group: "sampling", Main: true,
			Expect: "Needs conditional. All points then come from one class.",
		})
	}
	slices.SortStableFunc(c.Knobs, func(a, b knob) int { return rank(about.Name, a.Key) - rank(about.Name, b.Key) })
	return c
}

// rank sorts the telling settings of a model before the others.
func rank(model, key string) int {
	i := slices.IndexFunc(telling[model], func(e expectation) bool { return e.key == key })
	if i < 0 {
		return len(telling[model])
	}
	return i
}

// knobOf describes a setting of a model.
func knobOf(model string, f config.Field) knob {
	k := knob{Key: f.Key, Help: f.Help, Default: f.Default, Range: f.Range, Choices: f.Choices, Group: f.Group, Main: f.Main, Expect: common[f.Key]}
	switch {
	case f.Choices != nil:
		k.Kind = "choice"
	case f.Type == "bool", f.Type == "int", f.Type == "float":
		k.Kind = f.Type
	case f.Type == "uint":
		k.Kind = "int"
	default:
		k.Kind = "text"
	}
	lo, hi, openLo, openHi := f.Bounds()
	if limit, ok := most[f.Key]; ok && limit < hi {
		hi, openHi = limit, false
		k.Range = fmt.Sprintf("%s, on a stage at most %.0f", f.Range, limit)
	}
	if f.Key == "nfe" {
		hi, openHi = inside.MaxNFE, false
	}
	if !math.IsInf(lo, 0) {
		k.Min, k.OpenMin = &lo, openLo
	}
	if !math.IsInf(hi, 0) {
		k.Max, k.OpenMax = &hi, openHi
	}
	for _, e := range telling[model] {
		if e.key == f.Key {
			k.Telling, k.Expect = true, e.expect
		}
	}
	return k
}

func hexColour(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }
