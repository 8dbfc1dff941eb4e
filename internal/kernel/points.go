package kernel

import "math"

// distanceLanes is the number of partial sums of Distances: distance i goes to sum i mod distanceLanes.
const distanceLanes = 8

// Distances adds the Euclidean distances from the point (x, y) to the points (bx[i], by[i]) to col[i], and returns
// their sum. All is in double precision; the order of summation depends on len(bx) alone, and the result is the same,
// bit for bit, at every level.
func Distances(x, y float64, bx, by, col []float64) float64 {
	checkSame("Distances", "by", len(by), len(bx))
	checkSame("Distances", "col", len(col), len(bx))
	var sums [distanceLanes]float64
	from := distancesSIMD(x, y, bx, by, col, &sums)
	for i := from; i < len(bx); i++ {
		dx, dy := x-bx[i], y-by[i]
		r := math.Sqrt(float64(dx*dx) + float64(dy*dy))
		sums[i%distanceLanes] += r
		col[i] += r
	}
	for half := distanceLanes / 2; half > 0; half /= 2 {
		for i := range half {
			sums[i] += sums[half+i]
		}
	}
	return sums[0]
}

// Gaussian is an axis-aligned Gaussian over the plane, without its normalisation:
// Weight·exp(−((x−X)·RateX)² − ((y−Y)·RateY)²). Its rates are 1/(σ√2).
type Gaussian struct{ X, RateX, Y, RateY, Weight float32 }

// AddGaussians adds to sum[i] the sum of the Gaussians at the point (x[i], y[i]), in their order and in single
// precision. A term whose exponent is −cutoff or less is 0; cutoff is at most 87.
func AddGaussians(x, y, sum []float32, of []Gaussian, cutoff float32) {
	checkSame("AddGaussians", "y", len(y), len(x))
	checkSame("AddGaussians", "sum", len(sum), len(x))
	if len(x) == 0 || len(of) == 0 {
		return
	}
	if CPULevel() != Portable {
		gaussiansSIMD(x, y, sum, of, cutoff)
		return
	}
	for _, g := range of {
		for i, v := range x {
			a, b := float32((v-g.X)*g.RateX), float32((y[i]-g.Y)*g.RateY)
			if s := float32(a*a) + float32(b*b); s < cutoff {
				sum[i] += g.Weight * float32(math.Exp(-float64(s)))
			}
		}
	}
}
