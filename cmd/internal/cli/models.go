package cli

import (
	"cmp"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"

	"genlab/lab/models"
	"genlab/lab/term"
)

// modelsCmd lists the registered models.
type modelsCmd struct {
	Names bool `help:"Print only the names, one per line."`
	JSON  bool `name:"json" help:"Print JSON."`
}

// Run lists the models in the order of their registration.
func (c *modelsCmd) Run(con *console) error {
	type model struct {
		Name       string `json:"name"`
		Role       string `json:"role"`
		Likelihood string `json:"likelihood"`
		Data       string `json:"data"`
		Summary    string `json:"summary"`
	}
	var all []model
	t := term.NewTable(con.stdout)
	t.AppendHeader(table.Row{"model", "likelihood", "description"})
	for i, m := range models.All {
		a := m.About()
		all = append(all, model{a.Name, a.Role.String(), a.Likelihood, cmp.Or(a.Data, "8gaussians"), a.Summary})
		if c.Names {
			fmt.Fprintln(con.stdout, a.Name)
		}
		if i > 0 && a.Role != models.All[i-1].About().Role {
			t.AppendSeparator()
		}
		t.AppendRow(table.Row{a.Name, a.Likelihood, a.Summary})
	}
	if c.JSON {
		return term.JSON(con.stdout, all)
	}
	if !c.Names {
		t.SetColumnConfigs([]table.ColumnConfig{term.Wrapped(3, 38)})
		t.Render()
		fmt.Fprintln(con.stdout, "genlab train MODEL trains one; genlab train MODEL --help lists its settings.")
	}
	return nil
}
