package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/flow"
	"genlab/gentest"
	"genlab/lab/models"
	"genlab/lab/trainer"
	"genlab/metrics"
	"genlab/nn"
	"genlab/train"
)

// TestProgram runs the program of docs/library.md.
func TestProgram(*testing.T) { main() }

// TestBanana: the law suites take a distribution from anywhere.
func TestBanana(t *testing.T) {
	gentest.Sampler(t, Banana{}, 2)
	gentest.LogProber(t, Banana{}, Banana{}.Sample(100, gentest.Rand(1)))
	entropy := math.Log(2*math.Pi*math.E) + math.Log(0.3)
	gentest.Entropy(t, Banana{}, Banana{}, entropy, 1e-9, 20000, gentest.Rand(2))
}

// TestOwnFile: rows of a CSV file are a dataset.
func TestOwnFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "points.csv")
	if err := datasets.WritePoints(file, Banana{}.Sample(200, gentest.Rand(3))); err != nil {
		t.Fatal(err)
	}
	ds := must(datasets.ByName("file:" + file))
	gentest.Sampler(t, ds.Sampler, 2)
	if _, err := datasets.ByName("file:nowhere.csv"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that does not exist: %v", err)
	}
}

// Quadratic is a noise schedule whose log-SNR falls as the square of the time.
type Quadratic struct{}

// At implements diffusion.Schedule.
func (Quadratic) At(t float64) (alpha, sigma float64) {
	logAlphaBar := -10 * t * t
	return math.Exp(logAlphaBar / 2), math.Sqrt(-math.Expm1(logAlphaBar))
}

func (Quadratic) String() string { return "quadratic" }

// Restart is a sampler: each step jumps to the predicted x_0 and adds fresh noise, as consistency models do.
type Restart struct{}

// Begin implements diffusion.Sampler.
func (Restart) Begin(d diffusion.Denoiser, s diffusion.Schedule) diffusion.Step {
	return func(x *mat.Dense, from, to float64, rng *rand.Rand) {
		d.Denoise(x, x, from)
		alpha, sigma := s.At(to)
		x.Apply(func(_, _ int, v float64) float64 { return alpha*v + sigma*rng.NormFloat64() }, x)
	}
}

func (Restart) String() string { return "restart" }

// plain is a network of two layers of the point and its noise level.
type plain struct {
	params nn.Params
	net    nn.MLP
}

func newPlain(cfg diffusion.Config, d, context int, rng *rand.Rand) (diffusion.Network, error) {
	p := new(plain)
	p.net = nn.NewMLP(&p.params, "layer", []int{d + context + 1, cfg.Hidden, d}, nn.Tanh, nn.Zero, rng)
	return p, nil
}

// Predict implements diffusion.Network.
func (p *plain) Predict(g *nn.Graph, x, u, context *G.Node) *G.Node {
	if context != nil {
		x = nn.Concat(x, context)
	}
	return p.net.Apply(g, nn.Concat(x, u))
}

// Parameters implements diffusion.Network.
func (p *plain) Parameters() *nn.Params { return &p.params }

// FLOPs implements diffusion.Network.
func (p *plain) FLOPs() int { return p.net.FLOPs() }

// Fixed implements diffusion.Network.
func (p *plain) Fixed() []checkpoint.Tensor { return nil }

func TestOwnScheduleSamplerAndNetwork(t *testing.T) {
	if err := diffusion.CheckSchedule(Quadratic{}); err != nil {
		t.Fatal(err)
	}
	cfg := diffusion.DefaultConfig()
	cfg.Steps, cfg.Batch, cfg.Hidden, cfg.Warmup = 5, 64, 8, 0
	parts := diffusion.Components{Schedule: Quadratic{}, Network: newPlain}
	tr := must(diffusion.NewTrainer(must(diffusion.NewWith(cfg, parts, scale(), train.NewStream(1, "init").Rand))))
	learn(t, tr, Banana{}, cfg.Options())
	m := must(diffusion.LoadWith(cfg, parts, reload(t, tr)))
	if got := fmt.Sprint(m.Schedule()); got != "quadratic" {
		t.Errorf("the model's schedule is %s", got)
	}
	own := m.Sampling()
	own.Sampler = Restart{}
	own.Grid = diffusion.UniformTime.Grid(m.Schedule(), 8, cfg.Timesteps)
	gentest.Sampler(t, own, 2)
}

// correlation is a metric: the correlation of the two coordinates, with its standard error.
func correlation(x mat.Matrix) metrics.Estimate {
	n, _ := x.Dims()
	a, b := mat.Col(nil, 0, x), mat.Col(nil, 1, x)
	ma, mb := metrics.Mean(a), metrics.Mean(b)
	sa, sb := ma.SE*math.Sqrt(float64(n)), mb.SE*math.Sqrt(float64(n))
	products := make([]float64, n)
	for i := range products {
		products[i] = (a[i] - ma.Value) * (b[i] - mb.Value) / (sa * sb)
	}
	return metrics.Mean(products)
}

func TestOwnMetric(t *testing.T) {
	x, oracle := Banana{}.Sample(2000, gentest.Rand(4)), Banana{}.Sample(2000, gentest.Rand(5))
	row := correlation(x).Row("correlation", correlation(oracle).Value, "", "")
	if row.Name != "correlation" || !(math.Abs(row.Value) < 5*row.SE) {
		t.Errorf("the correlation of a banana is %v", row)
	}
}

// TestRunFolder: what genlab train has written is opened by package models, or by the checkpoint and the
// model's own package.
func TestRunFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	job := models.Flow.TypedJob("moons", true)
	job.Config().Steps = 5
	run := must(trainer.Begin(dir, job, must(job.Task()), trainer.Options{}))
	for _, err := range run.Steps(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}

	opened := must(models.All.Open(dir))
	density, ok := opened.Model.(genlab.LogProber)
	if !ok || opened.Step != 5 {
		t.Fatalf("%s after %d steps has a density: %v", opened.Name(), opened.Step, ok)
	}
	saved := must(checkpoint.Load(filepath.Join(dir, "checkpoint.safetensors")))
	m := must(flow.Load(*job.Config(), saved.Tensors))
	x := m.Sample(10, gentest.Rand(6))
	if !mat.Equal(x, opened.Model.Sample(10, gentest.Rand(6))) || density.LogProb(x)[0] != m.LogProb(x)[0] {
		t.Error("the two are different models")
	}
	if text := string(must(os.ReadFile(filepath.Join(dir, "config.yaml")))); text != string(saved.Config) {
		t.Errorf("config.yaml is\n%s\nand the checkpoint's is\n%s", text, saved.Config)
	}
}
