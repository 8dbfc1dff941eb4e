package stage

import (
	"fmt"
	"math"
	"slices"
	"strings"

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

// look is a request to look into a model.
type look struct {
	Panel    string   `json:"panel"`
	View     string   `json:"view"`
	NFE      int      `json:"nfe"`
	Sampler  string   `json:"sampler"`
	Points   int      `json:"points"`
	Label    string   `json:"label"`
	Guidance *float64 `json:"guidance"`
	Size     int      `json:"size"`
	Seed     uint64   `json:"seed"`
}

// view is a way to look into models.
type view struct {
	name   string
	models []string
	of     func(v viewed, l look) (map[string]any, error)
}

// viewed is a model that is looked into.
type viewed struct {
	p     *panel
	data  *loaded
	o     *oracle
	model registry.Trained
	seed  uint64
}

// views are filled in init, since they refer to functions that list them.
var views []view

func init() {
	views = []view{
		{"reverse", []string{"diffusion", "flow-matching"}, viewed.reverse},
		{"grid", []string{"flow", "gan", "vae"}, viewed.warp},
		{"latent", []string{"vae"}, viewed.latent},
		{"critic", []string{"gan"}, viewed.critic},
		{"digits", []string{"autoregressive"}, viewed.digits},
		{"density", []string{"flow", "autoregressive", "diffusion", "flow-matching", "vae", "kde"}, viewed.density},
	}
}

// inside returns what a view shows of a panel's model as it is now.
func (s *stage) inside(l look) (map[string]any, error) {
	p, err := s.panel(l.Panel)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(views, func(v view) bool { return v.name == l.View && slices.Contains(v.models, p.model.Model) })
	if i < 0 {
		return nil, bad("%s has no view %q: it has %s", p.id, l.View, strings.Join(p.describe("").Views, ", "))
	}
	c := p.copy()
	m, err := p.trained(c)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	v := viewed{p, s.data, s.oracle, m, p.job.Seed()}
	s.mu.Unlock()
	if v.data.ds.View != nil && l.View != "reverse" {
		return nil, conflict("this view shows models of two coordinates, and %s has %d", v.data.ds.Name, v.data.ds.Dim())
	}
	var answer map[string]any
	if err := guarded(func() (err error) { answer, err = views[i].of(v, l); return err }); err != nil {
		return nil, err
	}
	answer["step"], answer["view"], answer["panel"] = c.step, l.View, p.id
	return answer, nil
}

// library returns the model of the library in a registered one.
func library[M any](m registry.Trained) (of M, err error) {
	u, ok := m.(interface{ Unwrap() M })
	if !ok {
		return of, conflict("there is no such view of this model")
	}
	return u.Unwrap(), nil
}

// size returns a number of a request within bounds, or its default.
func size(n, least, greatest, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return max(least, min(n, greatest))
}

// density returns the model's density on a grid.
func (v viewed) density(l look) (map[string]any, error) {
	side := size(l.Size, 16, 128, 64)
	q, exact := v.model.(genlab.LogProber)
	kind := "exact"
	if _, ode := v.model.(registry.ODELogProber); ode {
		side, kind = min(side, 40), "ODE"
	}
	if !exact {
		m, err := library[*vae.Model](v.model)
		if err != nil {
			return nil, conflict("this model has no density")
		}
		quadrature, err := m.Quadrature(vae.CellSigmas)
		if err != nil {
			return nil, conflict("the density of this VAE cannot be integrated: %v", err)
		}
		q, kind = marginal{quadrature}, "quadrature"
	}
	return map[string]any{"grid": pack.Density(q, v.data.box, side), "kind": kind}, nil
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
func (v viewed) warp(look) (map[string]any, error) {
	if m, err := library[*flow.Model](v.model); err == nil {
		z := gridOf(2)
		var labels []int
		if m.Classes() > 0 {
			labels = make([]int, 2*gridLines*gridPoints)
		}
		layers := []layer{layerOf("base", z, baseBox)}
		all := len(m.Bijectors())
		for i, x := range m.Trajectory(z, labels) {
			if i > 0 && (all <= 24 || i%2 == 0 || i == all) {
				layers = append(layers, layerOf(fmt.Sprintf("after %d of %d bijectors", i, all), x, v.data.box))
			}
		}
		return map[string]any{"layers": layers}, nil
	}
	var latent int
	var image func(z *mat.Dense) *mat.Dense
	if m, err := library[*gan.Model](v.model); err == nil {
		latent, image = m.Config().Latent, func(z *mat.Dense) *mat.Dense { return m.Generate(z) }
	} else if m, err := library[*vae.Model](v.model); err == nil {
		latent, image = m.Config().Latent, func(z *mat.Dense) *mat.Dense { mean, _ := m.Decode(z); return mean }
	} else {
		return nil, err
	}
	if latent < 2 {
		return nil, conflict("a grid needs two latent coordinates, and this model has one")
	}
	z := gridOf(latent)
	return map[string]any{"layers": []layer{layerOf("latent grid", z, baseBox), layerOf("its image", image(z), v.data.box)}}, nil
}

// critic returns the critic of a GAN on a grid.
func (v viewed) critic(l look) (map[string]any, error) {
	m, err := library[*gan.Model](v.model)
	if err != nil {
		return nil, err
	}
	side := size(l.Size, 16, 128, 64)
	values, norms := m.Critic().At(pack.Cells(v.data.box, side))
	for i := range values {
		values[i], norms[i] = short(values[i]), short(norms[i])
	}
	return map[string]any{"grid": pack.Values(values, side), "slope": pack.Values(norms, side), "box": pack.Corners(v.data.box),
		"note": "The critic's value is larger where it expects data. The generator moves its samples uphill; where the landscape is flat it learns nothing."}, nil
}

// digits returns the choices of the digits of one point.
func (v viewed) digits(l look) (map[string]any, error) {
	m, err := library[*autoregressive.Points](v.model)
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
	rng := train.NewStream(max(1, l.Seed), "digits").Rand
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
	return map[string]any{"base": m.Config().Base, "box": [4]float64{b.XMin, b.XMax, b.YMin, b.YMax}, "steps": steps, "point": [2]float64{x, y}, "log_prob": logp[0]}, nil
}
