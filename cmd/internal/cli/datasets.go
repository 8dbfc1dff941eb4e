package cli

import (
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/lab/evaluate"
	"genlab/lab/registry"
	"genlab/lab/term"
	"genlab/train"
)

// datasetsCmd lists the distributions.
type datasetsCmd struct {
	Name string `arg:"" optional:"" name:"NAME" help:"Show one, and draw it."`
	JSON bool   `name:"json" help:"Print JSON."`
	Out  string `short:"o" placeholder:"FILE" help:"Picture to write (default <name>.png)."`
}

// described is a distribution as JSON has it.
type described struct {
	Name    string   `json:"name"`
	Entropy *float64 `json:"entropy"` // nats; null for the points of a file
	Modes   int      `json:"modes"`
	Labels  []string `json:"labels"`
	Columns int      `json:"columns"` // coordinates of a point
	Summary string   `json:"summary"`
	Note    string   `json:"note,omitempty"` // what was read from a file
}

// Run lists all, or shows and draws one.
func (c *datasetsCmd) Run(con *console) error {
	list := append(datasets.All(), datasets.More()...)
	if c.Name != "" {
		ds, err := datasets.ByName(c.Name)
		if err != nil {
			return registry.InputError(err)
		}
		list = []*datasets.Dataset{ds}
	}
	if c.JSON {
		all := []described{}
		for _, ds := range list {
			all = append(all, describe(ds))
		}
		return term.JSON(con.stdout, all)
	}
	t := term.NewTable(con.stdout)
	t.AppendHeader(table.Row{"name", "entropy (nats)", "modes", "definition"})
	for _, ds := range list {
		d := describe(ds)
		entropy := "-"
		if d.Entropy != nil {
			entropy = fmt.Sprintf("%.4f", *d.Entropy)
		}
		t.AppendRow(table.Row{d.Name, entropy, d.Modes, d.Summary})
	}
	t.SetColumnConfigs(append(term.Right(2, 3), table.ColumnConfig{Number: 4, WidthMax: 44, WidthMaxEnforcer: text.WrapSoft}))
	t.Render()
	if c.Name == "" {
		fmt.Fprintln(con.stdout, "Your own points: file:PATH or 'file:PATH?x=lon&y=lat&label=kind' (.csv, .tsv, .txt, .npy, .gz of them). One of them with its picture: genlab datasets NAME")
		fmt.Fprintf(con.stdout, "Each of the plane in %d dimensions: %sNAME.\n", datasets.LiftDim, datasets.LiftPrefix)
		fmt.Fprintf(con.stdout, "Texts, for train autoregressive: %s, or file:PATH (UTF-8).\n", strings.Join(datasets.TextNames(), ", "))
		return nil
	}
	if note := list[0].Note; note != "" {
		fmt.Fprintln(con.stdout, note)
	}
	return c.draw(con, list[0])
}

func describe(ds *datasets.Dataset) described {
	d := described{Name: ds.Name, Labels: ds.Labels, Columns: ds.Dim(), Summary: ds.Summary, Note: ds.Note}
	if d.Labels == nil {
		d.Labels = []string{}
	}
	if !math.IsNaN(ds.Entropy) {
		d.Entropy = &ds.Entropy
	}
	if modes := ds.Plane().Modes; modes != nil {
		d.Modes = modes.Len()
	}
	return d
}

// draw writes the picture of a distribution: draws over its density, or what its view is for.
func (c *datasetsCmd) draw(con *console, ds *datasets.Dataset) error {
	if c.Out == "" {
		c.Out = strings.NewReplacer("/", "-", ":", "-", ".", "-", "?", "-", "&", "-", "=", "-").Replace(ds.Name) + ".png"
	}
	x := ds.Sampler.Sample(2000, train.NewStream(1, "sample").Rand)
	paint := func() ([]byte, error) {
		return plot.Points(ds.Name, ds.Project(x), ds.Plane().Density, registry.Box(ds))
	}
	if own := evaluate.Viewed(ds, ds.Name, x); own != nil {
		paint = own[0].Paint
	}
	png, err := paint()
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, png, 0o666); err != nil {
		return err
	}
	fmt.Fprintln(con.stdout, c.Out)
	return nil
}
