package stage

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"genlab/lab/models"
	"genlab/lab/taxonomy"
)

// mapOf is the map of generative models with a stage for each card and question.
type mapOf struct {
	Paradigms []mapParadigm `json:"paradigms"`
	Cards     []mapCard     `json:"cards"`
	Questions []mapQuestion `json:"questions"`
}

type mapParadigm struct {
	Name       string `json:"name"`
	Title      string `json:"title"`
	Objective  string `json:"objective"`
	Sampling   string `json:"sampling"`
	Likelihood string `json:"likelihood"`
	TradeOff   string `json:"trade_off"`
}

type mapCard struct {
	ID       string    `json:"id"`
	Question string    `json:"question"`
	About    []string  `json:"about"`
	Answer   string    `json:"answer"`
	Command  string    `json:"command"`
	Stage    *Settings `json:"stage"`
	See      string    `json:"see"`
}

type mapQuestion struct {
	ID      string      `json:"id"`
	Text    string      `json:"text"`
	Answers []mapAnswer `json:"answers"`
}

type mapAnswer struct {
	Name     string    `json:"name"`
	Text     string    `json:"text"`
	Paradigm string    `json:"paradigm"`
	Stage    *Settings `json:"stage"`
	See      string    `json:"see"`
}

// theMap returns the map, whose texts are those of genlab map.
var theMap = sync.OnceValue(func() mapOf {
	var m mapOf
	for _, p := range taxonomy.Paradigms() {
		m.Paradigms = append(m.Paradigms, mapParadigm{p.Name, p.Title, p.Objective.Text, p.Sampling.Text, p.Likelihood.Text, p.TradeOff.Text})
	}
	for i, c := range taxonomy.Cards() {
		s, see := cardStage(c)
		m.Cards = append(m.Cards, mapCard{fmt.Sprintf("card-%d", i+1), c.Question, c.About, strings.TrimSpace(c.Answer), c.Command, s, see})
	}
	for _, q := range taxonomy.Questions() {
		of := mapQuestion{ID: q.Key, Text: q.Ask}
		for _, o := range q.Options {
			a := mapAnswer{Name: o.Name, Text: o.Text, Paradigm: o.Paradigm}
			if a.Stage, a.See = answerStage(o); a.Paradigm == "" && q.Key == "place" {
				a.Paradigm = o.Name
			}
			of.Answers = append(of.Answers, a)
		}
		m.Questions = append(m.Questions, of)
	}
	return m
})

// within returns the map with stages that suit a backend.
func (m mapOf) within(backend string) mapOf {
	if backend != "worker" {
		return m
	}
	small := func(s *Settings) *Settings {
		if s == nil {
			return nil
		}
		q := Quick(*s)
		return &q
	}
	m.Cards, m.Questions = slices.Clone(m.Cards), slices.Clone(m.Questions)
	for i := range m.Cards {
		m.Cards[i].Stage = small(m.Cards[i].Stage)
	}
	for i := range m.Questions {
		m.Questions[i].Answers = slices.Clone(m.Questions[i].Answers)
		for j := range m.Questions[i].Answers {
			m.Questions[i].Answers[j].Stage = small(m.Questions[i].Answers[j].Stage)
		}
	}
	return m
}

// stageOf returns settings of models on a dataset.
func stageOf(data string, names ...string) *Settings {
	s := &Settings{Data: Data{Name: data}, Seed: 1, Samples: DefaultSamples}
	for _, name := range names {
		s.Models = append(s.Models, Model{Model: name})
	}
	return s
}

// cardStage returns the stage that answers a card, and what to see there; nil where a card is about models that a
// stage does not show.
func cardStage(c taxonomy.Card) (*Settings, string) {
	var shown []string
	for _, name := range c.About {
		if _, err := models.All.Named(name); err == nil && (slices.Contains(taxonomy.ParadigmNames(), name) || onPlane(name)) {
			shown = append(shown, name)
		}
	}
	if len(shown) == 0 {
		return nil, "This card is about a model of other data than points; its command trains it."
	}
	data := "25gaussians"
	for _, d := range dataNames() {
		if strings.Contains(c.Command, "--data "+d) && choiceFits(shown, d) {
			data = d
		}
	}
	s := stageOf(data, shown...)
	if strings.Contains(c.Command, "--conditional") {
		for i := range s.Models {
			if s.Models[i].Model == "diffusion" {
				s.Models[i] = s.Models[i].With("conditional", "true")
			}
		}
	}
	return s, seeing(shown)
}

// onPlane reports whether a hybrid learns points of the plane by default.
func onPlane(name string) bool {
	m, err := models.All.Named(name)
	return err == nil && m.About().Data == ""
}

// choiceFits reports whether all models can learn a dataset.
func choiceFits(names []string, data string) bool {
	for _, name := range names {
		m, err := models.All.Named(name)
		if err != nil {
			return false
		}
		if _, err := m.Job(data, false).Task(); err != nil {
			return false
		}
	}
	return true
}

// seen says what to look at while a paradigm trains.
var seen = map[string]string{
	"autoregressive": "In the autoregressive model, points jump instead of moving: each is chosen digit by digit. Its NLL is exact.",
	"flow":           "In the flow, threads of points connect the modes: an invertible map cannot tear the plane. Its NLL is exact.",
	"vae":            "In the VAE, compare the NLL bound with the entropy: the true NLL is somewhere between the two.",
	"gan":            "In the GAN, watch whether clumps of points wander between modes. There is no likelihood, only the energy distance and the modes.",
	"diffusion":      "In the diffusion model, change the number of evaluations: with few the modes blur, and no training is needed to try. Its NLL takes an ODE.",
	"consistency":    "The consistency model learns from a diffusion teacher first, and then needs one evaluation a sample.",
}

// seeing returns what to see of some models.
func seeing(names []string) string {
	var all []string
	for _, name := range names {
		if text := seen[name]; text != "" {
			all = append(all, text)
		}
	}
	if all == nil {
		return "Watch the energy distance fall towards the oracle's."
	}
	return strings.Join(all, " ")
}

// answerStage returns a stage that shows an answer to a question: the paradigms that give it.
func answerStage(o taxonomy.Option) (*Settings, string) {
	var names []string
	for _, p := range taxonomy.Paradigms() {
		if o.Paradigm == p.Name || o.Name == p.Name || slices.Contains(p.Answers, o.Name) {
			names = append(names, p.Name)
		}
	}
	if o.Name == "distil" || o.Name == "few-step" {
		names = []string{"diffusion", "consistency"}
	}
	if len(names) == 0 {
		return nil, ""
	}
	return stageOf("8gaussians", names...), seeing(names)
}
