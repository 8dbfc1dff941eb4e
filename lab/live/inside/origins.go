package inside

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/flow"
	"genlab/gan"
	"genlab/lab/live/pack"
	"genlab/train"
)

// origins returns samples with the noise that each was made of: of a flow there is one origin for each point, of a
// generator there may be several or none.
func (s Subject) origins(r Request) (Answer, error) {
	n := size(r.Points, 100, 4000, 2000)
	rng := train.NewStream(max(1, r.Seed), "origins").Rand
	z, x, err := s.mapped(n, rng)
	if err != nil {
		return nil, err
	}
	_, latent := z.Dims()
	if latent < 2 {
		return nil, conflict("the plane of the noise needs two latent coordinates, and this model has one")
	}
	reach := pack.Wider(s.Box)
	return Answer{
		"z": pack.Points(z.Slice(0, n, 0, 2), baseBox), "x": pack.Points(x, reach), "latent": latent,
		"base": pack.Corners(baseBox), "range": pack.Corners(reach),
	}, nil
}

// mapped returns n points of noise and the samples that a flow or a generator makes of them.
func (s Subject) mapped(n int, rng *rand.Rand) (z, x *mat.Dense, err error) {
	if m, err := library[*gan.Model](s.Model); err == nil {
		z = m.Latents(n, rng)
		return z, m.Generate(z), nil
	}
	m, err := library[*flow.Model](s.Model)
	if err != nil {
		return nil, nil, err
	}
	z = mat.NewDense(n, 2, nil)
	for i := range n {
		z.SetRow(i, []float64{rng.NormFloat64(), rng.NormFloat64()})
	}
	var labels []int
	if m.Classes() > 0 {
		labels = make([]int, n)
	}
	for _, x = range m.Trajectory(z, labels) { // the last one is the data
	}
	return z, mat.DenseCopyOf(x), nil
}
