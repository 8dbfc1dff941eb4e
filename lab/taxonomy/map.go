package taxonomy

import (
	"embed"
	"fmt"
	"slices"
	"sync"

	"github.com/goccy/go-yaml"
)

// Paradigm is a family of generative models; its name is that of its model as well.
type Paradigm struct {
	Name    string `yaml:"name"`
	Title   string `yaml:"title"` // its name in full
	Account `yaml:",inline"`
	Answers []string `yaml:"answers"` // those to Questions that describe it
}

// Combination is a family of models made of several paradigms, or of one that is distilled.
type Combination struct {
	Name string   `yaml:"name"`
	Of   []string `yaml:"of"` // paradigms, in the order of Paradigms
}

// System is a model made of parts, a small version of its counterpart.
type System struct {
	Name        string `yaml:"name"` // as genlab train and genlab experiment know it
	Title       string `yaml:"title"`
	Counterpart string `yaml:"counterpart"` // at large scale
	Parts       []Part `yaml:"parts"`
	Account     `yaml:",inline"`
}

// Part is a component of a system and the paradigm it belongs to.
type Part struct {
	Component string `yaml:"component" json:"component"`
	Paradigm  string `yaml:"paradigm" json:"paradigm"`
}

// Account describes a paradigm or a system in four statements.
type Account struct {
	Objective  Statement `yaml:"objective"`
	Sampling   Statement `yaml:"sampling"`
	Likelihood Statement `yaml:"likelihood"`
	TradeOff   Statement `yaml:"trade-off"`
}

// Statement is a sentence of theory with the measurements that are evidence for it.
type Statement struct {
	Text     string     `yaml:"text"`
	Metrics  []string   `yaml:"metrics"`  // columns of a comparison
	Evidence []Evidence `yaml:"evidence"` // used where there is no comparison
}

// Evidence names a number in the results of an experiment, and labels it for readers.
type Evidence struct {
	Experiment string `yaml:"experiment"`
	Figure     string `yaml:"figure"` // name in results.json
	Data       string `yaml:"data"`   // dataset in results.json, "" where it names none
	Label      string `yaml:"label"`
}

// Card is a question about generative models with its answer, the evidence, and a command to try.
type Card struct {
	Question string     `yaml:"question"`
	About    []string   `yaml:"about"` // names of paradigms and systems
	Answer   string     `yaml:"answer"`
	Evidence []Evidence `yaml:"evidence"`
	Command  string     `yaml:"command"`
}

// AboutLikelihood names the statement beside which a comparison says which kind of likelihood there is.
const AboutLikelihood = "likelihood"

// NamedStatement is a statement with its subject.
type NamedStatement struct {
	Name string
	Statement
}

// Statements returns the four statements under their names.
func (a Account) Statements() []NamedStatement {
	return []NamedStatement{{"objective", a.Objective}, {"sampling", a.Sampling}, {AboutLikelihood, a.Likelihood}, {"trade-off", a.TradeOff}}
}

// Of returns the paradigms of the parts, in the order of Paradigms.
func (s System) Of() (names []string) {
	for _, name := range ParadigmNames() {
		if slices.ContainsFunc(s.Parts, func(p Part) bool { return p.Paradigm == name }) {
			names = append(names, name)
		}
	}
	return names
}

//go:embed data/*.yaml
var files embed.FS

// Paradigms, Combinations, Systems and Cards return the tables of the map in the order of their files.
// Each is decoded when it is first used, and shared: do not modify it.
var (
	Paradigms      = table[Paradigm]("paradigms")
	Combinations   = table[Combination]("combinations")
	Systems        = table[System]("systems")
	Cards          = table[Card]("cards")
	contradictions = table[contradiction]("contradictions")
)

// table returns a function that decodes data/NAME.yaml once. It panics on a key that T does not have:
// the files are part of the program.
func table[T any](name string) func() []T {
	return sync.OnceValue(func() (rows []T) {
		text, err := files.ReadFile("data/" + name + ".yaml")
		if err == nil {
			err = decode(text, &rows)
		}
		if err != nil {
			panic(fmt.Sprintf("taxonomy: data/%s.yaml: %v", name, err))
		}
		return rows
	})
}

// decode parses YAML and rejects unknown and duplicate keys.
func decode(text []byte, rows any) error { return yaml.UnmarshalWithOptions(text, rows, yaml.Strict()) }

// ParadigmNames returns the names of the paradigms.
func ParadigmNames() (names []string) {
	for _, p := range Paradigms() {
		names = append(names, p.Name)
	}
	return names
}

// Lacks returns what the map lacks about a model, a phrase each; nil if it describes the model in full.
func Lacks(model string) (missing []string) {
	need := func(ok bool, what string) {
		if !ok {
			missing = append(missing, what)
		}
	}
	account := func(file, title string, a Account) {
		need(title != "", "a title in "+file)
		for _, s := range a.Statements() {
			need(s.Text != "", fmt.Sprintf("a text on %s in %s", s.Name, file))
		}
	}
	paradigm := slices.IndexFunc(Paradigms(), func(p Paradigm) bool { return p.Name == model })
	system := slices.IndexFunc(Systems(), func(s System) bool { return s.Name == model })
	switch {
	case paradigm >= 0:
		p := Paradigms()[paradigm]
		account("paradigms.yaml", p.Title, p.Account)
		need(len(p.Answers) > 0, "answers in paradigms.yaml")
	case system >= 0:
		s := Systems()[system]
		account("systems.yaml", s.Title, s.Account)
		need(len(s.Parts) > 0, "parts in systems.yaml")
	default:
		need(false, "an entry in lab/taxonomy/data/paradigms.yaml or systems.yaml")
	}
	need(slices.ContainsFunc(Cards(), func(c Card) bool { return slices.Contains(c.About, model) }), "a card about it in cards.yaml")
	return missing
}
