package models

import (
	"image/color"
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/lab/registry"
	"genlab/metrics"
	"genlab/train"
	"genlab/vae"
)

// Pictures draws the latent space, its posteriors, the image of a latent grid, the density by quadrature, and the
// bounds; for other than two latent dimensions only the bounds.
func (r vaeRun) Pictures(ds *datasets.Dataset, seed uint64) ([]registry.Picture, error) {
	p := vaePainter{m: r.Model, ds: ds, seed: seed}
	files := []painting{
		{"latent.png", p.latent}, {"posteriors.png", p.posteriors}, {"grid.png", p.grid},
		{"density.png", p.density}, {"bounds.png", p.bounds},
	}
	if p.m.Config().Latent != 2 {
		files = files[len(files)-1:]
	}
	return paint(files)
}

// vaePainter draws a VAE trained on a dataset.
type vaePainter struct {
	m    *vae.Model
	ds   *datasets.Dataset
	seed uint64
}

// latentBox contains all but 0.2 % of N(0, I).
var latentBox = plot.Box{XMin: -3.6, XMax: 3.6, YMin: -3.6, YMax: 3.6}

// labelled returns samples of the data with their labels, nil where there are none.
func (p vaePainter) labelled(n int) (*mat.Dense, []int) {
	rng := train.NewStream(p.seed, "latent").Rand
	if l, ok := p.ds.Sampler.(datasets.Labelled); ok {
		return l.SampleLabelled(n, rng)
	}
	return p.ds.Sampler.Sample(n, rng), nil
}

// latent draws samples of q(z|x) at fresh points, over the prior.
func (p vaePainter) latent() ([]byte, error) {
	x, parts := p.labelled(latentSamples)
	z := p.m.Latents(x, train.NewStream(p.seed, "latent draws").Rand)
	panel := p.latentPanel()
	panel.Points, panel.Labels = z, parts
	return plot.Compare("Latent space, z ~ q(z|x): VAE on "+p.ds.Name, latentBox, panel)
}

// latentPanel is a panel of the latent space with the contours of 50, 80 and 95 % of the prior.
func (p vaePainter) latentPanel() plot.Panel {
	panel := plot.Panel{Colour: plot.Green, Axes: [2]string{"z1", "z2"}}
	if learned, ok := p.m.Prior().(genlab.LogProber); ok {
		panel.Map = learned
		return panel
	}
	for _, mass := range []float64{0.5, 0.8, 0.95} {
		radius := math.Sqrt(-2 * math.Log(1-mass))
		panel.Lines = append(panel.Lines, plot.Line{X: ellipse([]float64{0, 0}, []float64{radius, 0, 0, radius}), Colour: color.NRGBA{0xa0, 0xa0, 0xa0, 0xff}, Width: 1.2})
	}
	return panel
}

// ellipse returns the line m + L·u for u on the unit circle; l is the lower triangular L, row by row.
func ellipse(m, l []float64) *mat.Dense {
	const sides = 90
	line := mat.NewDense(sides+1, 2, nil)
	for k := range sides + 1 {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / sides)
		line.SetRow(k, []float64{m[0] + l[0]*cos, m[1] + l[2]*cos + l[3]*sin})
	}
	return line
}

// latentSamples is the number of points in a picture of the latent space.
const latentSamples = 4000

// posteriors draws the posteriors of single points as ellipses of one sigma.
func (p vaePainter) posteriors() ([]byte, error) {
	const ellipses = 120
	x, parts := p.labelled(ellipses)
	z, factor := p.m.Encode(x)
	panel := p.latentPanel()
	panel.Points, panel.Labels = z, parts
	for i := range ellipses {
		c := panel.Colour
		if parts != nil {
			c = plot.LabelColour(parts[i])
		}
		panel.Lines = append(panel.Lines, plot.Line{X: ellipse(z.RawRowView(i), factor.RawRowView(i)), Colour: c, Width: 1.6})
	}
	return plot.Compare("Posteriors q(z|x), one sigma: VAE on "+p.ds.Name, latentBox, panel)
}

// grid draws the decoder's image of a latent grid whose lines are standard normal quantiles, so that all cells
// have the same probability.
func (p vaePainter) grid() ([]byte, error) {
	const lines, points = 31, 1500
	panel := plot.Panel{Truth: p.ds.Density, Colour: plot.Green}
	for axis := range 2 {
		for i := range lines {
			at := quantile((float64(i) + .5) / lines)
			z := mat.NewDense(points, 2, nil)
			for k := range points {
				z.Set(k, axis, at)
				z.Set(k, 1-axis, 7*float64(k)/(points-1)-3.5)
			}
			x, _ := p.m.Decode(z)
			panel.Lines = append(panel.Lines, plot.Line{X: x, Width: 1})
		}
	}
	return plot.Compare("Image of a latent grid: VAE on "+p.ds.Name, registry.Box(p.ds), panel)
}

func quantile(u float64) float64 { return math.Sqrt2 * math.Erfinv(2*u-1) }

// density draws the model's density by quadrature next to the true one.
func (p vaePainter) density() ([]byte, error) {
	q, err := p.m.Quadrature(vae.CellSigmas)
	if err != nil {
		return nil, nil // too steep to integrate
	}
	panels := []plot.Panel{{Title: "VAE (quadrature over z)", Map: marginal{q}}}
	if p.ds.Density != nil {
		panels = append([]plot.Panel{{Title: "true density", Map: p.ds.Density}}, panels...)
	}
	return plot.Compare("Density: VAE on "+p.ds.Name, registry.Box(p.ds), panels...)
}

// bounds plots the bounds from the ELBO up to log p by quadrature, and minus the entropy. Differences are means
// at the same points, so that the variation between points cancels.
func (p vaePainter) bounds() ([]byte, error) {
	const most = 1 << 17 // samples of z per bound
	x := p.ds.Fresh(10000, train.NewStream(p.seed, "ladder").Rand)
	points, _ := x.Dims()
	rng := train.NewStream(p.seed, "ladder draws").Rand
	flat := func(name string, y float64, model string) plot.Series {
		return plot.Series{Name: name, X: []float64{1, 500}, Y: []float64{y, y}, Colour: Colour(model)}
	}
	level, reference := 0.0, make([]float64, points)
	var others []plot.Series
	if p.ds.Density != nil {
		level, reference = -p.ds.Entropy, p.ds.Density.LogProb(x)
		others = append(others, flat("−h(p), true", level, "truth"))
	}
	if q, err := p.m.Quadrature(vae.CellSigmas); err == nil {
		logp := q.LogMarginal(x)
		level += metrics.PairedMean(logp, reference).Value
		reference = logp
		others = append(others, flat("log p by\nquadrature", level, "flow"))
	}
	bound := plot.Series{Name: "bound", Marks: true, Colour: plot.Green}
	for _, k := range []int{1, 2, 5, 10, 20, 50, 100, 200, 500} {
		part := min(points, most/k)
		e := metrics.PairedMean(p.m.Importance(k).LogBound(x.Slice(0, part, 0, 2), rng), reference[:part])
		bound.X, bound.Y, bound.SE = append(bound.X, float64(k)), append(bound.Y, level+e.Value), append(bound.SE, e.SE)
	}
	return plot.Lines(plot.Axes{Title: "Bounds on log p: VAE on " + p.ds.Name, X: "importance samples per point", Y: "nats per point", LogX: true},
		append([]plot.Series{bound}, others...)...)
}

// marginal lets a picture take a quadrature for a density.
type marginal struct{ q *vae.Quadrature }

func (m marginal) LogProb(x mat.Matrix) []float64 { return m.q.LogMarginal(x) }
