package cli

import (
	"slices"

	"github.com/alecthomas/kong"

	"genlab/internal/config"
	"genlab/lab/models"
	"genlab/lab/registry"
)

// groups are the headings of a help text, by the group of a flag, in their order.
var groups = []kong.Group{
	{Key: "main", Title: "Main settings:"},
	{Key: "data", Title: "Data:"},
	{Key: "model", Title: "Model:"},
	{Key: "optimiser", Title: "Optimiser:"},
	{Key: "objective", Title: "Objective:"},
	{Key: "autoencoder", Title: "Autoencoder:"},
	{Key: "diffusion", Title: "Noise levels and network output:"},
	{Key: "student", Title: "Student:"},
	{Key: "adversarial", Title: "Adversarial training:"},
	{Key: "prior", Title: "Prior:"},
	{Key: "prompt", Title: "Reading of prompts:"},
	{Key: "sampling", Title: "Sampling:"},
	{Key: "text", Title: "Text and prompts:"},
	{Key: "run", Title: "Run:"},
	{Key: registry.Paradigm.String(), Title: "Paradigms:"},
	{Key: registry.Hybrid.String(), Title: "Hybrids:"},
	{Key: registry.Baseline.String(), Title: "Baselines:"},
}

// describeSettings gives the flags of train the description of their settings, and sorts them:
// the main ones first, the others by what they belong to. The defaults stand in the description; a
// flag's own would be taken for one that was given.
func describeSettings(k *kong.Kong, train trainCmd) {
	node := child(k.Model.Node, "train")
	for _, m := range models.All {
		fields := map[string]config.Field{}
		for _, f := range registry.Fields(m.Job("", false)) {
			fields[f.Key] = f
		}
		command := child(node, m.About().Name)
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

// order is the place of a flag's group.
func order(f *kong.Flag) int {
	if f.Group == nil {
		return -1
	}
	return slices.IndexFunc(groups, func(g kong.Group) bool { return g.Key == f.Group.Key })
}

// placeholder stands for a setting's value: N for a whole number, X for any other.
func placeholder(f config.Field) string {
	switch f.Type {
	case "int", "uint":
		return "N"
	case "float":
		return "X"
	}
	return "NAME"
}

// child is the subcommand of a name.
func child(of *kong.Node, name string) *kong.Node {
	return of.Children[slices.IndexFunc(of.Children, func(n *kong.Node) bool { return n.Name == name })]
}
