package models

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/autoregressive"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/flow"
	"genlab/gan"
	"genlab/gentest"
	"genlab/hybrid"
	"genlab/kde"
	"genlab/nn"
	"genlab/standardize"
	"genlab/train"
	"genlab/vae"
)

// units is the map x -> s·x + b.
type units struct {
	s float64
	b [2]float64
}

func (u units) Apply(x *mat.Dense) *mat.Dense {
	y := mat.DenseCopyOf(x)
	y.Apply(func(_, j int, v float64) float64 { return u.s*v + u.b[j] }, x)
	return y
}

func (u units) Undo(y *mat.Dense) *mat.Dense {
	x := mat.DenseCopyOf(y)
	x.Apply(func(_, j int, v float64) float64 { return (v - u.b[j]) / u.s }, y)
	return x
}

// moons are the moons in other units.
type moons struct{ units }

func (m moons) Sample(n int, rng *rand.Rand) *mat.Dense {
	return m.Apply(datasets.Moons(0.1).Sampler.Sample(n, rng))
}

// logp is a log density, or a bound with fixed noise; nil without either.
type logp func(x mat.Matrix) []float64

// tiny is a paradigm that trains for a few steps on moons in some units and comes back from a checkpoint.
type tiny struct {
	name  string
	train func(data moons, scale standardize.Map) (genlab.Sampler, logp, error)
}

type learner interface {
	genlab.Learner
	State() []checkpoint.Tensor
}

// fit trains and returns what is loaded from the bytes of the checkpoint.
func fit[M any](t learner, err error, data moons, o train.Options, load func([]checkpoint.Tensor) (M, error)) (m M, _ error) {
	if err != nil {
		return m, err
	}
	rng := gentest.Rand(3)
	for range o.Steps {
		if _, err := t.Learn(data.Sample(o.Batch, rng), rng); err != nil {
			return m, err
		}
	}
	b, err := checkpoint.Encode(&checkpoint.Checkpoint{Tensors: t.State()})
	if err != nil {
		return m, err
	}
	saved, err := checkpoint.Decode(b)
	if err != nil {
		return m, err
	}
	return load(saved.Tensors)
}

// with joins a constructor of models and one of their trainers.
func with[M any, T learner](m M, err error, trainer func(M) (T, error)) (learner, error) {
	if err != nil {
		return nil, err
	}
	return trainer(m)
}

func bound(m *vae.Model) logp {
	return func(x mat.Matrix) []float64 { return m.Importance(5).LogBound(x, gentest.Rand(5)) }
}

// calm sets a few steps of gradient descent. Adam divides a gradient by its size, also one that is
// rounding alone, and so turns the last bits of the data into steps.
func calm(s *train.Settings) {
	s.Steps, s.Batch, s.Optimizer, s.LR, s.FinalLR, s.Warmup, s.WeightDecay, s.EMA = 10, 64, nn.UseSGD, 1e-3, 1e-3, 0, 0, 0
}

var paradigms = []tiny{
	{"flow", func(data moons, scale standardize.Map) (genlab.Sampler, logp, error) {
		c := flow.DefaultConfig()
		Flow.Tiny(&c)
		calm(&c.Settings)
		m, err := flow.New(c, scale, gentest.Rand(1))
		tr, err := with(m, err, flow.NewTrainer)
		m, err = fit(tr, err, data, c.Options(), func(s []checkpoint.Tensor) (*flow.Model, error) { return flow.Load(c, s) })
		if err != nil {
			return nil, nil, err
		}
		return m, m.LogProb, nil
	}},
	{"diffusion", func(data moons, scale standardize.Map) (genlab.Sampler, logp, error) {
		c := diffusion.DefaultConfig()
		Diffusion.Tiny(&c)
		calm(&c.Settings)
		m, err := diffusion.New(c, scale, gentest.Rand(1))
		tr, err := with(m, err, diffusion.NewTrainer)
		m, err = fit(tr, err, data, c.Options(), func(s []checkpoint.Tensor) (*diffusion.Model, error) { return diffusion.Load(c, s) })
		if err != nil {
			return nil, nil, err
		}
		return m, m.ProbabilityFlow().LogProb, nil
	}},
	{"vae", func(data moons, scale standardize.Map) (genlab.Sampler, logp, error) {
		c := vae.DefaultConfig()
		VAE.Tiny(&c)
		calm(&c.Settings)
		m, err := vae.New(c, scale, gentest.Rand(1))
		tr, err := with(m, err, vae.NewTrainer)
		m, err = fit(tr, err, data, c.Options(), func(s []checkpoint.Tensor) (*vae.Model, error) { return vae.Load(c, s) })
		if err != nil {
			return nil, nil, err
		}
		return m, bound(m), nil
	}},
	{"gan", func(data moons, scale standardize.Map) (genlab.Sampler, logp, error) {
		c := gan.DefaultConfig()
		GAN.Tiny(&c)
		calm(&c.Settings)
		c.LR, c.FinalLR = 1e-4, 1e-4 // two networks after each other
		m, err := gan.New(c, scale, gentest.Rand(1))
		tr, err := with(m, err, gan.NewTrainer)
		m, err = fit(tr, err, data, c.Options(), func(s []checkpoint.Tensor) (*gan.Model, error) { return gan.Load(c, s) })
		if err != nil {
			return nil, nil, err
		}
		return m, nil, nil
	}},
	{"autoregressive", func(data moons, _ standardize.Map) (genlab.Sampler, logp, error) {
		c := autoregressive.DefaultConfig()
		Autoregressive.Tiny(&c)
		calm(&c.Settings)
		c.Base = 8
		lo, hi := data.Apply(mat.NewDense(1, 2, []float64{-1.7, -1.2})), data.Apply(mat.NewDense(1, 2, []float64{2.8, 1.7}))
		box := autoregressive.Box{XMin: lo.At(0, 0), XMax: hi.At(0, 0), YMin: lo.At(0, 1), YMax: hi.At(0, 1)}
		m, err := autoregressive.NewPoints(c, box, gentest.Rand(1))
		if err != nil {
			return nil, nil, err
		}
		tr, err := autoregressive.NewTrainer(m)
		m, err = fit(tr, err, data, c.Options(), func(s []checkpoint.Tensor) (*autoregressive.Points, error) {
			m, err := autoregressive.Load(c, s)
			p, _ := m.(*autoregressive.Points)
			return p, err
		})
		if err != nil {
			return nil, nil, err
		}
		return m, m.LogProb, nil
	}},
	{"flow-prior", func(data moons, scale standardize.Map) (genlab.Sampler, logp, error) {
		c := FlowPrior.Defaults()
		FlowPrior.Tiny(&c)
		calm(&c.VAE.Settings)
		tr, err := hybrid.NewFlowPrior(c, scale, gentest.Rand(1))
		m, err := fit(tr, err, data, c.VAE.Options(), func(s []checkpoint.Tensor) (hybrid.SizedSampler, error) {
			return hybrid.LoadFlowPrior(c, s)
		})
		if err != nil {
			return nil, nil, err
		}
		return m, bound(m.(*vae.Model)), nil
	}},
	{"kde", func(data moons, scale standardize.Map) (genlab.Sampler, logp, error) {
		c := kde.DefaultConfig()
		KDE.Tiny(&c)
		c.Centres, c.Steps, c.Batch = 200, 10, 64
		tr, err := kde.NewTrainer(c, scale)
		m, err := fit(tr, err, data, c.Options(), func(s []checkpoint.Tensor) (*kde.Model, error) { return kde.Load(c, s) })
		if err != nil {
			return nil, nil, err
		}
		return m, m.LogProb, nil
	}},
}

// TestUnitsAndOrigin: a model trained on s·x + b gives the samples of one trained on x, mapped, and its
// log density is 2 log s less.
func TestUnitsAndOrigin(t *testing.T) {
	const n = 100
	far := [2]float64{448251.31, 5411932.77}
	home := moons{units{1, [2]float64{}}}
	x := home.Sample(n, gentest.Rand(6))
	for _, p := range paradigms {
		train := func(data moons) (*mat.Dense, []float64) {
			t.Helper()
			scale, err := standardize.Fit(data.Sample(5000, gentest.Rand(2)))
			if err != nil {
				t.Fatal(err)
			}
			q, l, err := p.train(data, scale)
			if err != nil {
				t.Fatalf("%s, %v: %v", p.name, data, err)
			}
			var density []float64
			if l != nil {
				density = l(data.Apply(x))
			}
			return data.Undo(q.Sample(n, gentest.Rand(4))), density
		}
		samples, density := train(home)
		for _, u := range []units{
			{1e-30, [2]float64{}}, {1e30, [2]float64{}}, {1, [2]float64{1e9, 1e9}}, {.02, far}, {.002, far}, {1e-6, [2]float64{1e3, 1e3}},
			{1e-46, [2]float64{}}, {1e39, [2]float64{}}, {1e30, [2]float64{1e39, -1e38}},
		} {
			t.Run(fmt.Sprintf("%s/%v", p.name, u), func(t *testing.T) {
				got, moved := train(moons{u})
				// Rounding may move a point or a choice across the edge of a cell: one row in fifty.
				off := 0
				worst := 0.0
				for i := range n {
					d := math.Max(math.Abs(got.At(i, 0)-samples.At(i, 0)), math.Abs(got.At(i, 1)-samples.At(i, 1)))
					if worst = max(worst, d); !(d < 1e-3) {
						off++
					}
				}
				if off > n/50 {
					t.Errorf("%d of %d samples differ, by up to %v", off, n, worst)
				}
				off, worst = 0, 0
				for i := range density {
					want := density[i] - 2*math.Log(u.s)
					if math.IsInf(density[i], 0) && moved[i] == density[i] {
						continue
					}
					d := math.Abs(moved[i] - want)
					if worst = max(worst, d); !(d < 5e-3) {
						off++
					}
				}
				if off > n/50 {
					t.Errorf("%d of %d log densities differ, by up to %v", off, n, worst)
				}
			})
		}
	}
}

// TestBoxFollowsUnits: the edges of a fitted box are round numbers, which other units move, but its cells
// are about as large in the moons' own units, and it has all of them.
func TestBoxFollowsUnits(t *testing.T) {
	const n = 50000
	fit := func(u units) (size, outside float64) {
		t.Helper()
		x := moons{u}.Sample(n, gentest.Rand(2))
		box, err := autoregressive.FitBox(x)
		if err != nil {
			t.Fatal(err)
		}
		if bulk := autoregressive.Bulk(x, box); bulk != box {
			t.Errorf("the bulk of %v is %v", box, bulk)
		}
		m, err := autoregressive.NewPoints(autoregressive.DefaultConfig(), box, gentest.Rand(1))
		if err != nil {
			t.Fatal(err)
		}
		dx, dy := m.CellSize()
		return dx / u.s * (dy / u.s), m.FractionOutside(x)
	}
	home, _ := fit(units{1, [2]float64{}})
	for _, u := range []units{
		{.02, [2]float64{448251.31, 5411932.77}}, {.002, [2]float64{448251.31, 5411932.77}}, {1, [2]float64{1e9, -1e9}},
		{1e-30, [2]float64{}}, {1e30, [2]float64{}}, {1e-46, [2]float64{}}, {1e200, [2]float64{}}, {1e-6, [2]float64{1e3, 1e3}},
	} {
		if size, outside := fit(u); !(size > home/1.5 && size < 1.5*home) || outside > 0 {
			t.Errorf("%v: a cell has an area of %v, at home %v; %v of the rows are outside", u, size, home, outside)
		}
	}
}
