package cli

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"

	"github.com/jedib0t/go-pretty/v6/table"

	"genlab/diffusion"
	"genlab/internal/plot"
	rundir "genlab/internal/run"
	"genlab/internal/usage"
	"genlab/lab/registry"
	"genlab/lab/term"
	"genlab/lab/trainer"
	"genlab/metrics"
	"genlab/train"
)

// swept is the quality of a sampler in so many network evaluations.
type swept struct {
	Sampler        string         `json:"sampler"`
	NFE            int            `json:"nfe"`
	EnergyDistance metrics.Number `json:"energy_distance"`
	SE             metrics.Number `json:"se"`
}

// oddNFE are the numbers of evaluations, odd for the sampler that takes two a step.
var oddNFE = []int{5, 9, 17, 33, 65, 129, 257}

// sweep measures all samplers at all numbers of evaluations against one sample of the truth, and
// draws them over what a second one scores.
func (c *evalCmd) sweep(con *console, r *registry.Run) error {
	t, err := r.Job.Task()
	if err != nil {
		return err
	}
	p, ok := t.(registry.Points)
	if _, diffuses := r.Model.(interface{ Sampling() diffusion.Sampling }); !ok || !diffuses {
		return usage.Errorf("--sweep compares the samplers of a diffusion run, and %s is a run of %s", r.Dir.Path(""), r.Name())
	}
	if filepath.Ext(c.Sweep) != ".png" {
		return usage.Errorf("--sweep writes a picture, and %s does not end in .png", c.Sweep)
	}
	if f := c.Options; f.Sampler != "" || f.NFE != nil || f.Eta != nil || f.Guidance != nil {
		return usage.Errorf("--sweep takes all samplers in turn: leave out --sampler, --nfe, --eta and --guidance")
	}
	rng := train.NewStream(r.Job.Seed(), "evaluation").Rand
	truth, second := p.Project(p.Sampler.Sample(c.N, rng)), p.Project(p.Sampler.Sample(c.N, rng))
	oracle := metrics.EnergyDistance(second, truth)
	floor := math.Abs(oracle.Value) + 2*oracle.SE // what is below is as good as the truth, for all that n tells
	out := term.NewTable(con.stdout)
	head := table.Row{"NFE"}
	rows := make([]table.Row, len(oddNFE))
	for i, nfe := range oddNFE {
		rows[i] = table.Row{nfe}
	}
	all := []swept{{"oracle", 0, metrics.Number(oracle.Value), metrics.Number(oracle.SE)}}
	lines := []plot.Series{{
		Name: "oracle + 2 errors", X: []float64{float64(oddNFE[0]), float64(oddNFE[len(oddNFE)-1])}, Y: []float64{floor, floor}, Colour: plot.Black,
	}}
	for k, name := range diffusion.SamplerName("").Choices() {
		line := plot.Series{Name: name, Colour: plot.LabelColour(k), Marks: true}
		head = append(head, name)
		for i, nfe := range oddNFE {
			if err := con.ctx.Err(); err != nil {
				return cmp.Or(trainer.ErrInterrupted, err)
			}
			f := registry.Options{Sampler: name, NFE: &nfe, Spacing: c.Spacing, Eta: new(float64)}
			s, _, err := r.With(f)
			if err != nil {
				return err
			}
			e := metrics.EnergyDistance(p.Project(s.Sample(c.N, train.NewStream(r.Job.Seed(), "sample").Rand)), truth)
			all = append(all, swept{name, nfe, metrics.Number(e.Value), metrics.Number(e.SE)})
			rows[i] = append(rows[i], term.Number(e.Value))
			line.X = append(line.X, float64(nfe))
			line.Y = append(line.Y, math.Max(e.Value, floor/4)) // lower it is noise, and may be negative
		}
		lines = append(lines, line)
	}
	png, err := plot.Lines(plot.Axes{
		Title: fmt.Sprintf("The samplers on %s, %d points", r.Job.Data(), c.N),
		X:     "network evaluations of a sample", Y: "energy distance", LogX: true, LogY: true,
	}, lines...)
	if err != nil {
		return err
	}
	if err := rundir.ReplaceFile(c.Sweep, png); err != nil {
		return err
	}
	if c.JSON {
		return term.JSON(con.stdout, all)
	}
	fmt.Fprintf(con.stdout, "Energy distance; a second sample of the truth has %.2g ± %.2g.\n", oracle.Value, oracle.SE)
	out.AppendHeader(head)
	out.AppendRows(rows)
	out.SetColumnConfigs(term.Right(1, 2, 3, 4, 5, 6))
	out.Render()
	fmt.Fprintln(con.stdout, c.Sweep)
	return nil
}
