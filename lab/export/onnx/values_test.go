package onnx

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/autoregressive"
	"genlab/diffusion"
	"genlab/diffusion/matching"
	"genlab/flow"
	"genlab/gan"
	"genlab/hybrid"
	"genlab/lab/registry"
	"genlab/standardize"
	"genlab/train"
	"genlab/vae"
)

const (
	seed = 5
	n    = 300
)

// values are the values of inputs or outputs by their names.
type values map[string]any

// call is a call of a graph, with what genlab computes of every output.
type call struct {
	Graph  string  `json:"graph"`
	Inputs values  `json:"inputs"`
	Want   values  `json:"want"`
	Most   float64 `json:"most"` // largest difference, relative to values above 1; 0 is 1e-5
}

func stream() *rand.Rand { return train.NewStream(seed, "sample").Rand }

func normal(rng *rand.Rand, columns int) *mat.Dense { return flow.Normal{D: columns}.Sample(n, rng) }

// rows returns a matrix for JSON.
func rows(x mat.Matrix) [][]float64 {
	r, _ := x.Dims()
	list := make([][]float64, r)
	for i := range list {
		list[i] = mat.Row(nil, i, x)
	}
	return list
}

// scattered returns points around the origin, some of them far out.
func scattered() *mat.Dense {
	rng := rand.New(rand.NewPCG(3, 3))
	x := normal(rng, 2)
	for i := range n {
		for j := range 2 {
			x.Set(i, j, x.At(i, j)*[]float64{1, 2, 5, 40}[i%4])
		}
	}
	return x
}

// labels returns a label for n rows.
func labels(k int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = k
	}
	return list
}

func float32s(x *mat.Dense) *mat.Dense {
	for i, v := range x.RawMatrix().Data {
		x.RawMatrix().Data[i] = float64(float32(v))
	}
	return x
}

// finite returns values for JSON, in which -Inf is null.
func finite(v []float64) []any {
	list := make([]any, len(v))
	for i, x := range v {
		if !math.IsInf(x, -1) {
			list[i] = x
		}
	}
	return list
}

// times returns n times within (0, 1), rounded to float32.
func times() (t []float64) {
	rng := rand.New(rand.NewPCG(4, 4))
	for range n {
		t = append(t, float64(float32(0.02+0.96*rng.Float64())))
	}
	return t
}

// column returns numbers as a matrix of one column for JSON.
func column(v []float64) [][]float64 { return rows(mat.NewDense(len(v), 1, v)) }

// calls returns the calls of a run's graphs by the graphs' names.
func calls(t *testing.T, run *registry.Run) map[string][]call {
	t.Helper()
	if m, ok := of[*flow.Model](run); ok {
		return flowCalls(t, m)
	}
	if m, ok := of[*diffusion.Model](run); ok {
		return diffusionCalls(m)
	}
	if m, ok := of[*vae.Model](run); ok {
		return vaeCalls(m)
	}
	if m, ok := of[*gan.Model](run); ok {
		x := scattered()
		critic, _ := m.Critic().At(x)
		return map[string][]call{
			"sample": {{Inputs: values{"noise": rows(m.Latents(n, stream()))}, Want: values{"x": rows(m.Sample(n, stream()))}}},
			"critic": {{Inputs: values{"x": rows(x)}, Want: values{"value": critic}}},
		}
	}
	if m, ok := of[*autoregressive.Points](run); ok {
		return pointsCalls(m)
	}
	if m, ok := of[*autoregressive.Text](run); ok {
		return map[string][]call{"network": logitsCalls(m.Model, len(m.Alphabet()), m.Config().Context)}
	}
	if m, ok := of[*matching.FlowMap](run); ok {
		return flowMapCalls(m)
	}
	if m, ok := of[*matching.Model](run); ok {
		return velocityCalls(m)
	}
	if m, ok := of[*hybrid.RectifiedModel](run); ok {
		return velocityCalls(m.Model)
	}
	if m, ok := of[*hybrid.ConsistencyModel](run); ok {
		in, x := studentPoints(m, m.Config().Evaluations)
		return map[string][]call{"network": predictionCalls(m.Student), "sample": {{Inputs: in, Want: values{"x": rows(x)}}}}
	}
	if m, ok := of[*hybrid.LatentDiffusionModel](run); ok {
		return latentCalls(m)
	}
	return nil
}

func flowCalls(t *testing.T, m *flow.Model) map[string][]call {
	t.Helper()
	x := scattered()
	in, points, want := values{"noise": rows(normal(stream(), 2))}, values{"x": rows(x)}, values{}
	var q genlab.Sampler = m
	var p genlab.LogProber = m
	var given []int
	if k := m.Classes(); k > 0 {
		at := mat.NewDense(1, 1, []float64{3})
		q, p, given = m.Given(at), m.Given(at), labels(3)
		in["label"], points["label"] = given, given
		// The model's own density is the mixture of those of the labels: the prior that the graph has must give it.
		prior := priorOf(t, m)
		want["log_prior"] = prior
		for i, logp := range m.LogProb(x) {
			sum := math.Inf(-1)
			for c := range k {
				v := prior[c] + m.Given(mat.NewDense(1, 1, []float64{float64(c)})).LogProb(x.Slice(i, i+1, 0, 2))[0]
				sum = max(sum, v) + math.Log1p(math.Exp(-math.Abs(sum-v)))
			}
			if i < 20 && !(math.Abs(sum-logp) < 1e-9*max(1, math.Abs(logp))) {
				t.Errorf("the mixture has log q %v, and the model %v", sum, logp)
			}
		}
	}
	scale, err := standardize.FromState("scale", m.Fixed())
	if err != nil {
		t.Fatal(err)
	}
	z, logDet := mat.DenseCopyOf(x), make([]float64, n)
	scale.FromData(z)
	m.Bijectors().Forward(z, given, logDet)
	for i := range logDet {
		logDet[i] -= scale.LogScale()
	}
	want["log_prob"] = finite(p.LogProb(x))
	return map[string][]call{
		"network":  {{Inputs: points, Want: values{"z": rows(z), "log_det": logDet}}},
		"sample":   {{Inputs: in, Want: values{"x": rows(q.Sample(n, stream()))}}},
		"log_prob": {{Inputs: points, Want: want}},
	}
}

// priorOf returns the log probabilities of a flow's classes.
func priorOf(t *testing.T, m *flow.Model) (logPi []float64) {
	t.Helper()
	for _, p := range m.Parameters().State("model") {
		if p.Name != "model/prior" {
			continue
		}
		total := 0.0
		for _, v := range p.Data {
			total += math.Exp(float64(v))
		}
		for _, v := range p.Data {
			logPi = append(logPi, float64(v)-math.Log(total))
		}
	}
	return logPi
}

func diffusionCalls(m *diffusion.Model) map[string][]call {
	var x mat.Matrix = scattered()
	if m.Config().Prediction == diffusion.DataPrediction {
		x = scattered().Slice(0, 6, 0, 2) // its ODE is stiff, and takes thousands of steps
	}
	s, p, in, points := m.Sampling(), m.ProbabilityFlow(), values{}, values{"x": rows(x)}
	if m.Config().Conditional {
		given := m.Given(mat.NewDense(1, 1, []float64{3}))
		s, p = given.Sampling(), given.ProbabilityFlow()
		in["label"], points["label"] = labels(3), labels(3)
	}
	// The noise of the steps follows that of the beginning in the same stream.
	rng := stream()
	for _, noise := range s.Trajectory(n, rng) {
		in["noise"] = rows(noise)
		break
	}
	// Rounding decides which steps are accepted: the difference is that between two processors of genlab.
	return map[string][]call{
		"network":  predictionCalls(m),
		"sample":   {{Inputs: in, Want: values{"x": rows(s.Sample(n, stream()))}}},
		"log_prob": {{Inputs: points, Want: values{"log_prob": finite(p.LogProb(x))}, Most: 2e-2}},
	}
}

// predictionCalls are those of a denoiser's network, whose output is recovered from the denoised point a·x + b·output; in a conditional
// model with labels and without.
func predictionCalls(m *diffusion.Model) []call {
	x := float32s(normal(stream(), m.Dim()))
	t := times()
	levels := make([]float64, n)
	for i, at := range t {
		alpha, sigma := m.Schedule().At(at)
		levels[i] = float64(float32(math.Log(sigma / alpha)))
	}
	predicted := func(d diffusion.Differentiable) [][]float64 {
		out := mat.NewDense(n, m.Dim(), nil)
		d.DenoiseTrace(out, x, t, nil)
		for i, at := range t {
			alpha, sigma := m.Schedule().At(at)
			a, b := alpha, -sigma
			switch m.Config().Prediction {
			case diffusion.NoisePrediction:
				a, b = 1/alpha, -sigma/alpha
			case diffusion.DataPrediction:
				a, b = 0, 1
			}
			for j := range m.Dim() {
				out.Set(i, j, (out.At(i, j)-a*x.At(i, j))/b)
			}
		}
		return rows(out)
	}
	in := values{"x": rows(x), "u": column(levels)}
	if !m.Config().Conditional {
		return []call{{Inputs: in, Want: values{"prediction": predicted(m)}}}
	}
	given := m.Given(mat.NewDense(1, 1, []float64{3})).ProbabilityFlow().Denoiser
	return []call{
		{Inputs: values{"x": in["x"], "u": column(levels), "label": labels(3)}, Want: values{"prediction": predicted(given)}},
		{Inputs: values{"x": in["x"], "u": column(levels), "label": labels(-1)}, Want: values{"prediction": predicted(m)}},
	}
}
