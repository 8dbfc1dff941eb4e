package hybrid

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab"
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
