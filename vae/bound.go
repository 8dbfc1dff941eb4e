package vae

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"genlab/nn"
)

// LogBound returns a one-sample estimate of the evidence lower bound [kingma2014] for each row of x
// (n x d, in the data's coordinates): log p(x|z) + log p(z) - log q(z|x) at z ~ q(z|x), in nats. It
// panics if x does not have d columns. It is -Inf for a point so far out that the networks overflow, and
// NaN for one with a NaN.
func (m *Model) LogBound(x mat.Matrix, rng *rand.Rand) []float64 {
	return m.Importance(1).LogBound(x, rng)
}

// Importance returns the importance-weighted bound with k samples of z per point [burda2016]:
//
//	log (1/k Σ p(x|z_i)·p(z_i)/q(z_i|x)),   z_i ~ q(z|x),
//
// whose mean rises with k, from the ELBO at k = 1 towards log p(x). It panics if k < 1.
func (m *Model) Importance(k int) ImportanceBound {
	if k < 1 {
		panic(fmt.Sprintf("vae: Importance of k = %d samples, want k >= 1", k))
	}
	return ImportanceBound{m, k}
}

// ImportanceBound is a model's bound with the given number of importance samples per point, at least
// 1. It is a [genlab.LogBounder].
type ImportanceBound struct {
	Model   *Model
	Samples int
}

// String returns "ELBO" for one sample, else "IWAE" and the number of samples.
func (b ImportanceBound) String() string {
	if b.Samples == 1 {
		return "ELBO"
	}
	return "IWAE " + strconv.Itoa(b.Samples)
}

// maxRows bounds the rows of one evaluation, and so the memory of a bound with many samples.
const maxRows = 1 << 16

// LogBound returns one estimate of the bound for each row of x (n x d, in the data's coordinates), in
// nats. It panics if x does not have d columns.
func (b ImportanceBound) LogBound(x mat.Matrix, rng *rand.Rand) []float64 {
	out, _ := b.Weighted(x, rng)
	return out
}

// Weighted returns the values of LogBound, and for each the effective sample size (Σw)²/Σw² of its importance
// weights, from 1 to Samples. Where it is small the bound is loose: a few samples of z bear all the weight, and those
// that would matter were not drawn. NaN where no weight is defined.
func (b ImportanceBound) Weighted(x mat.Matrix, rng *rand.Rand) (bound, effective []float64) {
	n, _ := x.Dims()
	bound, effective = make([]float64, 0, n), make([]float64, 0, n)
	logs := make([]float64, b.Samples)
	b.Model.logWeights(x, b.Samples, rng, func(reconstruction, ratio []float32) {
		for i, r := range reconstruction {
			logs[i] = float64(r) + float64(ratio[i])
		}
		bound = append(bound, logMean(logs)-b.Model.scale.LogScale())
		effective = append(effective, effectiveSize(logs))
	})
	return bound, effective
}

// effectiveSize is (Σw)²/Σw² of weights with these logarithms.
func effectiveSize(logs []float64) float64 {
	top := math.Inf(-1)
	for _, v := range logs {
		top = math.Max(top, v)
	}
	var sum, squares float64
	for _, v := range logs {
		w := math.Exp(v - top)
		sum, squares = sum+w, squares+w*w
	}
	return sum * sum / squares
}

// Terms returns one-sample estimates of the two terms of the ELBO, in nats, for each row of x (n x d, in
// the data's coordinates): log p(x|z), and log q(z|x) - log p(z), whose mean is KL(q(z|x) || p(z)). It
// panics if x does not have d columns.
func (m *Model) Terms(x mat.Matrix, rng *rand.Rand) (reconstruction, kl []float64) {
	m.logWeights(x, 1, rng, func(r, ratio []float32) {
		reconstruction = append(reconstruction, float64(r[0])-m.scale.LogScale())
		kl = append(kl, -float64(ratio[0]))
	})
	return reconstruction, kl
}

// logWeights calls yield for each row of x in turn with log p(x|z) and log p(z) - log q(z|x) of its
// samples of z, for standardised x.
func (m *Model) logWeights(x mat.Matrix, samples int, rng *rand.Rand, yield func(reconstruction, ratio []float32)) {
	n, d := x.Dims()
	points, h := m.encodeRows(x)
	columns, latent := len(h)/n, m.cfg.Latent
	chunk := max(1, maxRows/samples)
	for lo := 0; lo < n; lo += chunk {
		hi := min(n, lo+chunk)
		rows := (hi - lo) * samples
		in := nn.Columns{
			"x":         repeated(points[lo*d:hi*d], d, samples),
			"posterior": repeated(h[lo*columns:hi*columns], columns, samples),
			"noise":     make([]float32, rows*latent),
		}
		for i := range in["noise"] {
			in["noise"][i] = float32(rng.NormFloat64())
		}
		reconstruction, ratio := make([]float32, rows), make([]float32, rows)
		must(m.weights.Run(rows, in, reconstruction, ratio))
		for at := 0; at < rows; at += samples {
			farOut(reconstruction[at:at+samples], ratio[at:at+samples], floats.HasNaN(mat.Row(nil, lo+at/samples, x)))
			yield(reconstruction[at:at+samples], ratio[at:at+samples])
		}
	}
}

// farOut replaces log weights that are not defined because a network overflowed: by -Inf, or by NaN for a
// point with a NaN.
func farOut(reconstruction, ratio []float32, undefined bool) {
	value := float32(math.Inf(-1))
	if undefined {
		value = float32(math.NaN())
	}
	for i, r := range reconstruction {
		if sum := float64(r + ratio[i]); undefined || math.IsNaN(sum) || math.IsInf(sum, 1) {
			reconstruction[i], ratio[i] = value, value
		}
	}
}

// repeated returns each row of cols values repeated the given number of times.
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

// logMean is log(mean(exp(logs))).
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
