package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	G "gorgonia.org/gorgonia"

	"genlab/diffusion"
	"genlab/internal/kernel"
	"genlab/lab/experiment"
	"genlab/nn"
	"genlab/standardize"
)

// workload is a kind of call at a size. Its counterparts in PyTorch and JAX are in peer_torch.py and
// peer_jax.py, and those of whole models in models_torch.py and models_jax.py.
type workload struct {
	Kind         string
	Hidden, Rows int
}

func (w workload) String() string { return fmt.Sprintf("%s %d %d", w.Kind, w.Hidden, w.Rows) }

// isModel reports whether the work is that of a model and not of a bare network.
func (w workload) isModel() bool {
	return slices.Contains([]string{"vae", "gan", "flow", "score", "draw", "text", "text-bf16"}, w.Kind)
}

// samples reports whether the work is sampling by a bare network.
func (w workload) samples() bool { return strings.HasPrefix(w.Kind, "sample") }

// skips returns whether a peer does not do the work: PyTorch with and without a fused Adam differ only in a
// step of the bare networks, and drawing from an autoregressive flow is zuko's alone, training in bfloat16
// PyTorch's, whose autocast is what its users write; GoMLX does training steps of bare networks.
func (w workload) skips(p *library) bool {
	switch p.mode {
	case "fused":
		return w.isModel() || w.samples()
	case "jit":
		return w.Kind == "draw" || w.Kind == "text-bf16"
	case "go":
		return w.Kind != "train"
	}
	return false
}

// flops returns the number of multiplications and additions in the matrix products of one call, 0 if
// unknown.
func (w workload) flops() float64 {
	widths := w.widths()
	var forward, firstLayer float64
	for i := range len(widths) - 1 {
		forward += float64(2 * w.Rows * widths[i] * widths[i+1])
	}
	firstLayer = float64(2 * w.Rows * widths[0] * widths[1])
	switch w.Kind {
	case "forward":
		return forward
	case "train": // the input needs no gradient
		return 3*forward - firstLayer
	}
	return 0 // the critic shares some of its products
}

func (w workload) widths() []int {
	h := w.Hidden
	if w.Kind == "critic" {
		return []int{2, h, h, h, 1}
	}
	return []int{34, h, h, h, 2}
}

// step returns the call to be timed.
func (w workload) step() (func(), error) {
	rng := rand.New(rand.NewPCG(1, uint64(w.Hidden)))
	if w.isModel() {
		return w.model(rng)
	}
	var ps nn.Params
	act := kernel.SiLU
	if w.Kind == "critic" {
		act = kernel.LeakyReLU
	}
	net := nn.NewMLP(&ps, "layer", w.widths(), act, nn.Xavier, rng)
	switch w.Kind {
	case "train":
		return w.learn(&ps, nn.DefaultAdam, rng, []string{"x", "target"}, func(g *nn.Graph) G.Nodes {
			return G.Nodes{nn.MSE(net.Apply(g, g.Input("x", 34)), g.Input("target", 2))}
		})
	case "critic":
		adam := nn.AdamConfig{Beta1: 0, Beta2: 0.9, Eps: 1e-8}
		return w.learn(&ps, adam, rng, []string{"real", "fake", "between"}, func(g *nn.Graph) G.Nodes {
			return criticLoss(g, net)
		})
	case "sample", "sample-bf16":
		return w.sample(rng)
	case "forward":
		f, err := nn.NewForward(func(g *nn.Graph) G.Nodes { return G.Nodes{net.Apply(g, g.Input("x", 34))} })
		if err != nil {
			return nil, err
		}
		in, out := nn.Columns{"x": normals(w.Rows*34, rng)}, make([]float32, w.Rows*2)
		return func() {
			if err := f.Run(w.Rows, in, out); err != nil {
				panic(err)
			}
		}, nil
	}
	return nil, fmt.Errorf("unknown kind of work %q", w.Kind)
}

// sampleSteps is the number of DDPM steps.
const sampleSteps = 1000

// sample samples points by DDPM with a network of the reference size, in bfloat16 where the kind says so.
func (w workload) sample(rng *rand.Rand) (func(), error) {
	c := diffusion.DefaultConfig()
	c.Hidden, c.TimeFeatures, c.Features, c.Sampler, c.NFE = w.Hidden, 32, 0, "ddpm", sampleSteps
	m, err := diffusion.New(c, standardize.Map{Shift: []float64{0, 0}, Scale: []float64{1, 1}}, rng)
	if err != nil {
		return nil, err
	}
	if w.Kind == "sample-bf16" {
		m = m.WithPrecision(nn.BFloat16)
	}
	return func() { m.Sample(w.Rows, rng) }, nil
}

// learn returns a training step with fixed inputs from N(0, 1).
func (w workload) learn(ps *nn.Params, cfg nn.AdamConfig, rng *rand.Rand, inputs []string, loss func(*nn.Graph) G.Nodes) (func(), error) {
	s, err := nn.NewStep(ps, w.Rows, loss)
	if err != nil {
		return nil, err
	}
	for _, name := range inputs {
		in := s.Input(name)
		copy(in, normals(len(in), rng))
	}
	adam := nn.NewAdam(ps, cfg)
	return func() {
		if _, err := s.Gradient(); err != nil {
			panic(err)
		}
		s.Update(adam, 1e-3, nil)
	}, nil
}

// criticLoss returns the loss of the WGAN-GP critic [gulrajani2017]: D(fake) - D(real) + 10 (|∇D(between)| - 1)².
func criticLoss(g *nn.Graph, net nn.MLP) G.Nodes {
	ones := make([]float32, g.Rows())
	for i := range ones {
		ones[i] = 1
	}
	between := g.Input("between", 2)
	slope, err := g.Grad(net.Apply(g, between), g.Table("ones", g.Rows(), 1, ones), between)
	if err != nil {
		panic(err) // the formula is fixed, and has a gradient
	}
	gap := nn.Sub(nn.Mean(net.Apply(g, g.Input("fake", 2))), nn.Mean(net.Apply(g, g.Input("real", 2))))
	return G.Nodes{nn.Add(gap, nn.Scale(10, nn.GradientPenalty(slope[0])))}
}

func normals(n int, rng *rand.Rand) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// measure returns the median time of a call in microseconds, over blocks of about 20 ms for 0.7 s after
// 0.3 s of warm-up, as the peers do.
func measure(step func()) float64 {
	start := time.Now()
	if step(); time.Since(start) > time.Second { // a long call needs no warm-up, and is a block
		return float64(time.Since(start).Nanoseconds()) / 1e3
	}
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
		step()
	}
	start = time.Now()
	step()
	block := max(1, int(20*time.Millisecond/max(1, time.Since(start))))
	var times []float64
	for end := time.Now().Add(700 * time.Millisecond); time.Now().Before(end); {
		start := time.Now()
		for range block {
			step()
		}
		times = append(times, float64(time.Since(start).Nanoseconds())/1e3/float64(block))
	}
	return experiment.Median(times)
}
