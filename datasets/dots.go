package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Sizes of the images of dots, in pixels.
const (
	DotsSide  = 16  // of an image
	dotRadius = 1.0 // standard deviation of a dot
	dotMargin = 1.5 // between a dot's centre and the edge of its quadrant
	dotApart  = 2.5 // minimum distance of two centres
)

// Dots is a distribution of images of DotsSide x DotsSide pixels, row by row from the top, with one
// to three soft dots in one quadrant: a centre c adds exp(−|pixel − c|²/2) to every pixel. The number
// of dots and the quadrant are uniform, and so are the centres on a square of the quadrant, at least
// 2.5 pixels apart. It is a [Labelled] with the label 4·(number − 1) + quadrant, and a [View] that
// projects an image to its centroid.
type Dots struct{}

// quadrants are numbered in reading order.
var quadrants = []string{"upper left", "upper right", "lower left", "lower right"}

func dotLabels() (names []string) {
	for _, count := range []string{"one dot", "two dots", "three dots"} {
		for _, q := range quadrants {
			names = append(names, count+" "+q)
		}
	}
	return names
}

// Render writes to dst (DotsSide² values) the image of dots with the given centres (x, y), in pixels
// from the upper left corner.
func (Dots) Render(dst []float64, centres [][2]float64) {
	clear(dst)
	var across, down [DotsSide]float64
	for _, c := range centres {
		for i := range DotsSide {
			across[i] = soft(float64(i) + .5 - c[0])
			down[i] = soft(float64(i) + .5 - c[1])
		}
		for i, y := range down {
			for j, x := range across {
				dst[i*DotsSide+j] += y * x
			}
		}
	}
}

func soft(u float64) float64 { return math.Exp(-u * u / (2 * dotRadius * dotRadius)) }

// SampleLabelled implements [Labelled]: n x DotsSide². It panics if n < 1.
func (d Dots) SampleLabelled(n int, rng *rand.Rand) (x *mat.Dense, labels []int) {
	mustSample(n)
	x, labels = mat.NewDense(n, d.Dim(), nil), make([]int, n)
	for i := range n {
		labels[i] = rng.IntN(3 * len(quadrants))
		d.Render(x.RawRowView(i), dotCentres(labels[i], rng))
	}
	return x, labels
}

// dotCentres samples the centres of a label, by rejection of those too close to each other.
func dotCentres(label int, rng *rand.Rand) [][2]float64 {
	const half = DotsSide / 2
	count, quadrant := label/len(quadrants)+1, label%len(quadrants)
	centres := make([][2]float64, count)
	for {
		apart := true
		for i := range centres {
			for axis := range 2 {
				centres[i][axis] = dotMargin + (half-2*dotMargin)*rng.Float64()
			}
			centres[i][0] += half * float64(quadrant%2)
			centres[i][1] += half * float64(quadrant/2)
			for _, c := range centres[:i] {
				apart = apart && math.Hypot(c[0]-centres[i][0], c[1]-centres[i][1]) >= dotApart
			}
		}
		if apart {
			return centres
		}
	}
}

// Sample returns n images (n x DotsSide²).
func (d Dots) Sample(n int, rng *rand.Rand) *mat.Dense {
	x, _ := d.SampleLabelled(n, rng)
	return x
}

// Dim implements [View].
func (Dots) Dim() int { return DotsSide * DotsSide }

// Project implements [View]: the centroid of an image, in [−1, 1]², x to the right and y upwards. A
// nearly dark image is projected to the origin.
func (d Dots) Project(x mat.Matrix) *mat.Dense {
	n := mustHaveColumns("Project", x, d.Dim())
	const faint = 0.1 // of the total brightness of one dot
	plane := mat.NewDense(n, 2, nil)
	for i := range n {
		var light, right, up float64
		for k := range d.Dim() {
			v := x.At(i, k)
			light += v
			right += v * (float64(k%DotsSide) + .5)
			up -= v * (float64(k/DotsSide) + .5)
		}
		if light < faint*2*math.Pi*dotRadius*dotRadius {
			continue
		}
		const half = DotsSide / 2.
		plane.SetRow(i, []float64{right/light/half - 1, up/light/half + 1})
	}
	return plane
}

// dotsModes are the quadrants.
type dotsModes struct{}

// Len implements [ModeMap].
func (dotsModes) Len() int { return len(quadrants) }

// Nearest implements [ModeMap]: a point is within a quadrant if it can be the centroid of an image of
// that quadrant, to an eighth of a pixel.
func (dotsModes) Nearest(x, y float64) (mode int, within bool) {
	if x > 0 {
		mode++
	}
	if y < 0 {
		mode += 2
	}
	const pixel = 2. / DotsSide
	in := func(u float64) bool { return math.Abs(math.Abs(u)-.5) <= .5-(dotMargin-.125)*pixel }
	return mode, in(x) && in(y)
}

func dots16() *Dataset {
	return withProjection(&Dataset{
		Name:    "dots16",
		Summary: fmt.Sprintf("images of %d x %d pixels with one to three soft dots in one quadrant, projected to their centroid", DotsSide, DotsSide),
		Sampler: Dots{}, Labels: dotLabels(), Modes: dotsModes{}, HighQuality: 1, Entropy: math.NaN(),
		View: Dots{}, box: square(1),
	})
}
