package stage

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"genlab/datasets"
	"genlab/lab/live/inside"
	"genlab/lab/live/pack"
	"genlab/lab/rundir"
	"genlab/metrics"
)

// description is the STAGE of the protocol.
type description struct {
	ID       string           `json:"id"`
	State    string           `json:"state"`
	Speed    float64          `json:"speed"`
	Serial   int              `json:"serial"`
	Settings Settings         `json:"settings"`
	Data     dataDescription  `json:"data"`
	Panels   []panelDescribed `json:"panels"`
	Command  string           `json:"command"`
	Compare  string           `json:"compare"`
}

type dataDescription struct {
	Name        string         `json:"name"`
	Title       string         `json:"title"`
	Labels      []string       `json:"labels"`
	Points      int            `json:"points"`
	Entropy     metrics.Number `json:"entropy"`
	Modes       [][2]float64   `json:"modes"`
	ModeCount   int            `json:"mode_count"`
	Box         [4]float64     `json:"box"`
	Range       [4]float64     `json:"range"`
	Density     *pack.Grid     `json:"density"`
	Truth       string         `json:"truth"`
	TruthLabels []int          `json:"truth_labels"`
}

type panelDescribed struct {
	ID         string   `json:"id"`
	Model      string   `json:"model"`
	Title      string   `json:"title"`
	Colour     string   `json:"colour"`
	Likelihood string   `json:"likelihood"`
	Params     int      `json:"params"`
	Steps      int      `json:"steps"`
	Step       int      `json:"step"` // taken so far
	Batch      int      `json:"batch"`
	NFE        int      `json:"nfe"`
	Views      []string `json:"views"`
	Note       string   `json:"note"`
	Labels     bool     `json:"labels"`
	Command    string   `json:"command"`
}

// describe returns the stage for a client.
func (s *stage) describe() description {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := description{ID: s.id, State: s.state, Speed: s.speed, Serial: s.serial, Settings: s.settings, Command: s.command(), Compare: s.compareCommand()}
	ds := s.data.ds
	d.Data = dataDescription{
		Name: s.data.name, Title: ds.Summary, Labels: ds.Labels, Entropy: metrics.Number(ds.Entropy), Box: pack.Corners(s.data.box), Range: pack.Corners(s.data.reach),
		Density: s.data.density, Truth: s.data.truth, TruthLabels: s.data.labels, Modes: [][2]float64{},
	}
	if d.Data.Labels == nil {
		d.Data.Labels = []string{}
	}
	if rows, ok := ds.Rows(); ok {
		d.Data.Points, _ = rows.Dims()
	}
	if ds.Modes != nil {
		d.Data.ModeCount = ds.Modes.Len()
	}
	if m, ok := ds.Modes.(*datasets.Mixture); ok {
		d.Data.Modes = append(d.Data.Modes, m.Centres...)
	}
	for _, p := range s.panels {
		d.Panels = append(d.Panels, p.describe(s.data.name))
	}
	return d
}

// describe returns the panel for a client.
func (p *panel) describe(data string) panelDescribed {
	about := p.job.Of().About()
	d := panelDescribed{
		ID: p.id, Model: about.Name, Title: title(about.Name), Colour: hexColour(about.Colour), Likelihood: about.Likelihood, Params: p.params,
		Steps: p.loop.Steps, Step: p.latest.Load().step, Batch: p.loop.Batch, Views: []string{}, Note: p.cannot, Command: p.command(data),
	}
	if p.cannot != "" {
		return d
	}
	d.Labels, d.NFE = p.task.Classes() > 0, int(p.nfe.Load())
	d.Views = inside.Views(about.Name)
	return d
}

// command returns the command line that trains the model of a panel on the data of a name.
func (p *panel) command(data string) string {
	args := []string{"genlab", "train", p.model.Model, "--data", quoted(data)}
	if seed := p.job.Seed(); seed != 1 {
		args = append(args, "--seed", fmt.Sprint(seed))
	}
	return strings.Join(append(args, flags(p.model.merged())...), " ")
}

// merged returns the settings of training with those of sampling that train has as well.
func (m Model) merged() map[string]string {
	all := map[string]string{}
	for key, value := range m.Set {
		all[key] = value
	}
	for key, value := range m.Sampling {
		if samplesBy(m.Model, key) && key != "label" && value != "" {
			all[key] = value
		}
	}
	return all
}

// flags returns settings as flags.
func flags(set map[string]string) (args []string) {
	for _, key := range slices.Sorted(mapKeys(set)) {
		switch value := set[key]; value {
		case "true":
			args = append(args, "--"+key)
		default:
			args = append(args, "--"+key+"="+quoted(value))
		}
	}
	return args
}

// quoted returns an argument for a shell.
func quoted(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,+", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// command returns the command line that opens the stage; s.mu is held.
func (s *stage) command() string {
	args := []string{"genlab", "live", "--data", quoted(s.data.name)}
	if s.settings.Seed != 1 {
		args = append(args, "--seed", fmt.Sprint(s.settings.Seed))
	}
	var list []string
	for _, m := range s.settings.Models {
		list = append(list, m.Model)
	}
	args = append(args, "--models", strings.Join(list, ","))
	for i, m := range s.settings.Models {
		set := m.merged()
		if label := m.Sampling["label"]; label != "" {
			set["label"] = label
		}
		for _, key := range slices.Sorted(mapKeys(set)) {
			args = append(args, "--set", quoted(fmt.Sprintf("%s.%s=%s", s.panels[i].id, key, set[key])))
		}
	}
	return strings.Join(args, " ")
}

// compareCommand returns the command line that compares the models, "" where it cannot: s.mu is held.
func (s *stage) compareCommand() string {
	var list []string
	for _, p := range s.panels {
		if p.cannot != "" || slices.Contains(list, p.model.Model) || len(p.model.Set) > 0 {
			return ""
		}
		list = append(list, p.model.Model)
	}
	return "genlab compare --data " + quoted(s.data.name) + " --models " + strings.Join(list, ",")
}

// folder returns the run folder of a panel: that of genlab train below out, with a number where it is taken.
func (p *panel) folder(out, data string, free func(string) bool) string {
	base := filepath.Join(out, filepath.Base(rundir.DefaultPath(p.model.Model, data, p.job.Seed())))
	for n := 1; ; n++ {
		path := base
		if n > 1 {
			path = fmt.Sprintf("%s-%d", base, n)
		}
		if free(path) {
			return path
		}
	}
}
