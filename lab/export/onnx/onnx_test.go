package onnx

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/autoregressive"
	"genlab/diffusion"
	"genlab/diffusion/matching"
	"genlab/flow"
	"genlab/gan"
	"genlab/hybrid"
	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/train"
	"genlab/vae"
)

const (
	runs = "../../trainer/testdata/runs"
	// more has conditional students, guidance, an adaptive solver and a student in latent space.
	more = "../../trainer/testdata/version2"
	seed = 5
	n    = 300
)

// call is a call of a graph, with what genlab computes.
type call struct {
	Graph  string         `json:"graph"`
	Inputs map[string]any `json:"inputs"`
	Want   any            `json:"want"`
	Most   float64        `json:"most"` // largest difference
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

func labels(k int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = k
	}
	return list
}

// calls returns the calls of a run's graphs whose values the library computes.
func calls(t *testing.T, run *registry.Run) map[string]call {
	t.Helper()
	x, at := scattered(), mat.NewDense(1, 1, []float64{3})
	if m, ok := of[*flow.Model](run); ok {
		var q genlab.Sampler = m
		var p genlab.LogProber = m
		in := map[string]any{"noise": rows(normal(stream(), 2))}
		points := map[string]any{"x": rows(x)}
		if m.Classes() > 0 {
			q, p = m.Given(at), m.Given(at)
			in["label"], points["label"] = labels(3), labels(3)
		}
		return map[string]call{"sample": {Inputs: in, Want: rows(q.Sample(n, stream()))}, "log_prob": {Inputs: points, Want: p.LogProb(x)}}
	}
	if m, ok := of[*diffusion.Model](run); ok {
		s, p, in, points := m.Sampling(), m.ProbabilityFlow(), map[string]any{}, map[string]any{"x": rows(x)}
		if m.Config().Conditional {
			given := m.Given(at)
			s, p = given.Sampling(), given.ProbabilityFlow()
			in["label"], points["label"] = labels(3), labels(3)
		}
		for _, noise := range s.Trajectory(n, stream()) {
			in["noise"] = rows(noise)
			break
		}
		// Rounding decides which steps are accepted: the difference is that between two processors of genlab.
		return map[string]call{"sample": {Inputs: in, Want: rows(s.Sample(n, stream()))}, "log_prob": {Inputs: points, Want: p.LogProb(x), Most: 2e-2}}
	}
	if m, ok := of[*vae.Model](run); ok {
		rng := stream()
		z := normal(rng, m.Config().Latent)
		noise := normal(rng, 2)
		one := make([][][]float64, n)
		for i, row := range rows(float32s(normal(stream(), m.Config().Latent))) {
			one[i] = [][]float64{row}
		}
		return map[string]call{
			"sample":    {Inputs: map[string]any{"noise": rows(z), "decoder_noise": rows(noise)}, Want: rows(m.Sample(n, stream()))},
			"log_bound": {Inputs: map[string]any{"x": rows(x), "noise": one}, Want: m.LogBound(x, stream())},
		}
	}
	if m, ok := of[*gan.Model](run); ok {
		values, _ := m.Critic().At(x)
		return map[string]call{
			"sample": {Inputs: map[string]any{"noise": rows(m.Latents(n, stream()))}, Want: rows(m.Sample(n, stream()))},
			"critic": {Inputs: map[string]any{"x": rows(x)}, Want: values},
		}
	}
	if m, ok := of[*autoregressive.Points](run); ok {
		rng, b := stream(), m.Box()
		uniform := func(columns int) *mat.Dense {
			u := mat.NewDense(n, columns, nil)
			for i := range u.RawMatrix().Data {
				u.RawMatrix().Data[i] = rng.Float64()
			}
			return u
		}
		in := map[string]any{"noise": rows(uniform(2 * m.Config().Digits)), "place": rows(uniform(2))}
		want := m.Sample(n, stream())
		for i := range n { // within the box: a value of -Inf is no JSON
			x.SetRow(i, []float64{min(max(x.At(i, 0), b.XMin), b.XMax), min(max(x.At(i, 1), b.YMin), b.YMax)})
		}
		return map[string]call{"sample": {Inputs: in, Want: rows(want)}, "log_prob": {Inputs: map[string]any{"x": rows(x)}, Want: m.LogProb(x)}}
	}
	if m, ok := of[*matching.FlowMap](run); ok {
		return map[string]call{"sample": {Inputs: map[string]any{"noise": rows(normal(stream(), 2))}, Want: rows(m.Sample(n, stream()))}}
	}
	if m, ok := of[*matching.Model](run); ok {
		return velocityCalls(m, x)
	}
	if m, ok := of[*hybrid.RectifiedModel](run); ok {
		return velocityCalls(m.Model, x)
	}
	if m, ok := of[*hybrid.ConsistencyModel](run); ok {
		in, x := studentPoints(m, m.Config().Evaluations)
		return map[string]call{"sample": {Inputs: in, Want: rows(x)}}
	}
	m, ok := of[*hybrid.LatentDiffusionModel](run)
	if !ok {
		return nil
	}
	if c := m.Config().Latents; c.StudentSteps > 0 {
		in, z := studentPoints(m.Latents, c.Evaluations)
		in["decoder_noise"] = rows(normal(stream(), 2))
		return map[string]call{"sample": {Inputs: in, Want: rows(m.Decoder.SampleGiven(z, stream()))}}
	}
	latents := m.Latents.Teacher.Given(at)
	rng := stream()
	in := map[string]any{"label": labels(3)}
	for _, noise := range latents.Sampling().Trajectory(n, rng) {
		in["noise"] = rows(noise)
		break
	}
	rng = stream()
	latents.Sample(n, rng)
	in["decoder_noise"] = rows(normal(rng, 2))
	rng = stream()
	z := latents.Sample(n, rng)
	return map[string]call{"sample": {Inputs: in, Want: rows(m.Decoder.SampleGiven(z, rng))}}
}

// velocityCalls are those of a model of velocities.
func velocityCalls(m *matching.Model, x *mat.Dense) map[string]call {
	noise, want := m.Sampling().Pairs(n, stream())
	most := 0.0
	if m.Config().Sampler == "dopri5" {
		most = 1e-3 // rounding decides which steps are accepted
	}
	return map[string]call{
		"sample":   {Inputs: map[string]any{"noise": rows(noise)}, Want: rows(want), Most: most},
		"log_prob": {Inputs: map[string]any{"x": rows(x)}, Want: m.ContinuousFlow().LogProb(x), Most: 2e-2},
	}
}

// studentPoints samples a student, and returns the inputs of its graph with the noise of its steps.
func studentPoints(m *hybrid.ConsistencyModel, evaluations int) (in map[string]any, x *mat.Dense) {
	process, rng := m.Sampling(evaluations), stream()
	x = normal(rng, m.Student.Dim())
	in = map[string]any{"noise": rows(x)}
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

func float32s(x *mat.Dense) *mat.Dense {
	for i, v := range x.RawMatrix().Data {
		x.RawMatrix().Data[i] = float64(float32(v))
	}
	return x
}

// TestGraphs runs the graphs in onnxruntime: they pass the checker of onnx and agree with genlab to 1e-5. PYTHON names a Python with
// onnx and onnxruntime.
func TestGraphs(t *testing.T) {
	python := os.Getenv("PYTHON")
	if python == "" {
		python = "python3"
	}
	if err := exec.Command(python, "-c", "import onnx, onnxruntime").Run(); err != nil {
		t.Skipf("%s has no onnx and onnxruntime here (pip install onnx onnxruntime; PYTHON names another): the graphs were not run", python)
	}
	dir := t.TempDir()
	var all []call
	var folders []string
	for _, name := range []string{"flow", "diffusion", "vae", "gan", "autoregressive", "latent-diffusion", "flow-matching", "rectified-flow", "flow-map", "consistency", "adversarial-diffusion"} {
		folders = append(folders, filepath.Join(runs, name), filepath.Join(more, name))
	}
	for _, folder := range folders {
		name := filepath.Base(filepath.Dir(folder)) + "." + filepath.Base(folder)
		run, err := models.All.Open(folder)
		if err != nil {
			t.Fatal(err)
		}
		graphs, err := Graphs(run)
		if err != nil {
			t.Fatal(err)
		}
		wanted := calls(t, run)
		for _, g := range graphs {
			c := wanted[g.Name]
			if c.Graph = filepath.Join(dir, name+"."+g.Name+".onnx"); c.Most == 0 {
				c.Most = 1e-5
			}
			delete(wanted, g.Name)
			if err := os.WriteFile(c.Graph, g.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
		}
		if len(wanted) > 0 {
			t.Errorf("%s lacks graphs: %v", name, wanted)
		}
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "testdata/run.py")
	cmd.Stdin = strings.NewReader(string(b))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
	t.Logf("%s", out)
}

// TestUnsupported: a model without graphs is named, with the remedy.
func TestUnsupported(t *testing.T) {
	run, err := models.All.Open(filepath.Join(runs, "flow-prior"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Graphs(run); err == nil || !strings.Contains(err.Error(), "flow-prior") || !strings.Contains(err.Error(), "genlab sample") {
		t.Errorf("got %v", err)
	}
}

// TestInverted: the inverse of a linear layer's matrix.
func TestInverted(t *testing.T) {
	a := []float64{1, 2, 0, 3, 1, 4, 0, 5, 2}
	var product mat.Dense
	product.Mul(mat.NewDense(3, 3, a), mat.NewDense(3, 3, inverted(append([]float64{}, a...), 3)))
	for i := range 3 {
		product.Set(i, i, product.At(i, i)-1)
	}
	if worst := mat.Norm(&product, math.Inf(1)); worst > 1e-12 {
		t.Errorf("off by %v", worst)
	}
}
