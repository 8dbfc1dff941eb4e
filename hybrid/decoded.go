package hybrid

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/vae"
)

// Sized is a distribution of a known number of parameters.
type Sized interface {
	genlab.Sampler
	Params() int
}

type sized struct {
	genlab.Sampler
	params int
}

func (s sized) Params() int { return s.params }

func (s sized) String() string { return fmt.Sprint(s.Sampler) }

// LatentModel is a decoder of the draws of another model: a Sampler and nothing else.
type LatentModel struct {
	Decoder *vae.Model
	Latents Sized // of z
	Mean    bool  // samples are the decoder's mean, not draws from its Gaussian
}

// Sample draws n x d points: z, and x given z.
func (m *LatentModel) Sample(n int, rng *rand.Rand) *mat.Dense {
	return m.decode(m.Latents.Sample(n, rng), rng)
}

func (m *LatentModel) decode(z mat.Matrix, rng *rand.Rand) *mat.Dense {
	if m.Mean {
		mean, _ := m.Decoder.Decode(z)
		return mean
	}
	return m.Decoder.SampleGiven(z, rng)
}

func (m *LatentModel) String() string { return fmt.Sprintf("%v, decoded", m.Latents) }

// Params is the number of trained parameters.
func (m *LatentModel) Params() int { return m.Decoder.Params() + m.Latents.Params() }

// evenly is a conditional model's distribution with its labels drawn evenly: given draws points of
// labels (n x 1), each in its own.
type evenly struct {
	classes int
	given   func(labels mat.Matrix) genlab.Sampler
}

// Sample implements genlab.Sampler: n x d, in the data's coordinates.
func (e evenly) Sample(n int, rng *rand.Rand) *mat.Dense {
	labels := mat.NewDense(n, 1, nil)
	for i := range n {
		labels.Set(i, 0, float64(rng.IntN(e.classes)))
	}
	return e.given(labels).Sample(n, rng)
}

func (e evenly) String() string {
	return fmt.Sprintf("%v, labels drawn evenly", e.given(mat.NewDense(1, 1, nil)))
}
