package models

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"genlab/datasets"
	"genlab/gan"
	"genlab/internal/plot"
	"genlab/lab/registry"
	"genlab/train"
)

// Pictures draws the critic, the latent space, the image of a latent grid, traversals of latent directions, and
// an animation of the training.
func (r ganRun) Pictures(ds *datasets.Dataset, seed uint64) ([]registry.Picture, error) {
	p := ganPainter{m: r.Model, ds: ds, seed: seed}
	return paint([]painting{
		{"critic.png", p.critic}, {"latent.png", p.latent}, {"grid.png", p.grid},
		{"directions.png", p.directions}, {"probes.png", p.probes}, {"training.gif", p.training},
	})
}

// ganPainter draws a GAN trained on a dataset.
type ganPainter struct {
	m    *gan.Model
	ds   *datasets.Dataset
	seed uint64
}

func (p ganPainter) stream(purpose string) *rand.Rand { return train.NewStream(p.seed, purpose).Rand }

// critic draws the critic's value, which the generator ascends, and the norm of its gradient, which the penalty
// keeps near 1 between data and samples.
func (p ganPainter) critic() ([]byte, error) {
	c := p.m.Critic()
	value := func(x mat.Matrix) []float64 { v, _ := c.At(x); return v }
	slope := func(x mat.Matrix) []float64 { _, s := c.At(x); return s }
	return plot.ContourMaps("Critic: "+string(p.m.Config().Objective)+" on "+p.ds.Name, registry.Box(p.ds),
		plot.ContourMap{Title: "value, with data", F: value, Points: p.ds.Sampler.Sample(criticPoints, p.stream("landscape")), Colour: plot.Black},
		plot.ContourMap{Title: "gradient norm, with the generator's samples", F: slope, Points: p.m.Sample(criticPoints, p.stream("landscape samples")), Colour: plot.Blue})
}

const criticPoints = 150

// latent draws the first two latent coordinates, coloured by the mode of the generated point where the data have
// modes.
func (p ganPainter) latent() ([]byte, error) {
	if p.m.Config().Latent < 2 {
		return nil, nil
	}
	const points = 6000
	z := p.m.Latents(points, p.stream("latent"))
	panel := plot.Panel{Points: z.Slice(0, points, 0, 2), Axes: [2]string{"z1", "z2"}, Colour: plot.Purple}
	what := ""
	if p.ds.Modes != nil {
		what = " by mode of G(z)"
		x := p.m.Generate(z)
		panel.Labels = make([]int, points)
		for i := range points {
			panel.Labels[i], _ = p.ds.Modes.Nearest(x.At(i, 0), x.At(i, 1))
		}
	}
	const reach = 3.6 // all but 0.2 % of N(0, I) in the plane
	return plot.Compare("Latent space"+what+": "+p.ds.Name, plot.Box{XMin: -reach, XMax: reach, YMin: -reach, YMax: reach}, panel)
}

// grid draws the generator's image of a grid of the first two latent coordinates, the others 0. The lines are
// standard normal quantiles, so that with two coordinates all cells have the same probability.
func (p ganPainter) grid() ([]byte, error) {
	k := p.m.Config().Latent
	if k < 2 {
		return nil, nil
	}
	const lines, points = 31, 3000
	panel := plot.Panel{Truth: p.ds.Density, Colour: plot.Purple}
	for axis := range 2 {
		for i := range lines {
			z := mat.NewDense(points, k, nil)
			for j := range points {
				z.Set(j, axis, distuv.UnitNormal.Quantile((float64(i)+0.5)/lines))
				z.Set(j, 1-axis, distuv.UnitNormal.Quantile((float64(j)+0.5)/points))
			}
			panel.Lines = append(panel.Lines, plot.Line{X: p.m.Generate(z), Width: 1})
		}
	}
	return plot.Compare("Image of a latent grid: GAN on "+p.ds.Name, registry.Box(p.ds), panel)
}

// attributes returns the attributes that the probes predict.
func (p ganPainter) attributes() []gan.Attribute {
	box := registry.Box(p.ds)
	centre := [2]float64{(box.XMin + box.XMax) / 2, (box.YMin + box.YMax) / 2}
	a := []gan.Attribute{gan.Radius(centre), gan.Angle(centre, 0)}
	if p.ds.Modes != nil {
		a = append(a, gan.Mode(p.ds.Modes.Nearest, 0))
	}
	return a
}

// found returns the directions of the attributes; an attribute that does not vary has none.
func (p ganPainter) found() []gan.Direction {
	var found []gan.Direction
	for _, a := range p.attributes() {
		if d, err := p.m.Probe(a, probeSamples, p.stream("probe")); err == nil {
			found = append(found, d)
		}
	}
	return found
}

const (
	probeSamples = 20000
	farthest     = 2.0 // distance in latent space, in standard deviations
)

// directions draws the paths of generated points while their latents move along each direction, and along
// random ones.
func (p ganPainter) directions() ([]byte, error) {
	const points, moves = 40, 60
	z := p.m.Latents(points, p.stream("directions"))
	ways := p.m.RandomDirections(points, p.stream("ways"))
	var panels []plot.Panel
	add := func(title string, along func(by float64) *mat.Dense) {
		panel := plot.Panel{Title: title, Truth: p.ds.Density, Colour: plot.Purple}
		for i := range moves + 1 {
			panel.Paths = append(panel.Paths, p.m.Generate(along(farthest*float64(i)/moves)))
		}
		panels = append(panels, panel)
	}
	for _, d := range p.found() {
		add(fmt.Sprintf("more %v (R² %.2f)", d.Attribute, d.R2), func(by float64) *mat.Dense { return d.Traverse(z, by) })
	}
	add("random directions", func(by float64) *mat.Dense {
		var moved mat.Dense
		moved.Scale(by, ways)
		moved.Add(&moved, z)
		return &moved
	})
	return plot.Compare("Latent traversals of length 2: GAN on "+p.ds.Name, registry.Box(p.ds), panels...)
}

// probes plots the mean changes of the attributes along their directions and along random ones.
func (p ganPainter) probes() ([]byte, error) {
	var lengths []float64
	for i := range 21 {
		lengths = append(lengths, farthest*(float64(i)/10-1))
	}
	var series []plot.Series
	for i, d := range p.found() {
		along := plot.Series{Name: fmt.Sprint(d.Attribute), Smooth: 1, Colour: plot.LabelColour(i)}
		random := plot.Series{Name: along.Name + ", random", Smooth: 1, Colour: plot.LabelColour(i)}
		for _, e := range p.m.Effects(d, lengths, 4000, p.stream("effects")) {
			along.X, random.X = append(along.X, e.Distance), append(random.X, e.Distance)
			along.Y, random.Y = append(along.Y, e.Along), append(random.Y, e.Random)
			along.SE, random.SE = append(along.SE, e.AlongSE), append(random.SE, e.RandomSE)
		}
		series = append(series, along, random)
	}
	if series == nil {
		return nil, nil
	}
	return plot.Curve("Effect of latent directions: GAN on "+p.ds.Name, "distance in z", "mean change of the attribute (SD)", series...)
}

// training animates the samples of fixed latents during training.
func (p ganPainter) training() ([]byte, error) {
	last := float64(p.m.Config().Steps)
	frames := func(yield func(plot.Frame) bool) {
		for step, x := range p.m.Snapshots() {
			if !yield(plot.Frame{X: x, T: 1 - math.Sqrt(float64(step)/last), Step: step}) {
				return
			}
		}
	}
	return plot.Animate(frames, plot.Animation{
		Title: cmp.Or(string(p.m.Config().Objective), "gan") + " on " + p.ds.Name, Truth: p.ds.Density, Box: registry.Box(p.ds), Colour: plot.Purple,
		Caption: func(f plot.Frame) string { return "training step " + strconv.Itoa(f.Step) },
	})
}
