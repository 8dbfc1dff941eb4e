package taxonomy

import (
	"fmt"
	"slices"
	"strings"
)

// Answers describe a model by names of options.
type Answers struct {
	Objective []string `json:"objective"`
	Sampling  []string `json:"sampling"`
	TradeOffs []string `json:"tradeoffs"`
	Place     []string `json:"place"` // the reader's guess; may be empty
}

// all returns the answers that describe the model.
func (a Answers) all() []string { return slices.Concat(a.Objective, a.Sampling, a.TradeOffs) }

// Placement is the place of a model on the map, with the reasons.
type Placement struct {
	Answers        Answers   `json:"answers"`
	Place          string    `json:"place"`
	Of             []string  `json:"of"` // its paradigms, in the order of Paradigms
	Reasons        []string  `json:"reasons"`
	Contradictions []string  `json:"contradictions"`
	Nearest        []Nearest `json:"nearest"` // all paradigms, by descending number of shared answers
	Guess          string    `json:"guess"`   // comment on the reader's guess; "" without one
}

// Nearest counts the answers that a paradigm shares.
type Nearest struct {
	Paradigm string   `json:"paradigm"`
	Shares   []string `json:"shares"`
	Answers  int      `json:"answers"` // number of answers given
}

// Place returns the place of a model. Objective, Sampling and TradeOffs must each have an answer; it
// panics on one that is not the name of an option.
func Place(a Answers) Placement {
	p := Placement{Answers: a, Reasons: []string{}, Contradictions: contradicted(a.all()), Nearest: nearest(a.all())}
	var distilled string
	of := map[string]bool{}
	consider := func(key string, answers []string) {
		for _, name := range answers {
			o := option(name)
			if o.Paradigm != "" {
				p.Reasons = append(p.Reasons, fmt.Sprintf("%s: %s → %s", key, o.Text, o.Paradigm))
				of[o.Paradigm] = true
			}
			if o.Distilled != "" {
				distilled = o.Distilled
			}
		}
	}
	consider("objective", a.Objective)
	consider("sampling", a.Sampling)
	for _, name := range ParadigmNames() {
		if of[name] {
			p.Of = append(p.Of, name)
		}
	}
	if p.Of == nil { // distillation alone, with a sampling procedure that fits several paradigms
		p.Of = []string{p.Nearest[0].Paradigm}
		p.Reasons = append(p.Reasons, "no answer is specific to one paradigm; most answers are shared with "+p.Of[0])
	}
	p.Place = placeName(p.Of)
	if distilled != "" {
		p.Place += ", " + distilled
		p.Reasons = append(p.Reasons, "objective: distance to a teacher → the teacher's place, with fewer network evaluations")
	}
	p.Guess = p.judge(a.Place)
	return p
}

// placeName returns the paradigm or combination that consists of these paradigms.
func placeName(of []string) string {
	if len(of) == 1 {
		return of[0]
	}
	for _, c := range Combinations() {
		if slices.Equal(of, c.Of) {
			return c.Name
		}
	}
	return "a combination of " + strings.Join(of, " + ")
}

// nearest sorts the paradigms by the number of answers they share.
func nearest(answers []string) (list []Nearest) {
	for _, p := range Paradigms() {
		n := Nearest{Paradigm: p.Name, Shares: []string{}, Answers: len(answers)}
		for _, answer := range answers {
			if slices.Contains(p.Answers, answer) {
				n.Shares = append(n.Shares, answer)
			}
		}
		list = append(list, n)
	}
	slices.SortStableFunc(list, func(a, b Nearest) int { return len(b.Shares) - len(a.Shares) })
	return list
}

// judge compares the reader's guess with the place.
func (p *Placement) judge(guess []string) string {
	if len(guess) == 0 {
		return ""
	}
	said := "Your guess, " + strings.Join(guess, " + ") + ","
	for _, g := range guess {
		if !slices.Contains(p.Of, g) {
			return fmt.Sprintf("%s differs: none of your answers points to %s.", said, g)
		}
	}
	for _, o := range p.Of {
		if !slices.Contains(guess, o) {
			return fmt.Sprintf("%s is incomplete: your answers also point to %s.", said, o)
		}
	}
	return "Your guess agrees with your answers."
}
