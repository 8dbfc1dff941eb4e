package stage

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"genlab/datasets"
	"genlab/internal/plot"
	"genlab/lab/live/pack"
	"genlab/metrics"
	"genlab/train"
	"genlab/vae"
)

// ellipse is a posterior of a VAE.
type ellipse struct {
	X     float64    `json:"x"`
	Y     float64    `json:"y"`
	Cov   [3]float64 `json:"cov"` // variance of x, covariance, variance of y
	Label *int       `json:"label"`
	Data  [2]float64 `json:"data"`
}

// latent returns the posteriors of points of the data in the first two latent coordinates, and the ELBO in its parts.
func (v viewed) latent(l look) (map[string]any, error) {
	m, err := library[*vae.Model](v.model)
	if err != nil {
		return nil, err
	}
	n := size(l.Points, 10, 1000, 200)
	rng := train.NewStream(max(1, l.Seed), "latent").Rand
	var x *mat.Dense
	var labels []int
	if s, ok := v.data.ds.Sampler.(datasets.Labelled); ok {
		x, labels = s.SampleLabelled(n, rng)
	} else {
		x = v.data.ds.Fresh(n, rng)
		n, _ = x.Dims()
	}
	mean, factor := m.Encode(x) // factor: the rows of a lower triangular matrix
	k := m.Config().Latent
	ellipses := make([]ellipse, n)
	reach := 3.6
	for i := range ellipses {
		f := factor.RawRowView(i)
		at := func(r, c int) float64 { return f[r*k+c] }
		e := ellipse{X: mean.At(i, 0), Data: [2]float64{x.At(i, 0), x.At(i, 1)}}
		e.Cov[0] = at(0, 0) * at(0, 0)
		if k > 1 {
			e.Y = mean.At(i, 1)
			e.Cov[1] = at(1, 0) * at(0, 0)
			e.Cov[2] = at(1, 0)*at(1, 0) + at(1, 1)*at(1, 1)
		}
		if labels != nil {
			e.Label = &labels[i]
		}
		reach = max(reach, math.Abs(e.X), math.Abs(e.Y))
		ellipses[i] = e
	}
	active := 0
	for j := range k {
		if spread(mat.Col(nil, j, mean)) > 0.01 {
			active++
		}
	}
	answer := map[string]any{
		"ellipses": ellipses, "box": pack.Corners(plot.Box{XMin: -reach, XMax: reach, YMin: -reach, YMax: reach}), "active": active, "latent": k,
	}
	points := v.data.ds.Fresh(1000, train.NewStream(v.seed, "terms").Rand)
	reconstruction, kl := m.Terms(points, train.NewStream(v.seed, "terms noise").Rand)
	parts := map[string]metrics.Number{"reconstruction": metrics.Number(metrics.Mean(reconstruction).Value), "kl": metrics.Number(metrics.Mean(kl).Value)}
	parts["elbo"] = parts["reconstruction"] - parts["kl"]
	if q, err := m.Quadrature(vae.CellSigmas); err == nil {
		parts["log_p"] = metrics.Number(metrics.Mean(q.LogMarginal(points)).Value)
	}
	answer["bound"] = parts
	return answer, nil
}

// spread returns the variance of values.
func spread(v []float64) float64 {
	e := metrics.Mean(v)
	return e.SE * e.SE * float64(e.N)
}
