package cli

import (
	"slices"
	"testing"

	"genlab/lab/models"
	"genlab/lab/registry"

	"github.com/alecthomas/kong"
)

// TestEverySettingHasItsFlag: a flag takes its name from the field, a key from the tag; where the two
// differ a flag would be read and forgotten.
func TestEverySettingHasItsFlag(t *testing.T) {
	k, err := kong.New(&cli{Train: newTrainCmd()})
	if err != nil {
		t.Fatal(err)
	}
	train := find(t, k.Model.Node, "train")
	for _, m := range models.All {
		name := m.About().Name
		node := find(t, train, name)
		for _, f := range registry.Fields(m.Job("", false)) {
			if f.Key == "model" {
				continue // the command's own name
			}
			if !slices.ContainsFunc(node.Flags, func(flag *kong.Flag) bool { return flag.Name == f.Key }) {
				t.Errorf("train %s has the setting %s and no flag of that name", name, f.Key)
			}
		}
	}
}

func find(t *testing.T, parent *kong.Node, name string) *kong.Node {
	t.Helper()
	i := slices.IndexFunc(parent.Children, func(n *kong.Node) bool { return n.Name == name })
	if i < 0 {
		t.Fatalf("there is no command %s", name)
	}
	return parent.Children[i]
}

// TestEveryGroupHasAHeading: a group that help.go does not list would be printed under its key, above the main settings.
func TestEveryGroupHasAHeading(t *testing.T) {
	k, err := kong.New(&cli{Train: newTrainCmd(), Sweep: newSweepCmd()}, kong.ExplicitGroups(groups))
	if err != nil {
		t.Fatal(err)
	}
	_ = kong.Visit(k.Model, func(node kong.Visitable, next kong.Next) error {
		if n, ok := node.(*kong.Node); ok {
			for _, flag := range n.Flags {
				if flag.Group != nil && order(flag) < 0 {
					t.Errorf("%s: flag --%s is of the unknown group %q", n.FullPath(), flag.Name, flag.Group.Key)
				}
			}
		}
		return next(nil)
	})
}
