package onnx

import (
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab/autoregressive"
	"genlab/diffusion/matching"
	"genlab/flow"
	"genlab/hybrid"
	"genlab/vae"
)

func vaeCalls(m *vae.Model) map[string][]call {
	x, k := scattered(), m.Config().Latent
	rng := stream()
	z := normal(rng, k)
	noise := normal(rng, 2)
	bound := func(samples int) call {
		rng, all := stream(), make([][][]float64, n)
		for i := range all {
			for range samples {
				row := make([]float64, k)
				for j := range row {
					row[j] = float64(float32(rng.NormFloat64()))
				}
				all[i] = append(all[i], row)
			}
		}
		return call{Inputs: values{"x": rows(x), "noise": all}, Want: values{"log_bound": m.Importance(samples).LogBound(x, stream())}}
	}
	return map[string][]call{
		"encoder":   encoderCalls(m, x),
		"decoder":   decoderCalls(m),
		"sample":    {{Inputs: values{"noise": rows(z), "decoder_noise": rows(noise)}, Want: values{"x": rows(m.Sample(n, stream()))}}},
		"log_bound": {bound(1), bound(5)},
	}
}

// encoderCalls compares the mean, the diagonal of the factor and the entries below it; of a flow, samples and their log density.
func encoderCalls(m *vae.Model, x *mat.Dense) []call {
	k := m.Config().Latent
	if m.Config().Posterior == vae.Flow {
		x = normal(rand.New(rand.NewPCG(3, 3)), 2) // far out the difference of log q and log p is rounded
		noise, z := float32s(normal(stream(), k)), m.Latents(x, stream())
		_, kl := m.Terms(x, stream()) // log q(z|x) - log p(z)
		logq := make([][]float64, n)
		for i, logp := range (flow.Normal{D: k}).LogProb(z) {
			logq[i] = []float64{kl[i] + logp}
		}
		return []call{{Inputs: values{"x": rows(x), "noise": stacked(noise)}, Want: values{"z": stacked(z), "log_q": logq}}}
	}
	mean, factor := m.Encode(x)
	diagonal, below := make([][]float64, n), make([][]float64, n)
	for r := range n {
		for i := range k {
			row := factor.RawRowView(r)[i*k : (i+1)*k]
			below[r] = append(below[r], row[:i]...)
			diagonal[r] = append(diagonal[r], row[i])
		}
	}
	want := values{"mean": rows(mean), "diagonal": diagonal}
	if m.Config().Posterior == vae.Full && k > 1 {
		want["below"] = below
	}
	return []call{{Inputs: values{"x": rows(x)}, Want: want}}
}

// stacked returns a matrix for JSON with one sample of each row: n x 1 x d.
func stacked(x *mat.Dense) (list [][][]float64) {
	for _, row := range rows(x) {
		list = append(list, [][]float64{row})
	}
	return list
}

func decoderCalls(m *vae.Model) []call {
	z := normal(stream(), m.Config().Latent)
	z.Scale(2, z)
	mean, sigma := m.Decode(z)
	return []call{{Inputs: values{"z": rows(z)}, Want: values{"mean": rows(mean), "sigma": rows(sigma)}}}
}

func pointsCalls(m *autoregressive.Points) map[string][]call {
	x, rng, b := scattered(), stream(), m.Box()
	uniform := func(columns int) *mat.Dense {
		u := mat.NewDense(n, columns, nil)
		for i := range u.RawMatrix().Data {
			u.RawMatrix().Data[i] = rng.Float64()
		}
		return u
	}
	digits := 2 * m.Config().Digits
	in := values{"noise": rows(uniform(digits)), "place": rows(uniform(2))}
	want := m.Sample(n, stream())
	for i := range n { // within the box: a value of -Inf is no JSON
		x.SetRow(i, []float64{min(max(x.At(i, 0), b.XMin), b.XMax), min(max(x.At(i, 1), b.YMin), b.YMax)})
	}
	return map[string][]call{
		"network":  logitsCalls(m.Model, m.Config().Base, digits-1),
		"sample":   {{Inputs: in, Want: values{"x": rows(want)}}},
		"log_prob": {{Inputs: values{"x": rows(x)}, Want: values{"log_prob": m.LogProb(x)}}},
	}
}

// logitsCalls compares the logits at every position of a transformer over so many symbols: of whole sequences, of half of them, and of the
// start symbol alone.
func logitsCalls(m *autoregressive.Model, symbols, context int) (list []call) {
	const sequences = 20
	rng, steps := stream(), context+1
	all := make([]int, sequences*steps)
	for i := range all {
		if all[i] = rng.IntN(symbols); i%steps == 0 {
			all[i] = symbols // the start symbol
		}
	}
	logits := m.Logits(all)
	classes := len(logits) / len(all)
	for _, length := range slices.Compact([]int{1, (steps + 1) / 2, steps}) {
		tokens, want := make([][]int, sequences), make([][][]float32, sequences)
		for s := range sequences {
			tokens[s] = all[s*steps:][:length]
			for i := range length {
				want[s] = append(want[s], logits[(s*steps+i)*classes:][:classes])
			}
		}
		list = append(list, call{Inputs: values{"tokens": tokens}, Want: values{"logits": want}})
	}
	return list
}

func flowMapCalls(m *matching.FlowMap) map[string][]call {
	x := float32s(normal(stream(), 2))
	t := times()
	r, out := make([]float64, n), mat.NewDense(n, 2, nil)
	for i := range r {
		r[i] = float64(float32(t[i] * float64(i%5) / 4)) // from 0 to t
	}
	m.Average(out, x, r, t)
	return map[string][]call{
		"network": {{Inputs: values{"x": rows(x), "t": column(t), "r": column(r)}, Want: values{"velocity": rows(out)}}},
		"sample":  {{Inputs: values{"noise": rows(normal(stream(), 2))}, Want: values{"x": rows(m.Sample(n, stream()))}}},
	}
}

func velocityCalls(m *matching.Model) map[string][]call {
	noise, want := m.Sampling().Pairs(n, stream())
	most := 0.0
	if m.Config().Sampler == "dopri5" {
		most = 1e-3 // rounding decides which steps are accepted
	}
	x, points, out := float32s(normal(stream(), 2)), scattered(), mat.NewDense(n, 2, nil)
	t := times()
	m.Velocity(out, x, t, nil)
	return map[string][]call{
		"network":  {{Inputs: values{"x": rows(x), "t": column(t)}, Want: values{"velocity": rows(out)}}},
		"sample":   {{Inputs: values{"noise": rows(noise)}, Want: values{"x": rows(want)}, Most: most}},
		"log_prob": {{Inputs: values{"x": rows(points)}, Want: values{"log_prob": m.ContinuousFlow().LogProb(points)}, Most: 2e-2}},
	}
}

func latentCalls(m *hybrid.LatentDiffusionModel) map[string][]call {
	all := map[string][]call{"decoder": decoderCalls(m.Decoder)}
	if c := m.Config().Latents; c.StudentSteps > 0 {
		in, z := studentPoints(m.Latents, c.Evaluations)
		in["decoder_noise"] = rows(normal(stream(), 2))
		all["network"] = predictionCalls(m.Latents.Student)
		all["sample"] = []call{{Inputs: in, Want: values{"x": rows(m.Decoder.SampleGiven(z, stream()))}}}
		return all
	}
	latents := m.Latents.Teacher.Given(mat.NewDense(1, 1, []float64{3}))
	rng := stream()
	in := values{"label": labels(3)}
	for _, noise := range latents.Sampling().Trajectory(n, rng) {
		in["noise"] = rows(noise)
		break
	}
	rng = stream()
	latents.Sample(n, rng)
	in["decoder_noise"] = rows(normal(rng, 2))
	rng = stream()
	z := latents.Sample(n, rng)
	all["network"] = predictionCalls(m.Latents.Teacher)
	all["sample"] = []call{{Inputs: in, Want: values{"x": rows(m.Decoder.SampleGiven(z, rng))}}}
	return all
}

// studentPoints samples a student, and returns the inputs of its graph with the noise of its steps.
func studentPoints(m *hybrid.ConsistencyModel, evaluations int) (in values, x *mat.Dense) {
	process, rng := m.Sampling(evaluations), stream()
	x = normal(rng, m.Student.Dim())
	in = values{"noise": rows(x)}
	if m.Student.Config().Conditional {
		process = m.Given(mat.NewDense(1, 1, []float64{3}), evaluations).Sampling()
		in["label"] = labels(3)
	}
	var steps [][][]float64
	for i, t := range process.Grid[:len(process.Grid)-1] {
		process.Denoiser.Denoise(x, x, t)
		if alpha, sigma := process.Schedule.At(process.Grid[i+1]); sigma > 0 {
			e := normal(rng, m.Student.Dim())
			steps = append(steps, rows(e))
			e.Scale(sigma, e)
			x.Scale(alpha, x)
			x.Add(x, e)
		}
	}
	if steps != nil {
		in["step_noise"] = steps
	}
	process.Scale.ToData(x)
	return in, x
}
