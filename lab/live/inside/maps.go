package inside

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"genlab"
	"genlab/autoregressive"
	"genlab/flow"
	"genlab/gan"
	"genlab/internal/plot"
	"genlab/lab/evaluate"
	"genlab/lab/live/pack"
	"genlab/lab/registry"
	"genlab/train"
	"genlab/vae"
)

// density returns the model's density on a grid.
func (s Subject) density(r Request) (Answer, error) {
	side := size(r.Size, 16, 128, 64)
	q, exact := s.Model.(genlab.LogProber)
	kind := "exact"
	if _, ode := s.Model.(registry.ODELogProber); ode {
		side, kind = min(side, 40), "ODE"
	}
	if !exact {
		m, err := library[*vae.Model](s.Model)
		if err != nil {
			return nil, conflict("this model has no density")
		}
		quadrature, err := m.Quadrature(vae.CellSigmas)
		if err != nil {
			return nil, conflict("the density of this VAE cannot be integrated: %v", err)
		}
		q, kind = marginal{quadrature}, "quadrature"
	}
	return Answer{"grid": pack.Density(q, s.Box, side), "kind": kind}, nil
}

// marginal is the density of a VAE by quadrature over z.
type marginal struct{ q *vae.Quadrature }

// LogProb implements [genlab.LogProber].
func (m marginal) LogProb(x mat.Matrix) []float64 { return m.q.LogMarginal(x) }

// layer is a picture of a grid.
type layer struct {
	Title string         `json:"title"`
	Lines [][][2]float64 `json:"lines"`
	Box   [4]float64     `json:"box"`
}

const (
	gridLines  = 15 // of each direction
	gridPoints = 120
	gridReach  = 3.0 // of the lines, in standard deviations
)

// gridOf returns the lines of a grid of standard normal quantiles, so that all cells have the same probability, as the
// first two of k coordinates; the others are 0.
func gridOf(k int) *mat.Dense {
	z := mat.NewDense(2*gridLines*gridPoints, k, nil)
	for axis := range 2 {
		for i := range gridLines {
			for j := range gridPoints {
				row := (axis*gridLines+i)*gridPoints + j
				z.Set(row, axis, distuv.UnitNormal.Quantile((float64(i)+.5)/gridLines))
				z.Set(row, 1-axis, gridReach*(2*float64(j)/(gridPoints-1)-1))
			}
		}
	}
	return z
}

// layerOf returns the lines of images of a grid.
func layerOf(title string, x *mat.Dense, box plot.Box) layer {
	l := layer{Title: title, Box: pack.Corners(box)}
	for line := range 2 * gridLines {
		points := make([][2]float64, gridPoints)
		for j := range points {
			row := x.RawRowView(line*gridPoints + j)
			points[j] = [2]float64{short(row[0]), short(row[1])}
		}
		l.Lines = append(l.Lines, points)
	}
	return l
}

// short rounds a coordinate to what a picture shows; it must be finite for JSON.
func short(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return math.Round(v*1e4) / 1e4
}

// baseBox contains all but 0.2 % of N(0, I).
var baseBox = plot.Box{XMin: -3.6, XMax: 3.6, YMin: -3.6, YMax: 3.6}

// warp returns the image of a grid: after each layer of a flow, or under a generator or decoder.
func (s Subject) warp(Request) (Answer, error) {
	if m, err := library[*flow.Model](s.Model); err == nil {
		z := gridOf(2)
		var labels []int
		if m.Classes() > 0 {
			labels = make([]int, 2*gridLines*gridPoints)
		}
		layers := []layer{layerOf("base", z, baseBox)}
		all := len(m.Bijectors())
		for i, x := range m.Trajectory(z, labels) {
			if i > 0 && (all <= 24 || i%2 == 0 || i == all) {
				layers = append(layers, layerOf(fmt.Sprintf("after %d of %d bijectors", i, all), x, s.Box))
			}
		}
		return Answer{"layers": layers}, nil
	}
	var latent int
	var image func(z *mat.Dense) *mat.Dense
	if m, err := library[*gan.Model](s.Model); err == nil {
		latent, image = m.Config().Latent, func(z *mat.Dense) *mat.Dense { return m.Generate(z) }
	} else if m, err := library[*vae.Model](s.Model); err == nil {
		latent, image = m.Config().Latent, func(z *mat.Dense) *mat.Dense { mean, _ := m.Decode(z); return mean }
	} else {
		return nil, err
	}
	if latent < 2 {
		return nil, conflict("a grid needs two latent coordinates, and this model has one")
	}
	z := gridOf(latent)
	return Answer{"layers": []layer{layerOf("latent grid", z, baseBox), layerOf("its image", image(z), s.Box)}}, nil
}

// critic returns the critic of a GAN on a grid.
func (s Subject) critic(r Request) (Answer, error) {
	m, err := library[*gan.Model](s.Model)
	if err != nil {
		return nil, err
	}
	side := size(r.Size, 16, 128, 64)
	values, norms := m.Critic().At(pack.Cells(s.Box, side))
	for i := range values {
		values[i], norms[i] = short(values[i]), short(norms[i])
	}
	return Answer{"grid": pack.Values(values, side), "slope": pack.Values(norms, side), "box": pack.Corners(s.Box),
		"note": "The critic's value is larger where it expects data. The generator moves its samples uphill; where the landscape is flat it learns nothing."}, nil
}

// digits returns the choices of the digits of one point.
func (s Subject) digits(r Request) (Answer, error) {
	m, err := library[*autoregressive.Points](s.Model)
	if err != nil {
		return nil, err
	}
	type choice struct {
		Of            string     `json:"of"`
		Place         int        `json:"place"`
		Probabilities []float64  `json:"probabilities"`
		Chosen        int        `json:"chosen"`
		Cell          [4]float64 `json:"cell"`
	}
	rng := train.NewStream(max(1, r.Seed), "digits").Rand
	choices, x, y := m.Choices(rng)
	steps := make([]choice, len(choices))
	for i, c := range choices {
		p := make([]float64, len(c.Probabilities))
		for k, v := range c.Probabilities {
			p[k] = math.Round(v*1e5) / 1e5
		}
		steps[i] = choice{[]string{"x", "y"}[c.Axis], c.Place, p, c.Digit, [4]float64{c.Cell.XMin, c.Cell.XMax, c.Cell.YMin, c.Cell.YMax}}
	}
	logp, _ := evaluate.LogDensity(m, mat.NewDense(1, 2, []float64{x, y}), rng)
	b := m.Box()
	return Answer{"base": m.Config().Base, "box": [4]float64{b.XMin, b.XMax, b.YMin, b.YMax}, "steps": steps, "point": [2]float64{x, y}, "log_prob": logp[0]}, nil
}
