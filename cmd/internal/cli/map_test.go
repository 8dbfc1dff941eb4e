package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"genlab/experiments"
	"genlab/lab/experiment"
	"genlab/lab/models"
	"genlab/lab/taxonomy"
)

// TestEveryModelIsOnTheMap: what can be trained has its place, with its four statements, and what
// has statements can be trained, or is an experiment, once a figure of it is named.
func TestEveryModelIsOnTheMap(t *testing.T) {
	known := models.All.Names()
	for _, e := range experiments.All() {
		known = append(known, e.Name)
	}
	var placed []string
	for _, r := range taxonomy.Regions {
		if r.Statements() != nil {
			placed = append(placed, r.Name)
		}
	}
	for _, name := range placed {
		if !slices.Contains(models.All.Names(), name) {
			t.Errorf("the map has a paradigm %s, and genlab train does not", name)
		}
	}
	for _, s := range taxonomy.Systems {
		placed = append(placed, s.Name)
		if len(wanted(s.Account)) > 0 && !slices.Contains(known, s.Name) {
			t.Errorf("the map has figures of a system %s, which is neither a model nor an experiment", s.Name)
		}
	}
	for _, name := range models.All.Names() {
		if !slices.Contains(placed, name) {
			t.Errorf("%s is not on the map: lab/taxonomy/regions.go, systems.go", name)
		}
	}
}

// wanted are the figures that an account speaks of.
func wanted(a taxonomy.Account) (list []taxonomy.Shown) {
	for _, s := range a.Statements() {
		list = append(list, s.Then...)
	}
	return list
}

// unanswered says what is wrong with a figure that is taken from an experiment: of a shipped one it
// must be there; of one that is not yet run the name must be the course's, once the figure is named.
func unanswered(want taxonomy.Shown) string {
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

// TestShippedFiguresAreThere: where an experiment has an answer, the figures that map and cards take
// from it are in it.
func TestShippedFiguresAreThere(t *testing.T) {
	check := func(where string, list []taxonomy.Shown) {
		for _, want := range list {
			if wrong := unanswered(want); wrong != "" {
				t.Errorf("%s: %s", where, wrong)
			}
		}
	}
	for _, r := range taxonomy.Regions {
		check(r.Name, wanted(r.Account))
	}
	for _, s := range taxonomy.Systems {
		check(s.Name, wanted(s.Account))
	}
	for _, c := range taxonomy.Cards {
		check(c.Question, c.Shown)
	}
	for _, planted := range []taxonomy.Shown{
		{Experiment: "exact", Figure: "KL(p‖q), flaw", Data: "8gaussians"}, {Experiment: "exact", Figure: "KL(p‖q), flow", Data: "9gaussians"},
		{Experiment: "exact"}, {Experiment: "exacct", Figure: "KL(p‖q), flow", Data: "8gaussians"},
	} {
		if unanswered(planted) == "" {
			t.Errorf("%+v passes", planted)
		}
	}
}

// TestCommandsOfCards: what a card says to type is a command, but for a system that is yet to come.
func TestCommandsOfCards(t *testing.T) {
	var coming []string
	for _, s := range taxonomy.Systems {
		if len(wanted(s.Account)) == 0 {
			coming = append(coming, s.Name)
		}
	}
	for _, c := range taxonomy.Cards {
		args := strings.Fields(c.Command)[1:]
		if args[0] == "train" && slices.Contains(coming, args[1]) {
			continue
		}
		k, err := kong.New(new(cli))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Parse(args); err != nil {
			t.Errorf("%s: %v", c.Command, err)
		}
	}
}
