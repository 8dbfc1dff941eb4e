package datasets

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab"
)

// Components is a distribution of equally weighted components with densities of their own: all those of [All] with
// labels. Package tilted computes posteriors of labels from them.
type Components interface {
	// Component returns the distribution p(x | k) of component k.
	Component(k int) genlab.LogProber
}

// Component returns the Gaussian of centre k.
func (m *Mixture) Component(k int) genlab.LogProber {
	return &Mixture{Centres: m.Centres[k : k+1], Sigma: m.Sigma}
}

// Component returns the circle of radius k.
func (r *Rings) Component(k int) genlab.LogProber {
	return &Rings{Radii: r.Radii[k : k+1], Sigma: r.Sigma}
}

// Component returns the density around curve k.
func (c *curves) Component(k int) genlab.LogProber { return newCurves(c.name, c.noise, c.parts[k]) }

// density is a log density by point.
type density func(x, y float64) float64

// LogProb returns the log density of each row of x (n x 2).
func (f density) LogProb(x mat.Matrix) []float64 { return rows(x, f) }

// Component returns the uniform density on cell k.
func (b board) Component(k int) genlab.LogProber {
	return density(func(x, y float64) float64 {
		if mode, inside := b.Nearest(x, y); !inside || mode != k {
			return math.Inf(-1)
		}
		return -math.Log(boardArea / 8)
	})
}

// Component returns the density of arm k; beyond wheelWound, where all arms overlap, that of the wheel.
func (w wheel) Component(k int) genlab.LogProber {
	return density(func(x, y float64) float64 {
		return w.logProb(x, y, func(arm int) bool { return arm == k }) + math.Log(float64(w.arms))
	})
}
