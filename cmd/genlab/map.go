package main

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
	"genlab/internal/atlas"
)

// mapCmd shows the map of paradigms, or places a system on it.
type mapCmd struct {
	Show  mapShowCmd  `cmd:"" default:"withargs" help:"The map: what each paradigm minimises, samples by, knows and costs, with what was measured."`
	Place mapPlaceCmd `cmd:"" help:"Find the place of a system by four questions."`
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

type statement struct {
	About    string   `json:"about"`
	Text     string   `json:"text"`
	Measured []string `json:"measured"`
}

// source is where the figures beside the statements come from.
type source interface {
	measured(r atlas.Region, s atlas.Statement) []string
	String() string
}

// Run prints every paradigm with its four statements, and the combinations by name.
func (c *mapShowCmd) Run(con *console) error {
	from, err := c.source()
	if err != nil {
		return err
	}
	var places []place
	for _, r := range atlas.Regions {
		p := place{Name: r.Name, Model: r.Model, Of: r.Of}
		if r.Of == nil {
			p.Model = r.Name
		}
		for _, s := range r.Statements() {
			p.Statements = append(p.Statements, statement{s.Name, s.Text, from.measured(r, s.Statement)})
		}
		places = append(places, p)
	}
	if c.JSON {
		return printJSON(con.stdout, map[string]any{"source": from.String(), "places": places})
	}
	t := newTable(con.stdout)
	t.AppendHeader(table.Row{"", "theory", "measured"})
	var between []string
	for _, p := range places {
		if p.Of != nil {
			between = append(between, fmt.Sprintf("  %s: %s", strings.Join(p.Of, " + "), p.Name))
		}
		if p.Statements == nil {
			continue
		}
		t.AppendRow(table.Row{strings.ToUpper(p.Model)})
		for _, s := range p.Statements {
			t.AppendRow(table.Row{s.About, text.WrapSoft(s.Text, 32), cmp.Or(paragraphs(s.Measured, 24), "-")}) // 80 columns
		}
		t.AppendSeparator()
	}
	t.Render()
	fmt.Fprintf(con.stdout, "Measured: %v.\nBetween them:\n%s\ngenlab map place finds the place of a system that you describe.\n", from, strings.Join(between, "\n"))
	return nil
}

// paragraphs wraps each line by itself.
func paragraphs(lines []string, width int) string {
	wrapped := make([]string, len(lines))
	for i, l := range lines {
		wrapped[i] = strings.TrimSpace(text.WrapSoft(l, width))
	}
	return strings.Join(wrapped, "\n")
}

// source is the last comparison, or what the project was shipped with.
func (c *mapShowCmd) source() (source, error) {
	file := cmp.Or(c.From, filepath.Join("runs", "compare", "compare.json"))
	s, err := fromComparison(file, c.Data)
	if err == nil || c.From != "" || !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	if c.Data != "" {
		return nil, usagef("--data belongs to a comparison, and there is none: genlab compare makes one")
	}
	return shipped{file}, nil
}

// shipped are the figures of the experiments that the program was built with.
type shipped struct{ missing string }

func (s shipped) String() string {
	return fmt.Sprintf("by the project's experiments, as it was shipped (genlab experiment lists them); there is no %s, and genlab compare makes one of this machine", s.missing)
}

func (s shipped) measured(_ atlas.Region, st atlas.Statement) (lines []string) {
	lines = []string{}
	for _, want := range st.Then {
		r, err := experiments.Shipped(want.Experiment)
		if err != nil {
			continue // not yet run
		}
		if f := r.Of(want.Figure, want.Data); len(f.Values) > 0 {
			lines = append(lines, fmt.Sprintf("%s: %v", want.Label, f))
		}
	}
	return lines
}
