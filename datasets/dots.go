package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Sizes of the pictures of dots, in pixels.
const (
	DotsSide  = 16  // of a picture
	dotRadius = 1.0 // standard deviation of a dot
	dotMargin = 1.5 // between a dot's centre and the edge of its quadrant
	dotApart  = 2.5 // least distance of two centres
)

// Dots is pictures of DotsSide x DotsSide pixels, row by row from the top, with one to three
// soft dots in one quadrant: a centre c adds exp(−|pixel − c|²/2) to every pixel. The number of
// dots, the quadrant and the centres, in a square of it and not too near each other, are all
// drawn evenly. It is a Labelled with 4·(number − 1) + quadrant, and a View: the centre of
// gravity of what a picture shows.
type Dots struct{}

// quadrants are numbered as they are read.
var quadrants = []string{"upper left", "upper right", "lower left", "lower right"}

func dotLabels() (names []string) {
	for _, count := range []string{"one dot", "two dots", "three dots"} {
		for _, q := range quadrants {
			names = append(names, count+" "+q)
		}
	}
	return names
}

// Render writes the picture of dots with their centres at (x, y), in pixels from the upper left
// corner, to dst (DotsSide² values).
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

// SampleLabelled implements Labelled: n x DotsSide².
func (d Dots) SampleLabelled(n int, rng *rand.Rand) (x *mat.Dense, labels []int) {
	mustSample(n)
	x, labels = mat.NewDense(n, d.Dim(), nil), make([]int, n)
	for i := range n {
		labels[i] = rng.IntN(3 * len(quadrants))
		d.Render(x.RawRowView(i), dotCentres(labels[i], rng))
	}
	return x, labels
}

// dotCentres draws the centres of a label; all of them again where two are too near.
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

// Sample returns n pictures (n x DotsSide²).
func (d Dots) Sample(n int, rng *rand.Rand) *mat.Dense {
	x, _ := d.SampleLabelled(n, rng)
	return x
}

// Dim implements View.
func (Dots) Dim() int { return DotsSide * DotsSide }

// Project implements View: the centre of gravity of a picture, from −1 to 1 across it and
// upwards. That of a picture with hardly any light is its middle.
func (d Dots) Project(x mat.Matrix) *mat.Dense {
	n := mustHaveColumns("a projection", x, d.Dim())
	const faint = 0.1 // of the light of one dot
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

// Len implements ModeMap.
func (dotsModes) Len() int { return len(quadrants) }

// Nearest implements ModeMap: a point is within a quadrant where the centre of gravity of one
// of its pictures can be, to an eighth of a pixel.
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
		Summary: fmt.Sprintf("pictures of %d x %d pixels, one to three soft dots in a quadrant; seen by their centre of gravity", DotsSide, DotsSide),
		Sampler: Dots{}, Labels: dotLabels(), Modes: dotsModes{}, HighQuality: 1, Entropy: math.NaN(),
		View: Dots{}, box: square(1),
	})
}
