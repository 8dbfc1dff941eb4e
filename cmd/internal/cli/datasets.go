package cli

import (
	"fmt"
	"math"

	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/internal/usage"
	"genlab/lab/evaluate"
	"genlab/lab/registry"
	"genlab/lab/rundir"
	"genlab/lab/term"
	"genlab/train"
)

// datasetsCmd lists or plots datasets.
type datasetsCmd struct {
	Name string `arg:"" optional:"" name:"NAME" help:"Dataset to describe and plot (default: list all)."`
	JSON bool   `name:"json" help:"Print JSON."`
	Out  string `short:"o" placeholder:"FILE" help:"Picture to write, .png (default NAME.png); with -n the points, .npy or .csv, also with .gz."`
	N    int    `short:"n" help:"Number of points to write to --out, with their exact log density beside it as OUT.logp."`
	Seed uint64 `default:"1" help:"Random seed of the points."`
}

// described is a dataset in the JSON output.
type described struct {
	Name    string   `json:"name"`
	Entropy *float64 `json:"entropy"` // nats; null for the points of a file
	Modes   int      `json:"modes"`
	Labels  []string `json:"labels"`
	Columns int      `json:"columns"` // coordinates of a point
	Summary string   `json:"summary"`
	Note    string   `json:"note,omitempty"` // what was read from a file
}

// Run lists all datasets, or describes and plots one.
func (c *datasetsCmd) Run(con *console) error {
	list := append(datasets.All(), datasets.More()...)
	if c.Name != "" {
		ds, err := datasets.ByName(c.Name)
		if err != nil {
			return registry.InputError(err)
		}
		list = []*datasets.Dataset{ds}
	}
	if c.N != 0 {
		return c.write(con, list)
	}
	if c.JSON {
		all := []described{}
		for _, ds := range list {
			all = append(all, describe(ds))
		}
		return term.JSON(con.stdout, all)
	}
	t := term.NewTable(con.stdout)
	t.AppendHeader(table.Row{"name", "entropy\n(nats)", "modes", "definition"})
	for _, ds := range list {
		d := describe(ds)
		entropy := "-"
		if d.Entropy != nil {
			entropy = fmt.Sprintf("%.4f", *d.Entropy)
		}
		t.AppendRow(table.Row{d.Name, entropy, d.Modes, d.Summary})
	}
	t.SetColumnConfigs(append(term.Right(2, 3), term.Wrapped(4, 42)))
	t.Render()
	if c.Name == "" {
		for _, line := range []string{
			"genlab datasets NAME plots one.",
			"Your own points: file:PATH or 'file:PATH?x=lon&y=lat&label=kind'",
			"(.csv, .tsv, .txt or .npy, also with .gz).",
			fmt.Sprintf("%sNAME embeds a 2-D dataset in %d dimensions.", datasets.LiftPrefix, datasets.LiftDim),
			fmt.Sprintf("Texts for genlab train autoregressive: %s, or file:PATH (UTF-8).", strings.Join(datasets.TextNames(), ", ")),
		} {
			fmt.Fprintln(con.stdout, line)
		}
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

// write writes points of a distribution, and beside them, as moons.logp.npy beside moons.npy, their log density where it is known.
func (c *datasetsCmd) write(con *console, list []*datasets.Dataset) error {
	switch {
	case c.Name == "" || c.Out == "":
		return usage.Errorf("-n needs a dataset and a file: genlab datasets moons -n 10000 --seed 1 -o moons.npy")
	case c.N < 1 || c.N > maxPoints/list[0].Dim():
		return usage.Errorf("-n is %d, but must be 1 to %d for points of %d coordinates", c.N, maxPoints/list[0].Dim(), list[0].Dim())
	}
	if err := datasets.CheckName(c.Out); err != nil {
		return usage.Error{Err: err}
	}
	ds := list[0]
	x := ds.Sampler.Sample(c.N, train.NewStream(c.Seed, "sample").Rand)
	if err := datasets.WritePoints(c.Out, x); err != nil {
		return err
	}
	fmt.Fprintf(con.stdout, "%s: %d points of %s\n", c.Out, c.N, ds.Name)
	if ds.Density == nil {
		fmt.Fprintf(con.stdout, "no density is known of %s\n", ds.Name)
		return nil
	}
	ext := strings.LastIndex(strings.TrimSuffix(strings.ToLower(c.Out), ".gz"), ".")
	beside := c.Out[:ext] + ".logp" + c.Out[ext:]
	if err := datasets.WriteVector(beside, ds.Density.LogProb(x)); err != nil {
		return err
	}
	fmt.Fprintf(con.stdout, "%s: their exact log density, in nats\n", beside)
	return nil
}

// draw writes the picture of a dataset: samples over the density, or the picture of its view.
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
	if err := rundir.ReplaceFile(c.Out, png); err != nil {
		return err
	}
	fmt.Fprintln(con.stdout, c.Out)
	return nil
}
