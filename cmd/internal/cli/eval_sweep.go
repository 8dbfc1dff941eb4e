package cli

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"path/filepath"

	"github.com/jedib0t/go-pretty/v6/table"

	"genlab/diffusion"
	"genlab/internal/plot"
	"genlab/internal/usage"
	"genlab/lab/evaluate"
	"genlab/lab/registry"
	"genlab/lab/rundir"
	"genlab/lab/term"
	"genlab/lab/trainer"
	"genlab/metrics"
	"genlab/train"
)

// sweepPoint is the quality of a sampler at a number of network evaluations.
type sweepPoint struct {
	Sampler        string         `json:"sampler"`
	NFE            int            `json:"nfe"`
	EnergyDistance metrics.Number `json:"energy_distance"`
	SE             metrics.Number `json:"se"`
}

// oddNFE lists the numbers of evaluations: odd, since heun takes two per step but one in the last.
var oddNFE = []int{5, 9, 17, 33, 65, 129, 257}

// sweepSamplers measures every sampler of a diffusion run with n samples at each number of evaluations and
// plots the energy distances to a .png file, beside the oracle's.
func sweepSamplers(con *console, r *registry.Run, file string, n int, o registry.Options, asJSON bool) error {
	t, err := r.Task()
	if err != nil {
		return err
	}
	p, ok := t.(registry.Points)
	if _, diffuses := r.Model.(interface{ Sampling() diffusion.Sampling }); !ok || !diffuses {
		return usage.Errorf("--sweep compares the samplers of a diffusion run, but %s is a run of %s", r.Dir.Path(""), r.Name())
	}
	if filepath.Ext(file) != ".png" {
		return usage.Errorf("--sweep writes a picture: %s does not end in .png", file)
	}
	if o.Sampler != "" || o.NFE != nil || o.Eta != nil || o.Guidance != nil {
		return usage.Errorf("--sweep sets --sampler, --nfe, --eta and --guidance itself: leave them out")
	}
	rng := train.NewStream(r.Job.Seed(), "evaluation").Rand
	truth, second := p.Truth(n, rng)
	if rows, _ := truth.Dims(); rows < evaluate.FewestRows {
		return usage.Errorf("--sweep needs %d held-out rows or more, but %s has %d", evaluate.FewestRows, p.Name, rows)
	}
	truth, second = p.Project(truth), p.Project(second)
	oracle := metrics.EnergyDistance(second, truth)
	floor := math.Abs(oracle.Value) + 2*oracle.SE // below it n samples are indistinguishable from the true distribution
	names := diffusion.SamplerName("").Choices()
	values := make([][]float64, len(names)) // a row for each sampler
	all := []sweepPoint{{"oracle", 0, metrics.Number(oracle.Value), metrics.Number(oracle.SE)}}
	lines := []plot.Series{{
		Name: "oracle + 2 SE", X: []float64{float64(oddNFE[0]), float64(oddNFE[len(oddNFE)-1])}, Y: []float64{floor, floor}, Colour: plot.Black,
	}}
	for k, name := range names {
		line := plot.Series{Name: name, Colour: plot.LabelColour(k), Marks: true}
		for _, nfe := range oddNFE {
			if err := con.ctx.Err(); err != nil {
				return cmp.Or(trainer.ErrInterrupted, err)
			}
			f := registry.Options{Sampler: name, NFE: &nfe, Spacing: o.Spacing, Eta: new(float64)}
			s, _, err := r.With(f)
			if err != nil {
				return err
			}
			e := metrics.EnergyDistance(p.Project(s.Sample(n, train.NewStream(r.Job.Seed(), "sample").Rand)), truth)
			all = append(all, sweepPoint{name, nfe, metrics.Number(e.Value), metrics.Number(e.SE)})
			values[k] = append(values[k], e.Value)
			line.X = append(line.X, float64(nfe))
			line.Y = append(line.Y, math.Max(e.Value, floor/4)) // lower values are noise and may be negative
		}
		lines = append(lines, line)
	}
	png, err := plot.Lines(plot.Axes{
		Title: fmt.Sprintf("Samplers on %s, %d samples", r.Job.Data(), n),
		X:     "network evaluations per sample", Y: "energy distance", LogX: true, LogY: true,
	}, lines...)
	if err != nil {
		return err
	}
	if err := rundir.ReplaceFile(file, png); err != nil {
		return err
	}
	if asJSON {
		return term.JSON(con.stdout, all)
	}
	fmt.Fprintf(con.stdout, "Energy distance to the true distribution; the oracle has %.2g ± %.2g.\n", oracle.Value, oracle.SE)
	const columns = 4 // that fit term.Width
	for first := 0; first < len(names); first += columns {
		end := min(first+columns, len(names))
		printSweep(con.stdout, names[first:end], values[first:end])
	}
	fmt.Fprintln(con.stdout, file)
	return nil
}

// printSweep writes the energy distances of some samplers, a column each.
func printSweep(w io.Writer, names []string, values [][]float64) {
	t := term.NewTable(w)
	head := table.Row{"NFE"}
	for _, name := range names {
		head = append(head, name)
	}
	t.AppendHeader(head)
	for i, nfe := range oddNFE {
		row := table.Row{nfe}
		for k := range names {
			row = append(row, term.Number(values[k][i]))
		}
		t.AppendRow(row)
	}
	t.SetColumnConfigs(term.Right(1, 2, 3, 4, 5))
	t.Render()
}
