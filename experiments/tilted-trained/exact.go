package tiltedtrained

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/diffusion"
	"genlab/standardize"
)

const logHalf = -math.Ln2

// normal is a Gaussian on the plane with a weight.
type normal struct {
	weight     float64
	mean       [2]float64
	xx, xy, yy float64 // covariance
}

// mixture is the exact denoiser of a mixture of Gaussians of any covariances, which may depend on the noise: as a quadrature
// of a continuous mixture takes more nodes the smaller the noise. With V = α²C + σ²I for a component N(μ, C),
//
//	E[x_0 | x_t = x] = Σ r·(μ + αCV⁻¹(x - αμ)),   r ∝ weight·N(x; αμ, V).
type mixture struct {
	schedule diffusion.Schedule
	of       func(noise float64) []normal // σ/α
}

// noised is what a component needs at a noise level: log of weight/√|V|, αμ, V⁻¹ and αCV⁻¹.
type noised struct {
	log        float64
	mean, at   [2]float64
	xx, xy, yy float64
	gain       [2][2]float64
}

// negligible is the log of a weight, relative to the largest, that is left out.
const negligible = -40

// Denoise implements [diffusion.Denoiser].
func (m mixture) Denoise(dst, x *mat.Dense, t float64) {
	alpha, sigma := m.schedule.At(t)
	list := m.of(sigma / alpha)
	components, logs := make([]noised, len(list)), make([]float64, len(list))
	for k, c := range list {
		a, s := alpha*alpha, sigma*sigma
		xx, xy, yy := a*c.xx+s, a*c.xy, a*c.yy+s
		det := xx*yy - xy*xy
		n := noised{math.Log(c.weight) - math.Log(det)/2, c.mean, [2]float64{alpha * c.mean[0], alpha * c.mean[1]}, yy / det, -xy / det, xx / det, [2][2]float64{}}
		n.gain = [2][2]float64{
			{alpha * (c.xx*n.xx + c.xy*n.xy), alpha * (c.xx*n.xy + c.xy*n.yy)},
			{alpha * (c.xy*n.xx + c.yy*n.xy), alpha * (c.xy*n.xy + c.yy*n.yy)},
		}
		components[k] = n
	}
	rows, _ := x.Dims()
	for i := range rows {
		px, py := x.At(i, 0), x.At(i, 1)
		largest := math.Inf(-1)
		for k := range components {
			c := &components[k]
			u, v := px-c.at[0], py-c.at[1]
			logs[k] = c.log - (c.xx*u*u+2*c.xy*u*v+c.yy*v*v)/2
			largest = max(largest, logs[k])
		}
		var total, sx, sy float64
		for k, l := range logs {
			if l-largest < negligible {
				continue
			}
			c, r := &components[k], math.Exp(l-largest)
			u, v := px-c.at[0], py-c.at[1]
			total += r
			sx += r * (c.mean[0] + c.gain[0][0]*u + c.gain[0][1]*v)
			sy += r * (c.mean[1] + c.gain[1][0]*u + c.gain[1][1]*v)
		}
		dst.Set(i, 0, sx/total)
		dst.Set(i, 1, sy/total)
	}
}

// standardised maps a Gaussian to the coordinates of a model.
func standardised(c normal, scale standardize.Map) normal {
	a, b := scale.Scale[0], scale.Scale[1]
	return normal{c.weight, [2]float64{(c.mean[0] - scale.Shift[0]) / a, (c.mean[1] - scale.Shift[1]) / b}, c.xx / (a * a), c.xy / (a * b), c.yy / (b * b)}
}

// Exact returns the denoisers of Gaussian components or pinwheel with and without a label, in the coordinates of a model. It fails
// for another distribution.
func Exact(ds *datasets.Dataset, label int, schedule diffusion.Schedule, scale standardize.Map) (with, without diffusion.Denoiser, err error) {
	var component func(k int, noise float64) []normal
	if m, ok := ds.Sampler.(*datasets.Mixture); ok {
		component = func(k int, _ float64) []normal {
			return []normal{standardised(normal{1, m.Centres[k], m.Sigma * m.Sigma, 0, m.Sigma * m.Sigma}, scale)}
		}
	} else if ds.Name == pinwheel {
		component = func(k int, noise float64) []normal { return arm(k, len(ds.Labels), noise, scale) }
	} else {
		return nil, nil, fmt.Errorf("exact denoiser of %s: want Gaussian components or pinwheel", ds.Name)
	}
	some := func(labels ...int) diffusion.Denoiser {
		return mixture{schedule, func(noise float64) []normal {
			var list []normal
			for _, k := range labels {
				list = append(list, component(k, noise)...)
			}
			return list
		}}
	}
	all := make([]int, len(ds.Labels))
	for k := range all {
		all[k] = k
	}
	return some(label), some(all...), nil
}

// The pinwheel of package datasets: arm k of K is the image of (f₁, f₂) with means (1, 0) and standard deviations (0.3, 0.1) under
// x = 2·(f₁·e + f₂·n), e = (cos a, -sin a), n = (sin a, cos a), a = 2πk/K + exp(f₁)/4.
const (
	armMean, armLong, armShort = 1, 0.3, 0.1
	armTwist, armSize          = 0.25, 2
	armEnd                     = 4.5  // standard deviations of f₁ to each side of its mean
	coarsest                   = 0.04 // distance of nodes in f₁: with an eighth of it no denoised point moves by 1e-4
)

// arm returns an arm of the pinwheel as a mixture over nodes of f₁, given which it is a Gaussian along n. Nodes are as far apart
// as the standard deviation of the noise along e, at which the sum of Gaussians differs from their integral by 1e-8.
func arm(k, arms int, noise float64, scale standardize.Map) []normal {
	step := min(coarsest, noise*min(scale.Scale[0], scale.Scale[1])/armSize)
	side := int(math.Ceil(armEnd * armLong / step))
	list := make([]normal, 0, 2*side+1)
	for i := -side; i <= side; i++ {
		z := armEnd * float64(i) / float64(side)
		f := armMean + armLong*z
		sin, cos := math.Sincos(2*math.Pi*float64(k)/float64(arms) + armTwist*math.Exp(f))
		square := armSize * armSize * armShort * armShort
		list = append(list, standardised(normal{math.Exp(-z*z/2) / float64(side), [2]float64{armSize * f * cos, -armSize * f * sin}, square * sin * sin, square * sin * cos, square * cos * cos}, scale))
	}
	return list
}

// split is one denoiser at noise of at most border, and another above.
type split struct {
	below, above diffusion.Denoiser
	schedule     diffusion.Schedule
}

// Denoise implements [diffusion.Denoiser].
func (s split) Denoise(dst, x *mat.Dense, t float64) {
	if alpha, sigma := s.schedule.At(t); sigma <= border*alpha {
		s.below.Denoise(dst, x, t)
		return
	}
	s.above.Denoise(dst, x, t)
}
