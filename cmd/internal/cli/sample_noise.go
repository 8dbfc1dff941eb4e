package cli

import (
	"iter"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/internal/usage"
	"genlab/lab/registry"
)

// noisy is a sampler whose samples begin as noise that can be given and shown.
type noisy interface {
	Pairs(n int, rng *rand.Rand) (noise, x *mat.Dense)
	From(noise mat.Matrix, rng *rand.Rand) *mat.Dense
}

// fromNoise samples from the noise of --noise, or from fresh noise, which --with-noise writes before the points.
func (c *sampleCmd) fromNoise(s genlab.Sampler, columns int, rng *rand.Rand) (iter.Seq[mat.Matrix], error) {
	if given, ok := s.(interface{ Sampling() diffusion.Sampling }); ok {
		s = given.Sampling() // of a label
	}
	q, ok := s.(noisy)
	if !ok {
		return nil, usage.Errorf("--noise and --with-noise do not apply: the model does not sample points from noise of their own shape")
	}
	var noise *mat.Dense
	if c.Noise != "" {
		var err error
		if noise, err = datasets.ReadRows(c.Noise, columns); err != nil {
			return nil, registry.InputError(err)
		}
		if n, _ := noise.Dims(); n < c.N {
			return nil, usage.Errorf("%s has %d rows of noise, but -n is %d: give as many rows as points", c.Noise, n, c.N)
		}
	}
	return func(yield func(mat.Matrix) bool) {
		block := max(1, blockValues/columns)
		for from := 0; from < c.N; from += block {
			to := min(c.N, from+block)
			var z, x *mat.Dense
			if noise == nil {
				z, x = q.Pairs(to-from, rng)
			} else {
				z = noise.Slice(from, to, 0, columns).(*mat.Dense)
				x = q.From(z, rng)
			}
			if c.WithNoise {
				var pair mat.Dense
				pair.Augment(z, x)
				x = &pair
			}
			if !yield(x) {
				return
			}
		}
	}, nil
}
