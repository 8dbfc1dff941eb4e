package plot

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab"
)

// field is log p on a grid of nodes with a spare node on each side, interpolated by cubics.
type field struct{ nodeGrid }

const (
	coarsest = 8 // pixels between nodes
	finest   = 2

	// accuracy is the tolerance of the interpolation in nats, checked down to depth nats below the
	// peak (the 95 % region of a Gaussian ends 3 nats below). A fraction of the checks, exceptions,
	// may be worse, up to gross: creases between the components of a density, but not
	// discontinuities, where cubics overshoot.
	accuracy   = 0.05
	gross      = 0.5
	depth      = 6
	exceptions = 0.05
)

// fieldOf evaluates a density on the coarsest grid that interpolates it well, since some densities
// are a quadrature at each point.
func fieldOf(q genlab.LogProber, a area) field {
	for step := coarsest; ; step /= 2 {
		f := newField(q, a, float64(step))
		if step == finest || f.resolves(q, a) {
			return f
		}
	}
}

func newField(q genlab.LogProber, a area, step float64) field {
	f := field{nodesOver(a, step, 1)}
	f.values = q.LogProb(f.points(a))
	f.floor()
	return f
}

// floor bounds the values from below, so that they can be interpolated at zero density, and replaces
// NaN and +Inf by that bound.
func (f field) floor() {
	const none = 20 // nats below the peak: not visible, even where cubics overshoot by a tenth
	peak := f.peak()
	for i, v := range f.values {
		if !(v > peak-none) || math.IsInf(v, 1) {
			f.values[i] = peak - none
		}
	}
}

// peak returns the largest finite value, 0 if there is none.
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

// resolves reports whether the interpolation is accurate at the centres of about 1400 cells.
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

// at interpolates by cubics, which are exact for the log-density of a Gaussian.
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

// cubic returns the Catmull-Rom weights of four nodes at a position between the second (t = 0) and the
// third (t = 1).
func cubic(t float64) [4]float64 {
	return [4]float64{
		t * (-1 + t*(2-t)) / 2,
		1 + t*t*(3*t-5)/2,
		t * (1 + t*(4-3*t)) / 2,
		t * t * (t - 1) / 2,
	}
}
