package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"genlab/lab/taxonomy"
	"genlab/lab/term"
)

// mapCmd compares the paradigms, or classifies a model among them.
type mapCmd struct {
	Show  mapShowCmd  `cmd:"" default:"withargs" help:"Print the map: objective, sampling, likelihood and trade-off of each paradigm and system, with measurements."`
	Place mapPlaceCmd `cmd:"" help:"Classify a model by your answers to four questions."`
	Cards mapCardsCmd `cmd:"" help:"Print ten questions about generative models with answers and measurements, one card per page."`
}

// mapShowCmd prints the map.
type mapShowCmd struct {
	From string `placeholder:"FILE" help:"compare.json of a comparison to take measurements from (default runs/compare/compare.json if it exists, otherwise the shipped experiments)."`
	Data string `placeholder:"NAME" help:"Dataset of the comparison (default: its first)."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// place is a paradigm or a combination in the JSON output.
type place struct {
	Name       string      `json:"name"`
	Title      string      `json:"title,omitempty"` // of a paradigm
	Model      string      `json:"model,omitempty"` // as genlab train knows it; of a paradigm
	Of         []string    `json:"of,omitempty"`    // paradigms of a combination
	Statements []statement `json:"statements,omitempty"`
}

// system is a model made of parts in the JSON output.
type system struct {
	Name       string          `json:"name"`
	Title      string          `json:"title"`
	Like       string          `json:"like"` // its counterpart at large scale
	Of         []string        `json:"of"`   // paradigms of its parts
	Parts      []taxonomy.Part `json:"parts"`
	Statements []statement     `json:"statements"`
}

type statement struct {
	About    string   `json:"about"`
	Text     string   `json:"text"`
	Measured []string `json:"measured"`
}

// statements returns those of an account with the measurements of the model.
func statements(from source, model string, a taxonomy.Account) (list []statement) {
	for _, s := range a.Statements() {
		list = append(list, statement{s.Name, s.Text, from.measured(model, s)})
	}
	return list
}

// Run prints every paradigm and system with its four statements, then the combinations.
func (c *mapShowCmd) Run(con *console) error {
	from, err := newSource(c.From, c.Data)
	if err != nil {
		return err
	}
	var places []place
	for _, p := range taxonomy.Paradigms() {
		places = append(places, place{Name: p.Name, Title: p.Title, Model: p.Name, Statements: statements(from, p.Name, p.Account)})
	}
	for _, c := range taxonomy.Combinations() {
		places = append(places, place{Name: c.Name, Of: c.Of})
	}
	var systems []system
	for _, s := range taxonomy.Systems() {
		systems = append(systems, system{s.Name, s.Title, s.Counterpart, s.Of(), s.Parts, statements(from, s.Name, s.Account)})
	}
	if c.JSON {
		return term.JSON(con.stdout, map[string]any{"source": from.String(), "places": places, "systems": systems})
	}
	t := term.NewTable(con.stdout)
	t.AppendHeader(table.Row{"", "theory", "measured (mean ± 95 %)"})
	row := func(about, theory, measured string) {
		t.AppendRow(table.Row{about, term.Wrap(theory, 32), measured}) // 80 columns
	}
	account := func(list []statement) {
		for _, s := range list {
			row(s.About, s.Text, cmp.Or(paragraphs(s.Measured, 24), "-"))
		}
		t.AppendSeparator()
	}
	var combinations strings.Builder
	for _, p := range places {
		if p.Of != nil {
			name := term.Hanging(p.Name, 50, 30)
			fmt.Fprintf(&combinations, "  %-26s  %s\n", strings.Join(p.Of, " + "), name)
			continue
		}
		row(heading(p.Name), p.Title, "")
		account(p.Statements)
	}
	for _, s := range systems {
		row(heading(s.Name), s.Title, "")
		row("counterpart", s.Like, "")
		for _, p := range s.Parts {
			row("component", fmt.Sprintf("%s (%s)", p.Component, p.Paradigm), "")
		}
		account(s.Statements)
	}
	t.Render()
	fmt.Fprintf(con.stdout, "%s\n\nCombinations of paradigms:\n%s\ngenlab map place classifies a model; genlab map cards answers ten questions.\n",
		term.Wrap(fmt.Sprintf("Measured: %v.", from), 80), &combinations)
	return nil
}

// heading returns a name in capitals, in lines of at most 14 characters.
func heading(name string) string {
	name = strings.ToUpper(name)
	if len(name) > 14 {
		name = strings.ReplaceAll(name, "-", "-\n")
	}
	return name
}

// paragraphs wraps each line separately.
func paragraphs(lines []string, width int) string {
	all := make([]string, len(lines))
	for i, l := range lines {
		all[i] = term.Wrap(l, width)
	}
	return strings.Join(all, "\n")
}
