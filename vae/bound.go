package vae

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"genlab/nn"
)

// LogBound implements genlab.LogBounder by the evidence lower bound: one draw of
// log p(x|z) + log p(z) - log q(z|x), z ~ q(z|x), for each row of x (n x d), in nats of the
// data's coordinates [kingma2014].
func (m *Model) LogBound(x mat.Matrix, rng *rand.Rand) []float64 {
	return m.Importance(1).LogBound(x, rng)
}

// Importance returns the model's bound from k draws of z for each point, k >= 1:
//
//	log (1/k Σ p(x|z_i)·p(z_i)/q(z_i|x)),   z_i ~ q(z|x),
//
// whose mean rises with k, from the ELBO at 1 to log p(x) [burda2016].
func (m *Model) Importance(k int) ImportanceBound {
	if k < 1 {
		panic(fmt.Sprintf("vae: a bound from %d draws", k))
	}
	return ImportanceBound{m, k}
}

// ImportanceBound is a model's bound from Draws importance samples. It is a genlab.LogBounder.
type ImportanceBound struct {
	Model *Model
	Draws int
}

// String names the bound.
func (b ImportanceBound) String() string {
	if b.Draws == 1 {
		return "ELBO"
	}
	return "IWAE " + strconv.Itoa(b.Draws)
}

// rowsAtOnce bounds the memory of a bound from many draws.
const rowsAtOnce = 1 << 16

// LogBound implements genlab.LogBounder: one estimate for each row of x (n x d), in nats of
// the data's coordinates.
func (b ImportanceBound) LogBound(x mat.Matrix, rng *rand.Rand) []float64 {
	n, _ := x.Dims()
	out := make([]float64, 0, n)
	logs := make([]float64, b.Draws)
	b.Model.weights(x, b.Draws, rng, func(reconstruction, ratio []float32) {
		for i, r := range reconstruction {
			logs[i] = float64(r) + float64(ratio[i])
		}
		out = append(out, logMean(logs)-b.Model.scale.LogScale())
	})
	return out
}

// Terms returns the two parts of the ELBO, one draw for each row of x (n x d): log p(x|z), in
// nats of the data's coordinates, and log q(z|x) - log p(z), whose mean is KL(q(z|x) || p(z)).
func (m *Model) Terms(x mat.Matrix, rng *rand.Rand) (reconstruction, kl []float64) {
	m.weights(x, 1, rng, func(r, ratio []float32) {
		reconstruction = append(reconstruction, float64(r[0])-m.scale.LogScale())
		kl = append(kl, -float64(ratio[0]))
	})
	return reconstruction, kl
}

// weights calls yield for each row of x in turn with log p(x|z) and log p(z) - log q(z|x) of
// its draws, x standardised.
func (m *Model) weights(x mat.Matrix, draws int, rng *rand.Rand, yield func(reconstruction, ratio []float32)) {
	n, d := x.Dims()
	points, h := m.encodeRows(x)
	columns, latent := len(h)/n, m.cfg.Latent
	most := max(1, rowsAtOnce/draws)
	for lo := 0; lo < n; lo += most {
		hi := min(n, lo+most)
		rows := (hi - lo) * draws
		in := nn.Columns{
			"x":         repeated(points[lo*d:hi*d], d, draws),
			"posterior": repeated(h[lo*columns:hi*columns], columns, draws),
			"noise":     make([]float32, rows*latent),
		}
		for i := range in["noise"] {
			in["noise"][i] = float32(rng.NormFloat64())
		}
		reconstruction, ratio := make([]float32, rows), make([]float32, rows)
		must(m.weigh.Run(rows, in, reconstruction, ratio))
		for at := 0; at < rows; at += draws {
			yield(reconstruction[at:at+draws], ratio[at:at+draws])
		}
	}
}

// repeated returns each row of cols values the given number of times.
func repeated(rows []float32, cols, times int) []float32 {
	if times == 1 {
		return rows
	}
	out := make([]float32, 0, len(rows)*times)
	for at := 0; at < len(rows); at += cols {
		for range times {
			out = append(out, rows[at:at+cols]...)
		}
	}
	return out
}

// logMean is the logarithm of the mean of exp of the values.
func logMean(logs []float64) float64 {
	top := math.Inf(-1)
	for _, v := range logs {
		top = math.Max(top, v)
	}
	if math.IsInf(top, 0) {
		return top
	}
	var sum float64
	for _, v := range logs {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum/float64(len(logs)))
}
