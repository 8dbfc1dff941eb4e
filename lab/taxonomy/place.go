package taxonomy

import (
	"fmt"
	"slices"
	"strings"
)

// Answers describe a system: names of the options of each question.
type Answers struct {
	Objective []string `json:"objective"`
	Sampling  []string `json:"sampling"`
	TradeOffs []string `json:"tradeoffs"`
	Place     []string `json:"place"` // the reader's guess; may be empty
}

// Placement is where a system lies, and why.
type Placement struct {
	Answers        Answers   `json:"answers"`
	Place          string    `json:"place"`
	Of             []string  `json:"of"` // the paradigms that it is made of, in the map's order
	Reasons        []string  `json:"reasons"`
	Contradictions []string  `json:"contradictions"`
	Nearest        []Nearest `json:"nearest"` // all paradigms, the one that shares most first
	Guess          string    `json:"guess"`   // what there is to say to it; "" without one
}

// Nearest says how many of the answers belong to a paradigm as well.
type Nearest struct {
	Paradigm string   `json:"paradigm"`
	Shares   []string `json:"shares"`
	Answers  int      `json:"answers"` // how many there are
}

// owners are the paradigm that an objective makes, or that a way to sample adds to it. One pass
// is of several paradigms, and adds none.
var owners = map[string]string{
	"next": "autoregressive", "volume": "flow", "bound": "vae", "game": "gan", "denoise": "diffusion",
	"parts": "autoregressive", "inverse": "flow", "steps": "diffusion", "latent": "vae",
}

// Place finds the place of a system. Objective, Sampling and TradeOffs must have answers, all
// of them names of options.
func Place(a Answers) Placement {
	p := Placement{Answers: a, Reasons: []string{}, Contradictions: contradictions(a), Nearest: nearest(a)}
	of := map[string]bool{}
	because := func(answers []string, format string) {
		for _, answer := range answers {
			if owner := owners[answer]; owner != "" {
				p.Reasons = append(p.Reasons, fmt.Sprintf(format, text(answer), owner))
				of[owner] = true
			}
		}
	}
	because(a.Objective, "objective: %s → %s")
	because(a.Sampling, "sampling: %s → %s")
	for _, name := range Paradigms() {
		if of[name] {
			p.Of = append(p.Of, name)
		}
	}
	if p.Of == nil { // imitation alone, sampled in a way of many paradigms
		p.Of = []string{p.Nearest[0].Paradigm}
		p.Reasons = append(p.Reasons, fmt.Sprintf("no answer belongs to one paradigm alone; it shares most with %s", p.Of[0]))
	}
	p.Place = placeName(p.Of)
	if slices.Contains(a.Objective, "distil") {
		p.Place += ", " + distilled
		p.Reasons = append(p.Reasons, "objective: the distance to another model → the same place, in fewer passes")
	}
	p.Guess = p.judge(a.Place)
	return p
}

// placeName is the name of the region that is made of these paradigms.
func placeName(of []string) string {
	for _, r := range Regions {
		if r.Of == nil && len(of) == 1 && of[0] == r.Name || r.Of != nil && slices.Equal(of, r.Of) {
			return r.Name
		}
	}
	return "a combination of " + strings.Join(of, " + ")
}

// nearest orders the paradigms by what they share with the answers.
func nearest(a Answers) (list []Nearest) {
	all := slices.Concat(a.Objective, a.Sampling, a.TradeOffs)
	for _, r := range Regions {
		if r.Of != nil {
			continue
		}
		n := Nearest{Paradigm: r.Name, Shares: []string{}, Answers: len(all)}
		for _, answer := range all {
			if slices.Contains(r.Traits, answer) {
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
	for _, g := range guess {
		if !slices.Contains(p.Of, g) {
			return fmt.Sprintf("You put it at %s. But nothing in the answers is of %s: what in it would be?", strings.Join(guess, " + "), g)
		}
	}
	for _, o := range p.Of {
		if !slices.Contains(guess, o) {
			return fmt.Sprintf("You put it at %s, and that is part of it: the answers speak of %s as well.", strings.Join(guess, " + "), o)
		}
	}
	return "Your place and the answers agree."
}

// text is an option's text, by its name.
func text(name string) string {
	for _, q := range Questions {
		for _, o := range q.Options {
			if o.Name == name {
				return o.Text
			}
		}
	}
	panic("atlas: no answer " + name)
}
