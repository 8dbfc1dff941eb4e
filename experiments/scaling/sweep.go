package main

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/autoregressive"
	"genlab/diffusion"
	"genlab/flow"
	"genlab/gan"
	"genlab/metrics"
	"genlab/nn"
	"genlab/standardize"
	"genlab/vae"
)

// sweep is a kind of work at several sizes.
type sweep struct {
	name, axis string
	sizes      []int
	threads    []int
	work       func(size int) (func(), error)
}

var both, one = []int{1, 2}, []int{1}

func sweeps() []sweep {
	dims, counts := []int{2, 4, 8, 16, 32, 64}, []int{1e3, 1e4, 1e5, 1e6, 1e7, 1e8}
	s := []sweep{
		{"training step, batch 256", "width", []int{16, 32, 64, 128, 256, 512, 1024, 2048}, both, func(h int) (func(), error) { return network(h, 256) }},
		{"training step, hidden 128", "batch", []int{16, 64, 256, 1024, 4096, 16384}, both, func(b int) (func(), error) { return network(128, b) }},
		{"vae, samples", "points", counts, both, sample},
		{"flow, log-density", "points", counts[:5], both, density},
		{"energy distance", "points", []int{1000, 3000, 10000, 30000}, both, energy},
	}
	for _, name := range []string{"diffusion", "flow", "gan", "vae"} {
		s = append(s, sweep{name + ", training step", "dimension", dims, one, func(d int) (func(), error) { return step(name, d, 256, 128) }})
	}
	for _, name := range []string{"diffusion", "flow", "gan", "vae", "autoregressive"} {
		s = append(s, sweep{name + ", training step, hidden 128", "cores, batch", []int{256, 1024}, both, func(b int) (func(), error) { return step(name, 2, b, 128) }})
	}
	return s
}

func source() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func normals(n, d int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i := range x.RawMatrix().Data {
		x.RawMatrix().Data[i] = rng.NormFloat64()
	}
	return x
}

// identity standardises nothing, in d dimensions.
func identity(d int) standardize.Map {
	m := standardize.Map{Shift: make([]float64, d), Scale: make([]float64, d)}
	for i := range d {
		m.Scale[i] = 1
	}
	return m
}

// network is a step of the noise-prediction network with three hidden layers and Adam.
func network(hidden, batch int) (func(), error) {
	rng := source()
	var ps nn.Params
	net := nn.NewMLP(&ps, "layer", []int{34, hidden, hidden, hidden, 2}, nn.SiLU, nn.Xavier, rng)
	s, err := nn.NewStep(&ps, batch, func(g *nn.Graph) G.Nodes {
		return G.Nodes{nn.MSE(net.Apply(g, g.Input("x", 34)), g.Input("target", 2))}
	})
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"x", "target"} {
		in := s.Input(name)
		for i := range in {
			in[i] = float32(rng.NormFloat64())
		}
	}
	adam := nn.NewAdam(&ps, nn.DefaultAdam)
	return func() {
		if _, err := s.Gradient(); err != nil {
			panic(err)
		}
		s.Update(adam, 1e-3, nil)
	}, nil
}

// step is a step of a model with its default settings but the batch and the width.
func step(name string, d, batch, hidden int) (func(), error) {
	rng, scale := source(), identity(d)
	var learner genlab.Learner
	var err error
	switch name {
	case "diffusion":
		c := diffusion.DefaultConfig()
		c.Batch, c.Hidden = batch, hidden
		var m *diffusion.Model
		if m, err = diffusion.New(c, scale, rng); err == nil {
			learner, err = diffusion.NewTrainer(m)
		}
	case "flow":
		c := flow.DefaultConfig()
		c.Batch, c.Hidden = batch, hidden
		var m *flow.Model
		if m, err = flow.New(c, scale, rng); err == nil {
			learner, err = flow.NewTrainer(m)
		}
	case "gan":
		c := gan.DefaultConfig()
		c.Batch, c.Hidden = batch, hidden
		var m *gan.Model
		if m, err = gan.New(c, scale, rng); err == nil {
			learner, err = gan.NewTrainer(m)
		}
	case "vae":
		c := vae.DefaultConfig()
		c.Batch, c.Hidden = batch, hidden
		var m *vae.Model
		if m, err = vae.New(c, scale, rng); err == nil {
			learner, err = vae.NewTrainer(m)
		}
	default:
		c := autoregressive.DefaultConfig()
		c.Batch, c.Hidden = batch, hidden
		var m *autoregressive.Points
		if m, err = autoregressive.NewPoints(c, autoregressive.Box{XMin: -4, XMax: 4, YMin: -4, YMax: 4}, rng); err == nil {
			learner, err = autoregressive.NewTrainer(m)
		}
	}
	if err != nil {
		return nil, err
	}
	points := normals(batch, d, rng)
	return func() {
		if _, err := learner.Learn(points, rng); err != nil {
			panic(err)
		}
	}, nil
}

// portion is the number of points that are in memory at a time.
const portion = 100000

// sample generates points with a VAE, a portion at a time.
func sample(n int) (func(), error) {
	rng := source()
	m, err := vae.New(vae.DefaultConfig(), identity(2), rng)
	return func() {
		for left := n; left > 0; left -= portion {
			m.Sample(min(left, portion), rng)
		}
	}, err
}

// density computes the log-density of points with a flow, a portion at a time.
func density(n int) (func(), error) {
	m, err := flow.New(flow.DefaultConfig(), identity(2), source())
	x := normals(min(n, portion), 2, source())
	return func() {
		for left := n; left > 0; left -= portion {
			m.LogProb(x)
		}
	}, err
}

// energy computes the energy distance of two samples of n points, which takes all pairs.
func energy(n int) (func(), error) {
	x, y := normals(n, 2, source()), normals(n, 2, source())
	return func() { metrics.EnergyDistance(x, y) }, nil
}
