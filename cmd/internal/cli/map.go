package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"genlab/experiments"
	"genlab/internal/usage"
	"genlab/lab/taxonomy"
	"genlab/lab/term"
)

// mapCmd compares the paradigms, or classifies a model among them.
type mapCmd struct {
	Show  mapShowCmd  `cmd:"" default:"withargs" help:"Print the map: objective, sampling, likelihood and trade-off of each paradigm and system, with measurements."`
	Place mapPlaceCmd `cmd:"" help:"Classify a model by four questions about it."`
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

// source provides the measurements beside the statements.
type source interface {
	measured(model string, s taxonomy.NamedStatement) []string
	String() string
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
	from, err := c.source()
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
		t.AppendRow(table.Row{about, wrapped(theory, 32), measured}) // 80 columns
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
			name := strings.ReplaceAll(wrapped(p.Name, 50), "\n", "\n"+strings.Repeat(" ", 30))
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
		wrapped(fmt.Sprintf("Measured: %v.", from), 80), &combinations)
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
		all[i] = wrapped(l, width)
	}
	return strings.Join(all, "\n")
}

// wrapped breaks a line between words, without trailing blanks.
func wrapped(line string, width int) string {
	lines := strings.Split(text.WrapSoft(line, width), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(l)
	}
	return strings.Join(lines, "\n")
}

// source returns the comparison, or the shipped experiments where there is none.
func (c *mapShowCmd) source() (source, error) {
	file := cmp.Or(c.From, filepath.Join("runs", "compare", "compare.json"))
	s, err := fromComparison(file, c.Data)
	if err == nil || c.From != "" || !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	if c.Data != "" {
		return nil, usage.Errorf("--data %s selects a dataset of a comparison, but %s does not exist: run genlab compare first", c.Data, file)
	}
	return shipped{file}, nil
}

// shipped are the results of the experiments that the program was built with.
type shipped struct{ missing string }

func (s shipped) String() string {
	return fmt.Sprintf("results of the shipped experiments (genlab experiment lists them), since %s does not exist; genlab compare measures on this machine", s.missing)
}

func (s shipped) measured(_ string, st taxonomy.NamedStatement) []string {
	lines := []string{}
	for _, m := range measurements(st.Evidence) {
		lines = append(lines, m.Label+": "+m.Value)
	}
	return lines
}

// measurement is a value from an experiment with its label.
type measurement struct {
	Experiment string `json:"experiment"`
	Label      string `json:"label"`
	Value      string `json:"value"`
}

// measurements looks up evidence in the shipped experiments, and omits what is not measured yet.
func measurements(wanted []taxonomy.Evidence) []measurement {
	found := []measurement{}
	for _, want := range wanted {
		r, err := experiments.Shipped(want.Experiment)
		if err != nil {
			continue // not run yet
		}
		if f := r.Of(want.Figure, want.Data); len(f.Values) > 0 {
			found = append(found, measurement{want.Experiment, want.Label, f.String()})
		}
	}
	return found
}
