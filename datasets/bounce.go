package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Sizes of the videos of bouncing points.
const (
	BounceFrames = 16
	BounceWidth  = 4 // coordinates of a frame: x1, y1, x2, y2
	slowest      = 0.08
	fastest      = 0.25 // half sides of the box a frame
)

// Bounce is a distribution of videos: two points move without interaction and are reflected
// elastically by the walls of the box [−1, 1]². A video is a row of BounceFrames frames of
// BounceWidth coordinates. Positions are uniform on the box, directions on the circle, speeds on
// [0.08, 0.25] half sides a frame. The simulation is exact: a reflected path is a folded straight
// line. As a [View] it projects a video to the final position of the first point.
type Bounce struct{}

// Render writes to dst (BounceFrames·BounceWidth values) the frames of points that start at position
// and move by velocity from frame to frame.
func (Bounce) Render(dst []float64, position, velocity [BounceWidth]float64) {
	for t := range BounceFrames {
		for j := range BounceWidth {
			dst[t*BounceWidth+j] = fold(position[j] + float64(t)*velocity[j])
		}
	}
}

// fold reflects a coordinate of a straight line at −1 and 1: a triangle wave.
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

// Sample returns n videos (n x BounceFrames·BounceWidth).
func (b Bounce) Sample(n int, rng *rand.Rand) *mat.Dense {
	mustSample(n)
	x := mat.NewDense(n, b.Dim(), nil)
	for i := range n {
		var position, velocity [BounceWidth]float64
		for j := 0; j < BounceWidth; j += 2 {
			position[j], position[j+1] = 2*rng.Float64()-1, 2*rng.Float64()-1
			sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
			speed := slowest + (fastest-slowest)*rng.Float64()
			velocity[j], velocity[j+1] = speed*cos, speed*sin
		}
		b.Render(x.RawRowView(i), position, velocity)
	}
	return x
}

// Dim implements [View].
func (Bounce) Dim() int { return BounceFrames * BounceWidth }

// Project implements [View]: the first point in the last frame.
func (b Bounce) Project(x mat.Matrix) *mat.Dense {
	n := mustHaveColumns("Project", x, b.Dim())
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
		Summary: fmt.Sprintf("videos of %d frames of two points bouncing in the box [-1, 1]², projected to the final position of the first", BounceFrames),
		Sampler: Bounce{}, Entropy: math.NaN(), HighQuality: math.NaN(),
		View: Bounce{}, box: square(1.1),
	})
}
