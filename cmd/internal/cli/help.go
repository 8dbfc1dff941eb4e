package cli

import (
	"slices"

	"github.com/alecthomas/kong"

	"genlab/internal/config"
	"genlab/lab/models"
	"genlab/lab/registry"
)

// groups lists the headings of a help text in their order, by the group of a flag.
var groups = []kong.Group{
	{Key: "main", Title: "Main settings:"},
	{Key: "data", Title: "Data:"},
	{Key: "model", Title: "Model:"},
	{Key: "optimiser", Title: "Optimiser:"},
	{Key: "objective", Title: "Objective:"},
	{Key: "autoencoder", Title: "Autoencoder:"},
	{Key: "diffusion", Title: "Noise levels and network output:"},
	{Key: "flow matching", Title: "Flow matching:"},
	{Key: "flow map", Title: "Flow map:"},
	{Key: "reflow", Title: "Rectification:"},
	{Key: "student", Title: "Student:"},
	{Key: "adversarial", Title: "Adversarial training:"},
	{Key: "prior", Title: "Prior:"},
	{Key: "prompt", Title: "Text encoder:"},
	{Key: "foreign", Title: "Model of another program:"},
	{Key: "sampling", Title: "Sampling:"},
	{Key: "likelihood", Title: "Likelihood:"},
	{Key: "text", Title: "Text and prompts:"},
	{Key: "run", Title: "Run:"},
	{Key: "server", Title: "Server:"},
	{Key: registry.Paradigm.String(), Title: "Paradigms:"},
	{Key: registry.Hybrid.String(), Title: "Hybrids:"},
	{Key: registry.Baseline.String(), Title: "Baselines:"},
}

// describeSettings gives the flags of train the description of their settings and sorts them by group, the
// main settings first. The description has the default, since a default of the flag itself would count as
// given by the user.
func describeSettings(k *kong.Kong, train trainCmd) {
	node := subcommand(k.Model.Node, "train")
	for _, m := range models.All {
		fields := map[string]config.Field{}
		for _, f := range registry.Fields(m.Job("", false)) {
			fields[f.Key] = f
		}
		command := subcommand(node, m.About().Name)
		for _, flag := range command.Flags {
			f, ok := fields[flag.Name]
			if !ok {
				continue
			}
			flag.Help, flag.Default, flag.HasDefault = f.Describe(), "", false
			flag.PlaceHolder = placeholder(f)
			group := f.Group
			if f.Main {
				group = "main"
			}
			for i := range groups {
				if groups[i].Key == group {
					flag.Group = &groups[i]
				}
			}
		}
		slices.SortStableFunc(command.Flags, func(a, b *kong.Flag) int { return order(a) - order(b) })
	}
}

// order returns the position of a flag's group.
func order(f *kong.Flag) int {
	if f.Group == nil {
		return -1
	}
	return slices.IndexFunc(groups, func(g kong.Group) bool { return g.Key == f.Group.Key })
}

// placeholder returns the placeholder of a setting's value: N for an integer, X for a real number.
func placeholder(f config.Field) string {
	switch f.Type {
	case "int", "uint":
		return "N"
	case "float":
		return "X"
	}
	return "NAME"
}

// subcommand returns the subcommand of a name.
func subcommand(of *kong.Node, name string) *kong.Node {
	return of.Children[slices.IndexFunc(of.Children, func(n *kong.Node) bool { return n.Name == name })]
}
