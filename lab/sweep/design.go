package sweep

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"
	"gonum.org/v1/gonum/stat/samplemv"

	"genlab/internal/suggest"
	"genlab/train"
)

// Search is the way in which configurations are chosen.
type Search string

// Searches.
const (
	Grid   Search = "grid"   // every combination of the values
	Random Search = "random" // independent uniform samples
	Sobol  Search = "sobol"  // a Sobol sequence with a random shift, spread more evenly than random samples
	Halton Search = "halton" // a randomised Halton sequence, likewise
)

// Choices implements [suggest.Choice].
func (Search) Choices() []string {
	return []string{string(Grid), string(Random), string(Sobol), string(Halton)}
}

// UnmarshalText sets the search by its name. It fails for an unknown one.
func (s *Search) UnmarshalText(text []byte) error { return suggest.Set("search", s, text) }

// MarshalText returns the name.
func (s Search) MarshalText() ([]byte, error) { return []byte(s), nil }

// points returns n points of the unit cube (n x d), each coordinate in [0, 1). The first rows do not depend on n.
// It fails where a Sobol sequence of so many coordinates is not available.
func (s Search) points(n, d int, seed uint64) (*mat.Dense, error) {
	x := mat.NewDense(n, d, nil)
	rng := train.NewStream(seed, "sweep").Rand
	switch s {
	case Random:
		for i := range n {
			for j := range d {
				x.Set(i, j, rng.Float64())
			}
		}
	case Halton:
		samplemv.Halton{Kind: samplemv.Owen, Q: distmv.NewUnitUniform(d, nil), Src: rng}.Sample(x)
	case Sobol:
		if d > maxSobol {
			return nil, fmt.Errorf("a Sobol sequence has at most %d coordinates here, and %d settings are varied: use --search halton or random", maxSobol, d)
		}
		sobol(x, rng)
	default:
		panic("sweep: no points of search " + string(s))
	}
	return x, nil
}
