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

// mapCmd shows the map of paradigms, or places a system on it.
type mapCmd struct {
	Show  mapShowCmd  `cmd:"" default:"withargs" help:"The map: what each paradigm and system minimises, samples by, knows and costs, with what was measured."`
	Place mapPlaceCmd `cmd:"" help:"Find the place of a system by four questions."`
	Cards mapCardsCmd `cmd:"" help:"Ten questions, each answered by theory and by what was measured: a card each, to print."`
}

// mapShowCmd prints the map.
type mapShowCmd struct {
	From string `placeholder:"FILE" help:"compare.json of a comparison (default runs/compare/compare.json, where there is one)."`
	Data string `placeholder:"NAME" help:"Data set of the comparison (default: its first)."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// place is a region of the map with its figures, as JSON has it.
type place struct {
	Name       string      `json:"name"`
	Model      string      `json:"model,omitempty"` // as genlab train knows it; "" where it does not
	Of         []string    `json:"of,omitempty"`
	Statements []statement `json:"statements,omitempty"`
}

// system is one that lies at a place, as JSON has it.
type system struct {
	Name       string          `json:"name"`
	Like       string          `json:"like"`
	Of         []string        `json:"of"` // of the region that it lies in
	Parts      []taxonomy.Part `json:"parts"`
	Statements []statement     `json:"statements"`
}

type statement struct {
	About    string   `json:"about"`
	Text     string   `json:"text"`
	Measured []string `json:"measured"`
}

// source is where the figures beside the statements come from.
type source interface {
	measured(model string, s taxonomy.Named) []string
	String() string
}

// statements are an account's with what was measured of the model.
func statements(from source, model string, a taxonomy.Account) (list []statement) {
	for _, s := range a.Statements() {
		list = append(list, statement{s.Name, s.Text, from.measured(model, s)})
	}
	return list
}

// Run prints every paradigm and system with its four statements, and the combinations by name.
func (c *mapShowCmd) Run(con *console) error {
	from, err := c.source()
	if err != nil {
		return err
	}
	var places []place
	for _, r := range taxonomy.Regions {
		p := place{Name: r.Name, Of: r.Of, Statements: statements(from, r.Name, r.Account)}
		if r.Of == nil {
			p.Model = r.Name
		}
		places = append(places, p)
	}
	var systems []system
	for _, s := range taxonomy.Systems {
		systems = append(systems, system{s.Name, s.Like, s.Of(), s.Parts, statements(from, s.Name, s.Account)})
	}
	if c.JSON {
		return term.JSON(con.stdout, map[string]any{"source": from.String(), "places": places, "systems": systems})
	}
	t := term.NewTable(con.stdout)
	t.AppendHeader(table.Row{"", "theory", "measured"})
	add := func(s statement) {
		t.AppendRow(table.Row{s.About, text.WrapSoft(s.Text, 32), cmp.Or(paragraphs(s.Measured, 24), "-")}) // 80 columns
	}
	var between []string
	for _, p := range places {
		if p.Of != nil {
			between = append(between, fmt.Sprintf("  %s: %s", strings.Join(p.Of, " + "), p.Name))
			continue
		}
		t.AppendRow(table.Row{strings.ToUpper(p.Name)})
		for _, s := range p.Statements {
			add(s)
		}
		t.AppendSeparator()
	}
	for _, s := range systems {
		t.AppendRow(table.Row{heading(s.Name), text.WrapSoft("like "+s.Like, 32)})
		for _, p := range s.Parts {
			t.AppendRow(table.Row{"part", text.WrapSoft(p.Component+": "+p.Paradigm, 32)})
		}
		for _, s := range s.Statements {
			add(s)
		}
		t.AppendSeparator()
	}
	t.Render()
	fmt.Fprintf(con.stdout, "Measured: %v.\nBetween them:\n%s\ngenlab map place finds the place of a system that you describe, genlab map cards asks ten questions.\n", from, strings.Join(between, "\n"))
	return nil
}

// heading is a name in capitals, in lines of 14.
func heading(name string) string {
	name = strings.ToUpper(name)
	if len(name) > 14 {
		name = strings.ReplaceAll(name, "-", "-\n")
	}
	return name
}

// paragraphs wraps each line by itself.
func paragraphs(lines []string, width int) string {
	all := make([]string, len(lines))
	for i, l := range lines {
		all[i] = wrapped(l, width)
	}
	return strings.Join(all, "\n")
}

// wrapped breaks a line between words, without blanks where it ends.
func wrapped(line string, width int) string {
	lines := strings.Split(text.WrapSoft(line, width), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(l)
	}
	return strings.Join(lines, "\n")
}

// source is the last comparison, or what the project was shipped with.
func (c *mapShowCmd) source() (source, error) {
	file := cmp.Or(c.From, filepath.Join("runs", "compare", "compare.json"))
	s, err := fromComparison(file, c.Data)
	if err == nil || c.From != "" || !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	if c.Data != "" {
		return nil, usage.Errorf("--data belongs to a comparison, and there is none: genlab compare makes one")
	}
	return shipped{file}, nil
}

// shipped are the figures of the experiments that the program was built with.
type shipped struct{ missing string }

func (s shipped) String() string {
	return fmt.Sprintf("by the project's experiments, as it was shipped (genlab experiment lists them); there is no %s, and genlab compare makes one of this machine", s.missing)
}

func (s shipped) measured(_ string, st taxonomy.Named) []string {
	lines := []string{}
	for _, m := range answers(st.Then) {
		lines = append(lines, m.Label+": "+m.Value)
	}
	return lines
}

// measurement is a figure that an experiment has, as it is shown.
type measurement struct {
	Experiment string `json:"experiment"`
	Label      string `json:"label"`
	Value      string `json:"value"`
}

// answers are the figures of the experiments that the program was built with, without those that are
// yet to be run.
func answers(wanted []taxonomy.Shown) []measurement {
	found := []measurement{}
	for _, want := range wanted {
		r, err := experiments.Shipped(want.Experiment)
		if err != nil {
			continue // not yet run
		}
		if f := r.Of(want.Figure, want.Data); len(f.Values) > 0 {
			found = append(found, measurement{want.Experiment, want.Label, f.String()})
		}
	}
	return found
}
