package inside

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"math/rand/v2"

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
	// The bound and the density of this point in nats, where the density can be computed.
	Bound *float64 `json:"elbo,omitempty"`
	LogP  *float64 `json:"log_p,omitempty"`
}

const (
	boundDraws  = 256 // codes of a posterior that the bound of one point is the mean of
	decoderSide = 72  // cells along a side of the latent plane
)

// decoder is p(x|z) on a grid of codes, from which a page computes the true posterior of any point: 4 float32,
// little-endian, for each cell, the means and the standard deviations of x and y.
type decoder struct {
	Side   int        `json:"side"`
	Box    [4]float64 `json:"box"`
	Values string     `json:"values"`
}

// decoderOf returns p(x|z) over a box of the latent plane.
func decoderOf(m *vae.Model, box plot.Box) decoder {
	mean, sigma := m.Decode(pack.Cells(box, decoderSide))
	var b []byte
	for i := range decoderSide * decoderSide {
		for _, v := range []float64{mean.At(i, 0), mean.At(i, 1), sigma.At(i, 0), sigma.At(i, 1)} {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
		}
	}
	return decoder{decoderSide, pack.Corners(box), base64.StdEncoding.EncodeToString(b)}
}

// bounds returns the ELBO of each row of x (n x 2), the mean over [boundDraws] codes of its posterior.
func bounds(m *vae.Model, x *mat.Dense, rng *rand.Rand) []float64 {
	n, d := x.Dims()
	elbo, many := make([]float64, n), mat.NewDense(n*boundDraws, d, nil)
	for i := range n * boundDraws {
		many.SetRow(i, x.RawRowView(i/boundDraws))
	}
	reconstruction, kl := m.Terms(many, rng)
	for i := range reconstruction {
		elbo[i/boundDraws] += (reconstruction[i] - kl[i]) / boundDraws
	}
	return elbo
}

// latent returns the posteriors of points of the data in the first two latent coordinates, and the ELBO in its parts.
func (s Subject) latent(r Request) (Answer, error) {
	m, err := library[*vae.Model](s.Model)
	if err != nil {
		return nil, err
	}
	n := size(r.Points, 10, 1000, 200)
	rng := train.NewStream(max(1, r.Seed), "latent").Rand
	var x *mat.Dense
	var labels []int
	if d, ok := s.Data.Sampler.(datasets.Labelled); ok {
		x, labels = d.SampleLabelled(n, rng)
	} else {
		x = s.Data.Fresh(n, rng)
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
	box := plot.Box{XMin: -reach, XMax: reach, YMin: -reach, YMax: reach}
	answer := Answer{"ellipses": ellipses, "box": pack.Corners(box), "active": active, "latent": k, "posterior": string(m.Config().Posterior)}
	points := s.Data.Fresh(1000, train.NewStream(s.Seed, "terms").Rand)
	reconstruction, kl := m.Terms(points, train.NewStream(s.Seed, "terms noise").Rand)
	parts := map[string]metrics.Number{"reconstruction": metrics.Number(metrics.Mean(reconstruction).Value), "kl": metrics.Number(metrics.Mean(kl).Value)}
	parts["elbo"] = parts["reconstruction"] - parts["kl"]
	if q, err := m.Quadrature(vae.CellSigmas); err == nil {
		parts["log_p"] = metrics.Number(metrics.Mean(q.LogMarginal(points)).Value)
		answer["decoder"] = decoderOf(m, box)
		elbo, logp := bounds(m, x, rng), q.LogMarginal(x)
		for i := range ellipses {
			ellipses[i].Bound, ellipses[i].LogP = &elbo[i], &logp[i]
		}
	}
	answer["bound"] = parts
	return answer, nil
}

// spread returns the variance of values.
func spread(v []float64) float64 {
	e := metrics.Mean(v)
	return e.SE * e.SE * float64(e.N)
}
