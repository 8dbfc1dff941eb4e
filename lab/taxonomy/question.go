package taxonomy

import (
	"slices"
	"sync"
)

// Question is one of the four that classify a model. It takes one answer or several.
type Question struct {
	Key     string   `yaml:"key"`  // name of its flag
	Noun    string   `yaml:"noun"` // what an answer is
	Ask     string   `yaml:"ask"`
	Options []Option `yaml:"options"`
}

// Option is a possible answer.
type Option struct {
	Name      string   `yaml:"name"`
	Aliases   []string `yaml:"aliases"`
	Text      string   `yaml:"text"`
	Paradigm  string   `yaml:"paradigm"`  // that the answer points to; "" if it fits several
	Distilled string   `yaml:"distilled"` // what the answer adds to the name of a place
}

// Questions returns the questions in the order they are asked: the objective, the sampling procedure,
// the properties, and last the reader's own guess, which is optional and has the paradigms as options.
var Questions = sync.OnceValue(func() []Question {
	list := table[Question]("questions")()
	guess := &list[len(list)-1]
	for _, p := range Paradigms() {
		guess.Options = append(guess.Options, Option{Name: p.Name, Text: p.Title})
	}
	return list
})

// Names returns the names of the options.
func (q Question) Names() (names []string) {
	for _, o := range q.Options {
		names = append(names, o.Name)
	}
	return names
}

// Canonical returns the name of the option that a name or alias stands for, or name itself if there is none.
func (q Question) Canonical(name string) string {
	for _, o := range q.Options {
		if slices.Contains(o.Aliases, name) {
			return o.Name
		}
	}
	return name
}

// option returns an option of any question by its name.
func option(name string) Option {
	for _, q := range Questions() {
		for _, o := range q.Options {
			if o.Name == name {
				return o
			}
		}
	}
	panic("taxonomy: no answer " + name)
}

// contradiction is a pair of answers that cannot both hold, unless another is given as well.
type contradiction struct {
	Answers [2]string `yaml:"answers"`
	Unless  []string  `yaml:"unless"`
	Because string    `yaml:"because"`
}

// contradicted returns the pairs of answers that contradict each other, with the reason.
func contradicted(answers []string) []string {
	has := func(name string) bool { return slices.Contains(answers, name) }
	found := []string{}
	for _, c := range contradictions() {
		if has(c.Answers[0]) && has(c.Answers[1]) && !slices.ContainsFunc(c.Unless, has) {
			found = append(found, c.Answers[0]+" and "+c.Answers[1]+": "+c.Because)
		}
	}
	return found
}
