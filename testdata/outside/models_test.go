// The tests of this folder are those of another module: they see what any importer of genlab sees. See
// outside_test.go in the root, which builds and runs them.
package main

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/autoregressive"
	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/flow"
	"genlab/gan"
	"genlab/hybrid"
	"genlab/nn"
	"genlab/standardize"
	"genlab/train"
	"genlab/vae"
)

// saver is what all models are trained by.
type saver interface {
	genlab.Learner
	State() []checkpoint.Tensor
}

// must returns v; an error fails the test of the surrounding run.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func scale() standardize.Map {
	return must(standardize.Fit(Banana{}.Sample(1000, train.NewStream(1, "scale").Rand)))
}

// learn trains on data for all of the options' steps.
func learn(t *testing.T, l genlab.Learner, data genlab.Sampler, o train.Options) {
	t.Helper()
	steps := 0
	for p, err := range train.Run(context.Background(), l, data, o, train.NewStreams(1)) {
		if err != nil {
			t.Fatal(err)
		}
		if steps = p.Step; len(p.Losses) == 0 || math.IsNaN(p.Losses[0].Value) {
			t.Fatalf("step %d has the losses %v", steps, p.Losses)
		}
	}
	if steps != o.Steps {
		t.Fatalf("%d steps, want %d", steps, o.Steps)
	}
}

// reload writes a trainer's state to a file and reads it back.
func reload(t *testing.T, l saver) []checkpoint.Tensor {
	t.Helper()
	file := filepath.Join(t.TempDir(), "model.safetensors")
	if err := checkpoint.Save(file, &checkpoint.Checkpoint{Tensors: l.State()}); err != nil {
		t.Fatal(err)
	}
	return must(checkpoint.Load(file)).Tensors
}

// same fails unless two models draw the same rows and, where they have a density or a bound, the same
// values of it.
func same(t *testing.T, a, b genlab.Sampler) {
	t.Helper()
	x := a.Sample(300, train.NewStream(1, "sample").Rand)
	if !mat.Equal(x, b.Sample(300, train.NewStream(1, "sample").Rand)) {
		t.Error("the loaded model draws other samples")
	}
	values := func(m genlab.Sampler) []float64 {
		switch m := m.(type) {
		case genlab.LogProber:
			return m.LogProb(x)
		case genlab.LogBounder:
			return m.LogBound(x, train.NewStream(1, "bound").Rand)
		}
		return nil
	}
	va, vb := values(a), values(b)
	for i := range va {
		if va[i] != vb[i] || math.IsNaN(va[i]) {
			t.Fatalf("row %d scores %g; loaded, %g", i, va[i], vb[i])
		}
	}
}

func TestFlow(t *testing.T) {
	cfg := flow.DefaultConfig()
	cfg.Steps, cfg.Batch, cfg.Layers, cfg.Hidden, cfg.Warmup = 5, 64, 2, 8, 0
	tr := must(flow.NewTrainer(must(flow.New(cfg, scale(), train.NewStream(1, "init").Rand))))
	learn(t, tr, Banana{}, cfg.Options())
	var exact genlab.LogProber = tr.Average()
	same(t, exact.(*flow.Model), must(flow.Load(cfg, reload(t, tr))))
}

func TestVAE(t *testing.T) {
	cfg := vae.DefaultConfig()
	cfg.Steps, cfg.Batch, cfg.Layers, cfg.Hidden, cfg.Warmup = 5, 64, 1, 8, 0
	tr := must(vae.NewTrainer(must(vae.New(cfg, scale(), train.NewStream(1, "init").Rand))))
	learn(t, tr, Banana{}, cfg.Options())
	var bound genlab.LogBounder = tr.Average()
	same(t, bound.(*vae.Model), must(vae.Load(cfg, reload(t, tr))))
}

func TestGAN(t *testing.T) {
	cfg := gan.DefaultConfig()
	cfg.Steps, cfg.Batch, cfg.Layers, cfg.Hidden = 5, 64, 2, 8
	tr := must(gan.NewTrainer(must(gan.New(cfg, scale(), train.NewStream(1, "init").Rand))))
	learn(t, tr, Banana{}, cfg.Options())
	same(t, tr.Average(), must(gan.Load(cfg, reload(t, tr))))
}

func TestDiffusion(t *testing.T) {
	cfg := diffusion.DefaultConfig()
	cfg.Steps, cfg.Batch, cfg.Layers, cfg.Hidden, cfg.Warmup, cfg.NFE = 5, 64, 1, 8, 0, 5
	cfg.Activation, cfg.Optimizer = nn.GELU, nn.UseMuon
	tr := must(diffusion.NewTrainer(must(diffusion.New(cfg, scale(), train.NewStream(1, "init").Rand))))
	learn(t, tr, Banana{}, cfg.Options())
	loaded := must(diffusion.Load(cfg, reload(t, tr)))
	same(t, tr.Average(), loaded)
	x := Banana{}.Sample(2, train.NewStream(1, "test").Rand)
	var exact genlab.LogProber = loaded.ProbabilityFlow()
	if logp := exact.LogProb(x); math.IsNaN(logp[0]) {
		t.Errorf("the flow's density is %v", logp)
	}
}

func TestAutoregressivePoints(t *testing.T) {
	cfg := autoregressive.DefaultConfig()
	cfg.Steps, cfg.Batch, cfg.Layers, cfg.Hidden, cfg.Warmup = 5, 64, 1, 8, 0
	box := must(autoregressive.FitBox(Banana{}.Sample(1000, train.NewStream(1, "scale").Rand)))
	tr := must(autoregressive.NewTrainer(must(autoregressive.NewPoints(cfg, box, train.NewStream(1, "init").Rand))))
	learn(t, tr, Banana{}, cfg.Options())
	same(t, tr.Average().(*autoregressive.Points), must(autoregressive.Load(cfg, reload(t, tr))).(*autoregressive.Points))
}

func TestAutoregressiveText(t *testing.T) {
	text := strings.Repeat("the cat sat on the mat. ", 50)
	cfg := autoregressive.DefaultTextConfig()
	cfg.Steps, cfg.Batch, cfg.Layers, cfg.Hidden, cfg.Heads, cfg.Context, cfg.Warmup = 5, 8, 1, 8, 2, 16, 0
	alphabet := must(autoregressive.AlphabetOf(text))
	tr := must(autoregressive.NewTrainer(must(autoregressive.NewText(cfg, alphabet, train.NewStream(1, "init").Rand))))
	learn(t, tr, must(alphabet.Windows(text, cfg.Context)), cfg.Options())
	was := tr.Average().(*autoregressive.Text)
	now := must(autoregressive.Load(cfg, reload(t, tr))).(*autoregressive.Text)
	for i, v := range now.LogProb("a cat") {
		if v != was.LogProb("a cat")[i] || !(v < 0) {
			t.Errorf("character %d has log p %g; loaded, %g", i, was.LogProb("a cat")[i], v)
		}
	}
	n := 0
	for range must(now.Continue("the ", cfg.Sampling(), train.NewStream(1, "sample").Rand)) {
		if n++; n == 20 {
			break
		}
	}
}

func TestHybrid(t *testing.T) {
	cfg := hybrid.DefaultFlowPrior()
	cfg.VAE.Steps, cfg.VAE.Batch, cfg.VAE.Layers, cfg.VAE.Hidden, cfg.VAE.Warmup = 5, 64, 1, 8, 0
	cfg.FlowLayers, cfg.FlowHidden = 2, 8
	tr := must(hybrid.NewFlowPrior(cfg, scale(), train.NewStream(1, "init").Rand))
	learn(t, tr, Banana{}, train.Options{Steps: cfg.Steps(), Batch: cfg.VAE.Batch})
	a, b := must(hybrid.LoadFlowPrior(cfg, tr.State())), must(hybrid.LoadFlowPrior(cfg, reload(t, tr)))
	if _, ok := b.(genlab.LogBounder); !ok {
		t.Error("a VAE with a flow for a prior has lost its bound")
	}
	same(t, a, b)
}
