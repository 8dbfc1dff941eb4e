package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// The films of bouncing points.
const (
	BounceFrames = 16
	BounceWidth  = 4 // coordinates of a frame: x1, y1, x2, y2
	slowest      = 0.08
	fastest      = 0.25 // a frame, in half sides of the box
)

// Bounce is films of two points that fly through each other and bounce off the walls of the box
// [−1, 1]² without loss: BounceFrames frames of BounceWidth coordinates, one after the other in
// a row. Places are drawn evenly from the box, directions from the circle, speeds from
// slowest to fastest. All that follows is exact: a path between mirrors is a straight line
// folded up. As a View it shows where the first point ends.
type Bounce struct{}

// Film writes the frames to dst (BounceFrames·BounceWidth values) of points that begin at
// place and move by velocity from each frame to the next.
func (Bounce) Render(dst []float64, place, velocity [BounceWidth]float64) {
	for t := range BounceFrames {
		for j := range BounceWidth {
			dst[t*BounceWidth+j] = fold(place[j] + float64(t)*velocity[j])
		}
	}
}

// fold is where a straight line is after its reflections at −1 and 1: a triangle wave.
func fold(u float64) float64 {
	u = math.Mod(u+1, 4)
	if u < 0 {
		u += 4
	}
	if u > 2 {
		u = 4 - u
	}
	return u - 1
}

// Sample returns n films (n x BounceFrames·BounceWidth).
func (b Bounce) Sample(n int, rng *rand.Rand) *mat.Dense {
	mustSample(n)
	x := mat.NewDense(n, b.Dim(), nil)
	for i := range n {
		var place, velocity [BounceWidth]float64
		for j := 0; j < BounceWidth; j += 2 {
			place[j], place[j+1] = 2*rng.Float64()-1, 2*rng.Float64()-1
			sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
			speed := slowest + (fastest-slowest)*rng.Float64()
			velocity[j], velocity[j+1] = speed*cos, speed*sin
		}
		b.Render(x.RawRowView(i), place, velocity)
	}
	return x
}

// Dim implements View.
func (Bounce) Dim() int { return BounceFrames * BounceWidth }

// Project implements View: the first point in the last frame.
func (b Bounce) Project(x mat.Matrix) *mat.Dense {
	n := mustHaveColumns("a projection", x, b.Dim())
	plane := mat.NewDense(n, 2, nil)
	for i := range n {
		at := b.Dim() - BounceWidth
		plane.SetRow(i, []float64{x.At(i, at), x.At(i, at+1)})
	}
	return plane
}

func bounce() *Dataset {
	return withProjection(&Dataset{
		Name:    "bounce",
		Summary: fmt.Sprintf("films of %d frames: two points bouncing in the box [-1, 1]²; seen by where the first one ends", BounceFrames),
		Sampler: Bounce{}, Entropy: math.NaN(), HighQuality: math.NaN(),
		View: Bounce{}, box: square(1.1),
	})
}
