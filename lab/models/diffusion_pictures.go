package models

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/internal/parallel"
	"genlab/internal/plot"
	"genlab/lab/registry"
	"genlab/train"
)

// Pictures draws an animation of the reverse process, trajectories, and the score; with labels also samples by
// label.
func (r diffusionRun) Pictures(ds *datasets.Dataset, seed uint64) ([]registry.Picture, error) {
	p := diffusionPainter{r.Model, ds, seed}
	all := []painting{{"denoise.gif", p.animation}, {"trajectories.png", p.trajectories}, {"scores.png", p.scores}}
	if p.m.Config().Conditional {
		all = append(all, painting{"labels.png", p.labels})
	}
	return paint(all)
}

// diffusionPainter draws a diffusion model trained on a dataset.
type diffusionPainter struct {
	m    *diffusion.Model
	ds   *datasets.Dataset
	seed uint64
}

// Numbers of points in the animation, of trajectories, and of data points in the density behind the scores.
const (
	animationSamples  = 1200
	trajectorySamples = 60
	scoreSamples      = 1000
)

func (p diffusionPainter) animation() ([]byte, error) {
	s := p.m.Sampling()
	frames := func(yield func(plot.Frame) bool) {
		step := 0
		for t, z := range s.Trajectory(animationSamples, train.NewStream(p.seed, "movie").Rand) {
			x := mat.DenseCopyOf(z)
			s.Scale.ToData(x)
			if !yield(plot.Frame{X: x, T: t, Step: step}) {
				return
			}
			step++
		}
	}
	return plot.Animate(frames, plot.Animation{
		Title: "diffusion on " + p.ds.Name, Truth: p.ds.Density, Box: registry.Box(p.ds), Colour: plot.Blue,
	})
}

// trajectories draws the paths of some points from noise to data.
func (p diffusionPainter) trajectories() ([]byte, error) {
	s := p.m.Sampling()
	var steps []*mat.Dense
	for _, z := range s.Trajectory(trajectorySamples, train.NewStream(p.seed, "ways").Rand) {
		x := mat.DenseCopyOf(z)
		s.Scale.ToData(x)
		steps = append(steps, x)
	}
	box := registry.Box(p.ds) // the noise is wider than the data
	x, y := (box.XMax-box.XMin)/10, (box.YMax-box.YMin)/10
	box = plot.Box{XMin: box.XMin - x, XMax: box.XMax + x, YMin: box.YMin - y, YMax: box.YMax + y}
	return plot.Trajectories("Trajectories: diffusion on "+p.ds.Name, steps, p.ds.Density, box)
}

// scores draws the score of x_t over its density at decreasing times.
func (p diffusionPainter) scores() ([]byte, error) {
	data := p.ds.Sampler.Sample(scoreSamples, train.NewStream(p.seed, "scores").Rand)
	p.m.Sampling().Scale.FromData(data)
	var panels []plot.Panel
	for _, t := range []float64{0.75, 0.5, 0.25, 0.1} {
		alpha, sigma := p.m.Schedule().At(t)
		panels = append(panels, plot.Panel{
			Title: fmt.Sprintf("t = %g: α = %.2f, σ = %.2f", t, alpha, sigma),
			Truth: noised{data, alpha, sigma}, Lines: []plot.Line{p.arrows(t)}, Axes: [2]string{"x1 of x_t, standardised", "x2"},
		})
	}
	box := plot.Box{XMin: -scoreReach, XMax: scoreReach, YMin: -scoreReach, YMax: scoreReach}
	return plot.Compare("Learned score times σ, over the density of x_t: "+p.ds.Name, box, panels...)
}

// scoreReach is the half-width of the picture of the scores, in standard deviations of x_t.
const scoreReach = 2.8

// arrows returns σ·∇log p of x_t on a grid as one line with breaks. Its norm is about 1 near the data; arrows are
// drawn no longer than a cell of the grid.
func (p diffusionPainter) arrows(t float64) plot.Line {
	const side = 21
	const cell = 2 * scoreReach / side
	x := mat.NewDense(side*side, 2, nil)
	for i := range side * side {
		x.SetRow(i, []float64{-scoreReach + (float64(i%side)+0.5)*cell, -scoreReach + (float64(i/side)+0.5)*cell})
	}
	x0 := mat.NewDense(side*side, 2, nil)
	p.m.Denoise(x0, x, t)
	alpha, sigma := p.m.Schedule().At(t)
	var dots []float64
	for i := range side * side {
		v := [2]float64{(alpha*x0.At(i, 0) - x.At(i, 0)) / sigma, (alpha*x0.At(i, 1) - x.At(i, 1)) / sigma}
		size := math.Hypot(v[0], v[1])
		long := cell * size / (1 + size)
		ux, uy := v[0]/size*long, v[1]/size*long
		tipX, tipY := x.At(i, 0)+ux/2, x.At(i, 1)+uy/2
		const back, wide = 0.4, 0.2 // of the head, in lengths of the arrow
		none := math.NaN()
		dots = append(dots,
			x.At(i, 0)-ux/2, x.At(i, 1)-uy/2, tipX, tipY, none, none,
			tipX-back*ux-wide*uy, tipY-back*uy+wide*ux, tipX, tipY, tipX-back*ux+wide*uy, tipY-back*uy-wide*ux, none, none)
	}
	return plot.Line{X: mat.NewDense(len(dots)/2, 2, dots), Colour: plot.Blue, Width: 1.6}
}

// noised is the distribution of x_t for x_0 uniform on a sample of standardised points. It converges to that of
// the data as the sample grows, faster for more noise.
type noised struct {
	x0           *mat.Dense
	alpha, sigma float64
}

// LogProb implements [genlab.LogProber].
func (q noised) LogProb(x mat.Matrix) []float64 {
	rows, _ := x.Dims()
	n, _ := q.x0.Dims()
	logp := make([]float64, rows)
	parallel.Rows(rows, 64, func(lo, hi int) {
		parts := make([]float64, n)
		for i := lo; i < hi; i++ {
			for k := range n {
				u := (x.At(i, 0) - q.alpha*q.x0.At(k, 0)) / q.sigma
				v := (x.At(i, 1) - q.alpha*q.x0.At(k, 1)) / q.sigma
				parts[k] = -(u*u + v*v) / 2
			}
			logp[i] = floats.LogSumExp(parts) - math.Log(2*math.Pi*q.sigma*q.sigma*float64(n))
		}
	})
	return logp
}

func (p diffusionPainter) labels() ([]byte, error) {
	return byLabel(p.ds, p.seed, func(context mat.Matrix) genlab.Sampler { return p.m.Given(context) })
}
