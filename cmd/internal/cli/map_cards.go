package cli

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"genlab/experiments"
	"genlab/internal/usage"
	"genlab/lab/rundir"
	"genlab/lab/taxonomy"
	"genlab/lab/term"
)

// mapCardsCmd prints the cards.
type mapCardsCmd struct {
	Out  string `short:"o" placeholder:"FILE" help:"File to write: .html (prints one card per sheet) or .md (default: plain text on standard output)."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// card is a question with its answer and measurements in the JSON output.
type card struct {
	Number      int           `json:"number"`
	Question    string        `json:"question"`
	Of          []string      `json:"of"`
	Answer      string        `json:"answer"`
	Measured    []measurement `json:"measured"`
	Experiments []claim       `json:"experiments"`
	Command     string        `json:"command"`
}

// claim is that of an experiment, with its verdict.
type claim struct {
	Name    string `json:"name"` // of the experiment
	Verdict string `json:"verdict"`
}

// unmeasured is the verdict of an experiment that has not been run.
const unmeasured = "not yet run"

// cards returns all cards with the results of the shipped experiments.
func cards() (list []card) {
	for i, c := range taxonomy.Cards() {
		of := card{i + 1, c.Question, c.About, c.Answer, measurements(c.Evidence), nil, c.Command}
		for _, s := range c.Evidence {
			if slices.ContainsFunc(of.Experiments, func(a claim) bool { return a.Name == s.Experiment }) {
				continue
			}
			a := claim{s.Experiment, unmeasured}
			if r, err := experiments.Shipped(s.Experiment); err == nil {
				a.Verdict = r.Verdict()
			}
			of.Experiments = append(of.Experiments, a)
		}
		list = append(list, of)
	}
	return list
}

// Ran returns the experiments that the measurements come from.
func (c card) Ran() []claim { return c.those(func(a claim) bool { return a.Verdict != unmeasured }) }

// Waiting returns the experiments that have not been run.
func (c card) Waiting() []claim {
	return c.those(func(a claim) bool { return a.Verdict == unmeasured })
}

func (c card) those(are func(claim) bool) (list []claim) {
	for _, a := range c.Experiments {
		if are(a) {
			list = append(list, a)
		}
	}
	return list
}

// String returns the experiment with its verdict.
func (a claim) String() string { return fmt.Sprintf("%s (claim %s)", a.Name, a.Verdict) }

// interval explains the ± of a value.
const interval = "± is the half-width of the 95 % confidence interval over seeds."

// Run prints the cards, or writes them to a file.
func (c *mapCardsCmd) Run(con *console) error {
	list := cards()
	if c.JSON {
		if c.Out != "" {
			return usage.Errorf("--json prints to standard output and -o writes a file: give one of the two")
		}
		return term.JSON(con.stdout, map[string]any{"cards": list})
	}
	if c.Out == "" {
		return printCards(con.stdout, list)
	}
	write, ok := map[string]func([]card) ([]byte, error){".html": cardsPage, ".md": cardsMarkdown}[strings.ToLower(filepath.Ext(c.Out))]
	if !ok {
		return usage.Errorf("-o %s: cards are written as .html or .md; omit -o for plain text, or use --json", c.Out)
	}
	b, err := write(list)
	if err != nil {
		return err
	}
	if err := rundir.ReplaceFile(c.Out, b); err != nil {
		return err
	}
	fmt.Fprintf(con.stdout, "%s: %d cards\n", c.Out, len(list))
	return nil
}

// printCards writes plain text of 80 columns, with a form feed between cards unless w is a terminal.
func printCards(w io.Writer, list []card) error {
	const columns, label = 80, 48
	between := "\f"
	if term.IsTerminal(w) {
		between = "\n" + strings.Repeat("─", columns) + "\n\n"
	}
	var b strings.Builder
	say := func(s string) { fmt.Fprintf(&b, "%s\n\n", term.Wrap(s, columns)) }
	for i, c := range list {
		if i > 0 {
			b.WriteString(between)
		}
		fmt.Fprintf(&b, "%d of %d: %s\n\n", c.Number, len(list), strings.Join(c.Of, ", "))
		say(c.Question)
		say(c.Answer)
		for _, m := range c.Measured {
			words := strings.Split(term.Wrap(m.Label, label), "\n")
			for _, before := range words[:len(words)-1] {
				fmt.Fprintf(&b, "  %s\n", before)
			}
			last := words[len(words)-1]
			fmt.Fprintf(&b, "  %s %s %s\n", last, strings.Repeat(".", label+2-text.StringWidth(last)), m.Value)
		}
		if ran := c.Ran(); ran != nil {
			b.WriteString("\n")
			say(fmt.Sprintf("%s Measured by genlab experiment: %s.", interval, enumerated(ran)))
		}
		for _, a := range c.Waiting() {
			fmt.Fprintf(&b, "Not yet measured: genlab experiment %s\n", a.Name)
		}
		fmt.Fprintf(&b, "Try it: %s\n", c.Command)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// enumerated joins experiments with commas.
func enumerated(list []claim) string {
	words := make([]string, len(list))
	for i, a := range list {
		words[i] = a.String()
	}
	return strings.Join(words, ", ")
}

// cardsMarkdown returns the cards as Markdown, with a page break after each.
func cardsMarkdown(list []card) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("# Ten questions about generative models\n")
	for i, c := range list {
		if i > 0 {
			b.WriteString("\n<div style=\"page-break-after: always\"></div>\n")
		}
		fmt.Fprintf(&b, "\n## %d. %s\n\n*%s*\n\n%s\n", c.Number, c.Question, strings.Join(c.Of, ", "), c.Answer)
		if ran := c.Ran(); ran != nil {
			b.WriteString("\n| measured | value |\n|---|---|\n")
			for _, m := range c.Measured {
				fmt.Fprintf(&b, "| %s | %s |\n", m.Label, m.Value)
			}
			fmt.Fprintf(&b, "\n%s Measured by `genlab experiment`: %s.\n", interval, enumerated(ran))
		}
		for _, a := range c.Waiting() {
			fmt.Fprintf(&b, "\nNot yet measured: `genlab experiment %s`\n", a.Name)
		}
		fmt.Fprintf(&b, "\nTry it: `%s`\n", c.Command)
	}
	return b.Bytes(), nil
}

//go:embed map_cards.html
var cardsText string

var cardsTemplate = template.Must(template.New("cards").Funcs(template.FuncMap{"enumerated": enumerated}).Parse(cardsText))

// cardsPage returns the cards as a self-contained HTML page without scripts.
func cardsPage(list []card) ([]byte, error) {
	var b bytes.Buffer
	err := cardsTemplate.Execute(&b, map[string]any{"Cards": list, "Interval": interval})
	return b.Bytes(), err
}
