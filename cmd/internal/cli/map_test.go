package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/jedib0t/go-pretty/v6/text"

	"genlab/experiments"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/lab/taxonomy"
)

// TestEveryModelIsOnTheMap: the map describes each model in full, and describes no other: a paradigm
// is a model, and a system with evidence is a model or an experiment.
func TestTheMapHasNoStrangers(t *testing.T) {
	known := models.All.Names()
	for _, e := range experiments.All() {
		known = append(known, e.Name)
	}
	for _, name := range taxonomy.ParadigmNames() {
		if !slices.Contains(models.All.Names(), name) {
			t.Errorf("the map has a paradigm %s, and genlab train does not", name)
		}
	}
	for _, s := range taxonomy.Systems() {
		if len(wanted(s.Account)) > 0 && !slices.Contains(known, s.Name) {
			t.Errorf("the map has evidence on a system %s, which is neither a model nor an experiment", s.Name)
		}
	}
}

// wanted returns all evidence of an account.
func wanted(a taxonomy.Account) (list []taxonomy.Evidence) {
	for _, s := range a.Statements() {
		list = append(list, s.Evidence...)
	}
	return list
}

// unanswered returns what is wrong with a piece of evidence: a shipped experiment must have the value;
// one that has not been run must be an experiment of the course, once the value is named.
func unanswered(want taxonomy.Evidence) string {
	result, err := experiments.Shipped(want.Experiment)
	switch {
	case err == nil && len(result.Of(want.Figure, want.Data).Values) == 0:
		return fmt.Sprintf("%s has no figure %q on %q", want.Experiment, want.Figure, want.Data)
	case errors.Is(err, fs.ErrNotExist):
		if !slices.ContainsFunc(experiments.All(), func(e experiment.Experiment) bool { return e.Name == want.Experiment }) && want.Figure != "" {
			return "there is no experiment " + want.Experiment
		}
	case err != nil:
		return err.Error()
	}
	return ""
}

// TestShippedFiguresAreThere: where an experiment has results, they contain all evidence that the map
// and the cards take from it.
func TestShippedFiguresAreThere(t *testing.T) {
	check := func(where string, list []taxonomy.Evidence) {
		for _, want := range list {
			if wrong := unanswered(want); wrong != "" {
				t.Errorf("%s: %s", where, wrong)
			}
		}
	}
	for _, r := range taxonomy.Paradigms() {
		check(r.Name, wanted(r.Account))
	}
	for _, s := range taxonomy.Systems() {
		check(s.Name, wanted(s.Account))
	}
	for _, c := range taxonomy.Cards() {
		check(c.Question, c.Evidence)
	}
	for _, planted := range []taxonomy.Evidence{
		{Experiment: "exact", Figure: "KL(p‖q), flaw", Data: "8gaussians"}, {Experiment: "exact", Figure: "KL(p‖q), flow", Data: "9gaussians"},
		{Experiment: "exact"}, {Experiment: "exacct", Figure: "KL(p‖q), flow", Data: "8gaussians"},
	} {
		if unanswered(planted) == "" {
			t.Errorf("%+v passes", planted)
		}
	}
}

// TestCommandsOfCards: the command of a card parses, except for a system that does not exist yet.
func TestCommandsOfCards(t *testing.T) {
	var coming []string
	for _, s := range taxonomy.Systems() {
		if len(wanted(s.Account)) == 0 {
			coming = append(coming, s.Name)
		}
	}
	for _, c := range taxonomy.Cards() {
		args := strings.Fields(c.Command)[1:]
		if args[0] == "train" && slices.Contains(coming, args[1]) {
			continue
		}
		k, err := kong.New(&cli{Train: newTrainCmd()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Parse(args); err != nil {
			t.Errorf("%s: %v", c.Command, err)
		}
	}
}

// TestMapFits80Columns: the map and a placement are at most 80 columns wide.
func TestMapFits80Columns(t *testing.T) {
	var b strings.Builder
	if err := (&mapShowCmd{}).Run(&console{stdout: &b}); err != nil {
		t.Fatal(err)
	}
	for _, objective := range taxonomy.Questions()[0].Names() {
		for _, sampling := range taxonomy.Questions()[1].Names() {
			printPlacement(&b, taxonomy.Place(taxonomy.Answers{
				Objective: []string{objective}, Sampling: []string{sampling},
				TradeOffs: []string{"exact", "none", "mode-covering"}, Place: []string{"autoregressive", "diffusion"},
			}))
		}
	}
	for _, line := range strings.Split(b.String(), "\n") {
		if n := text.StringWidth(line); n > 80 {
			t.Errorf("%d columns in %q", n, line)
		}
	}
}

// TestHelpOfPlaceNamesEveryAnswer: the flags list the answers of their questions.
func TestHelpOfPlaceNamesEveryAnswer(t *testing.T) {
	for i, q := range taxonomy.Questions()[:3] {
		if help := reflect.TypeFor[mapPlaceCmd]().Field(i).Tag.Get("help"); !strings.HasSuffix(help, ": "+strings.Join(q.Names(), ", ")+".") {
			t.Errorf("--%s: %s", q.Key, help)
		}
	}
}
