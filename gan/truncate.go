package gan

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/nn"
)

// Truncated samples a generator without the latents at which it is steepest: of those with the largest
// Frobenius norm of the Jacobian it leaves out a share. A continuous generator has to cross the gaps between
// modes somewhere, and is steep there, so what is left out are the bridges between modes [tanielian2020]. It is
// a [genlab.Sampler], and not safe for concurrent use.
type Truncated struct {
	model    *Model
	jacobian *nn.Forward
	limit    float64 // largest Frobenius norm
}

// calibration is the number of latents whose quantile is the limit: its share differs from the one asked for
// by about sqrt(share/calibration).
const calibration = 20000

// maxTangents is the largest number of latent dimensions: the Jacobian takes a pass of tangents for each.
const maxTangents = 64

// Truncate returns a sampler that leaves out the given share of the latents. The limit of the steepness that it
// leaves out is a quantile of 20,000 latents of rng. It fails for a share outside [0, 0.9] and for more than 64
// latent dimensions.
func (m *Model) Truncate(share float64, rng *rand.Rand) (*Truncated, error) {
	if !(share >= 0 && share <= 0.9) {
		return nil, fmt.Errorf("gan: the share of latents to leave out is %v, but must be 0 to 0.9", share)
	}
	if m.cfg.Latent > maxTangents {
		return nil, fmt.Errorf("gan: truncation takes a pass of tangents for each latent dimension: it is offered up to %d, and this model has %d", maxTangents, m.cfg.Latent)
	}
	jacobian, err := nn.NewForward(m.jacobian)
	if err != nil {
		return nil, err
	}
	t := &Truncated{model: m, jacobian: jacobian, limit: math.Inf(1)}
	if share > 0 {
		steepness := t.Steepness(m.Latents(calibration, rng))
		slices.Sort(steepness)
		t.limit = steepness[int(math.Ceil((1-share)*calibration))-1]
	}
	return t, nil
}

// jacobian returns the columns of the generator's Jacobian beside one another, rows x (Latent·d), for
// standardised points.
func (m *Model) jacobian(g *nn.Graph) G.Nodes {
	k := m.cfg.Latent
	z := g.Input("z", k)
	x := m.net.ApplyTwice(g, m.fourier.Beside(g, z))
	columns := make(G.Nodes, k)
	for j := range columns {
		unit := make([]float32, g.Rows()*k)
		for i := range g.Rows() {
			unit[i*k+j] = 1
		}
		var err error
		if columns[j], err = g.JVP(x, G.Nodes{z}, G.Nodes{g.Table(fmt.Sprintf("direction %d", j), g.Rows(), k, unit)}); err != nil {
			panic(err) // the layers and features of a generator have tangents
		}
	}
	return G.Nodes{nn.Concat(columns...)}
}

// Steepness returns the Frobenius norm of the generator's Jacobian ∂G/∂z, in the data's units, for each row of
// z (n x Latent): n values. It panics if z does not have Latent columns.
func (t *Truncated) Steepness(z *mat.Dense) []float64 {
	n, k := z.Dims()
	d := t.model.dim()
	columns := make([]float32, n*k*d)
	if err := t.jacobian.Run(n, nn.Columns{"z": t.model.latents(z)}, columns); err != nil {
		panic(err) // the shapes are those of the graph
	}
	norms := make([]float64, n)
	for i := range norms {
		for c, v := range columns[i*k*d : (i+1)*k*d] {
			norms[i] = math.Hypot(norms[i], float64(v)*t.model.scale.Scale[c%d])
		}
	}
	return norms
}

// Sample returns n samples, n x d in the data's coordinates. It panics if n < 1.
func (t *Truncated) Sample(n int, rng *rand.Rand) *mat.Dense {
	kept := mat.NewDense(n, t.model.cfg.Latent, nil)
	for have := 0; have < n; {
		z := t.model.Latents(256, rng)
		for i, steep := range t.Steepness(z) {
			if steep <= t.limit && have < n {
				kept.SetRow(have, z.RawRowView(i))
				have++
			}
		}
	}
	return t.model.Generate(kept)
}
