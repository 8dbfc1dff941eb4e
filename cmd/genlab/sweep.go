package main

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"

	"github.com/jedib0t/go-pretty/v6/table"

	"genlab/diffusion"
	"genlab/internal/plot"
	rundir "genlab/internal/run"
	"genlab/metrics"
	"genlab/train"
)

// swept is the quality of a sampler in so many network evaluations.
type swept struct {
	Sampler        string `json:"sampler"`
	NFE            int    `json:"nfe"`
	EnergyDistance number `json:"energy_distance"`
	SE             number `json:"se"`
}

// oddNFE are the numbers of evaluations, odd for the sampler that takes two a step.
var oddNFE = []int{5, 9, 17, 33, 65, 129, 257}

// sweep measures all samplers at all numbers of evaluations against one sample of the truth, and
// draws them over what a second one scores.
func (c *evalCmd) sweep(con *console, r *opened, m material) error {
	p, ok := m.(plane)
	if _, diffuses := r.sampled.(interface{ Sampling() diffusion.Sampling }); !ok || !diffuses {
		return usagef("--sweep compares the samplers of a diffusion run, and %s is a run of %s", r.dir.Path(""), r.model)
	}
	if filepath.Ext(c.Sweep) != ".png" {
		return usagef("--sweep writes a picture, and %s does not end in .png", c.Sweep)
	}
	if f := c.samplingFlags; f.Sampler != "" || f.NFE != nil || f.Eta != nil || f.Guidance != nil {
		return usagef("--sweep takes all samplers in turn: leave out --sampler, --nfe, --eta and --guidance")
	}
	rng := train.NewStream(r.seed, "evaluation").Rand
	truth, second := p.Project(p.Law.Sample(c.N, rng)), p.Project(p.Law.Sample(c.N, rng))
	oracle := metrics.EnergyDistance(second, truth)
	floor := math.Abs(oracle.Value) + 2*oracle.SE // what is below is as good as the truth, for all that n tells
	t := newTable(con.stdout)
	head := table.Row{"NFE"}
	rows := make([]table.Row, len(oddNFE))
	for i, nfe := range oddNFE {
		rows[i] = table.Row{nfe}
	}
	all := []swept{{"oracle", 0, number(oracle.Value), number(oracle.SE)}}
	lines := []plot.Series{{
		Name: "oracle + 2 errors", X: []float64{float64(oddNFE[0]), float64(oddNFE[len(oddNFE)-1])}, Y: []float64{floor, floor}, Colour: plot.ModelColour("oracle"),
	}}
	for k, name := range diffusion.SamplerName("").Choices() {
		line := plot.Series{Name: name, Colour: plot.PartColour(k), Marks: true}
		head = append(head, name)
		for i, nfe := range oddNFE {
			if err := con.ctx.Err(); err != nil {
				return cmp.Or(errInterrupted, err)
			}
			f := samplingFlags{Sampler: name, NFE: &nfe, Spacing: c.Spacing, Eta: new(float64)}
			s, _, err := r.draw(f)
			if err != nil {
				return err
			}
			e := metrics.EnergyDistance(p.Project(s.Sample(c.N, train.NewStream(r.seed, "sample").Rand)), truth)
			all = append(all, swept{name, nfe, number(e.Value), number(e.SE)})
			rows[i] = append(rows[i], show(number(e.Value)))
			line.X = append(line.X, float64(nfe))
			line.Y = append(line.Y, math.Max(e.Value, floor/4)) // lower it is noise, and may be negative
		}
		lines = append(lines, line)
	}
	png, err := plot.Lines(plot.Axes{
		Title: fmt.Sprintf("The samplers on %s, %d points", r.data, c.N),
		X:     "network evaluations of a sample", Y: "energy distance", LogX: true, LogY: true,
	}, lines...)
	if err != nil {
		return err
	}
	if err := rundir.ReplaceFile(c.Sweep, png); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.stdout, all)
	}
	fmt.Fprintf(con.stdout, "Energy distance; a second sample of the truth has %.2g ± %.2g.\n", oracle.Value, oracle.SE)
	t.AppendHeader(head)
	t.AppendRows(rows)
	t.SetColumnConfigs(right(1, 2, 3, 4, 5, 6))
	t.Render()
	fmt.Fprintln(con.stdout, c.Sweep)
	return nil
}
