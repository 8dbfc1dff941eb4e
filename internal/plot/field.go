package plot

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab"
)

// field is log p at the nodes of a grid over an area, with a node to spare on every side.
type field struct {
	values    []float64 // nats, nx x ny, row by row from the top
	nx, ny    int
	step      float64 // pixels
	left, top float64 // of the first node, pixels
}

const (
	coarsest = 8 // pixels between nodes
	finest   = 2

	// accuracy is the error of interpolation that is taken for none, in nats, depth the distance
	// below the peak down to which it is looked at (what is drawn, the region of 95 % of the mass,
	// ends 3 nats below the peak of a Gaussian), and exceptions the share of places that may be
	// worse, though not by more than gross: the creases between the parts of a density. A jump,
	// which cubics overshoot, is not among them.
	accuracy   = 0.05
	gross      = 0.5
	depth      = 6
	exceptions = 0.05
)

// fieldOf evaluates a density on the coarsest grid that interpolates it well: some densities are
// a quadrature for each point.
func fieldOf(q genlab.LogProber, a area) field {
	for step := coarsest; ; step /= 2 {
		f := newField(q, a, float64(step))
		if step == finest || f.resolves(q, a) {
			return f
		}
	}
}

func newField(q genlab.LogProber, a area, step float64) field {
	inner := a.inner()
	f := field{
		nx: int(float64(inner.Dx())/step) + 4, ny: int(float64(inner.Dy())/step) + 4, step: step,
		left: float64(inner.Min.X) - step, top: float64(inner.Min.Y) - step,
	}
	nodes := mat.NewDense(f.nx*f.ny, 2, nil)
	for j := range f.ny {
		for i := range f.nx {
			nodes.SetRow(j*f.nx+i, a.from(f.left+float64(i)*step, f.top+float64(j)*step))
		}
	}
	f.values = q.LogProb(nodes)
	f.floor()
	return f
}

// floor bounds the field from below, so that it can be interpolated where there is no mass, and
// counts a density that is NaN or +Inf as none.
func (f field) floor() {
	const none = 20 // nats below the peak: beyond what is drawn, and cubics overshoot by a tenth
	peak := f.peak()
	for i, v := range f.values {
		if !(v > peak-none) || math.IsInf(v, 1) {
			f.values[i] = peak - none
		}
	}
}

// peak returns the highest finite value, 0 where there is none.
func (f field) peak() float64 {
	peak := math.Inf(-1)
	for _, v := range f.values {
		if v > peak && !math.IsInf(v, 1) {
			peak = v
		}
	}
	if math.IsInf(peak, -1) {
		return 0
	}
	return peak
}

// resolves compares interpolation with the density at the centres of about 1400 cells.
func (f field) resolves(q genlab.LogProber, a area) bool {
	every := int(3 * coarsest / f.step)
	var places, points []float64
	for j := 1; j < f.ny-2; j += every {
		for i := 1; i < f.nx-2; i += every {
			px, py := f.left+(float64(i)+.5)*f.step, f.top+(float64(j)+.5)*f.step
			places = append(places, px, py)
			points = append(points, a.from(px, py)...)
		}
	}
	exact := q.LogProb(mat.NewDense(len(points)/2, 2, points))
	peak := f.peak()
	seen, off := 0, 0
	for i, v := range exact {
		guess := f.at(places[2*i], places[2*i+1])
		if max(v, guess) > peak-depth {
			seen++
			switch wrong := math.Abs(v - guess); {
			case !(wrong < gross):
				return false
			case wrong > accuracy:
				off++
			}
		}
	}
	return float64(off) <= exceptions*float64(seen)
}

// at interpolates by cubics, exact for quadratics and so for the logarithm of a Gaussian.
func (f field) at(px, py float64) float64 {
	x, y := (px-f.left)/f.step, (py-f.top)/f.step
	i, j := max(1, min(int(x), f.nx-3)), max(1, min(int(y), f.ny-3))
	across, down := cubic(x-float64(i)), cubic(y-float64(j))
	sum := 0.0
	for v, weight := range down {
		row := f.values[(j+v-1)*f.nx+i-1:]
		sum += weight * (across[0]*row[0] + across[1]*row[1] + across[2]*row[2] + across[3]*row[3])
	}
	return sum
}

// cubic returns the weights of Catmull and Rom of the four nodes around a place between the
// second (t = 0) and the third (t = 1).
func cubic(t float64) [4]float64 {
	return [4]float64{
		t * (-1 + t*(2-t)) / 2,
		1 + t*t*(3*t-5)/2,
		t * (1 + t*(4-3*t)) / 2,
		t * t * (t - 1) / 2,
	}
}
