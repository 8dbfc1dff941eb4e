package diffusion

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/internal/affine"
	"genlab/internal/kernel"
	"genlab/internal/nn"
)

// Config describes a model and its training. Its defaults are DefaultConfig's.
type Config struct {
	Steps        int          `yaml:"steps" help:"training steps, at least 1"`
	Batch        int          `yaml:"batch" help:"points in a step, at least 1"`
	LR           float64      `yaml:"lr" help:"peak learning rate of Adam, above 0; falls to 0 along a cosine"`
	Warmup       int          `yaml:"warmup" help:"steps over which the learning rate rises, at least 0"`
	EMA          float64      `yaml:"ema" help:"decay of the average of the weights that samples, in [0, 1); 0 switches it off"`
	Clip         float64      `yaml:"clip" help:"largest norm of the gradient, 0 for no limit"`
	Hidden       int          `yaml:"hidden" help:"width of each hidden layer, at least 1"`
	Layers       int          `yaml:"layers" help:"hidden layers, at least 1"`
	TimeFeatures int          `yaml:"time-features" help:"sinusoidal features of the time, even, at least 2"`
	Prediction   Prediction   `yaml:"prediction" help:"what the network predicts: velocity, noise or data"`
	Schedule     ScheduleName `yaml:"schedule" help:"noise schedule: cosine or linear"`
	Levels       int          `yaml:"levels" help:"noise levels in training, the T of DDPM, at least 2"`
	Sampler      SamplerName  `yaml:"sampler" help:"sampler: ddim, ddpm, heun, dpmsolver2m or dpmsolver3m"`
	NFE          int          `yaml:"nfe" help:"network evaluations of a sample, at least 1"`
	Eta          float64      `yaml:"eta" help:"noise of DDIM sampling in [0, 1]: 0 none, 1 as DDPM"`
	Spacing      Spacing      `yaml:"spacing" help:"times of the sampling steps: time, logsnr or karras"`
}

// DefaultConfig returns the defaults, tuned on 8gaussians for two CPU cores.
func DefaultConfig() Config {
	return Config{
		Steps: 30000, Batch: 512, LR: 2e-3, Warmup: 200, EMA: 0.9995, Clip: 1,
		Hidden: 128, Layers: 3, TimeFeatures: 32, Prediction: Velocity, Schedule: "cosine", Levels: 1000,
		Sampler: "ddim", NFE: 50, Eta: 0, Spacing: UniformTime,
	}
}

// Validate names the first field that is out of its range.
func (c Config) Validate() error {
	for _, r := range []struct {
		key   string
		value float64
		ok    bool
		want  string
	}{
		{"steps", float64(c.Steps), c.Steps >= 1, "at least 1"},
		{"batch", float64(c.Batch), c.Batch >= 1 && c.Batch <= 1<<20, "1 to 1048576"},
		{"lr", c.LR, c.LR > 0 && !math.IsInf(c.LR, 0), "a number above 0"},
		{"warmup", float64(c.Warmup), c.Warmup >= 0, "at least 0"},
		{"ema", c.EMA, c.EMA >= 0 && c.EMA < 1, "in [0, 1)"},
		{"clip", c.Clip, c.Clip >= 0, "at least 0"},
		{"hidden", float64(c.Hidden), c.Hidden >= 1 && c.Hidden <= 1<<14, "1 to 16384"},
		{"layers", float64(c.Layers), c.Layers >= 1 && c.Layers <= 1000, "1 to 1000"},
		{"time-features", float64(c.TimeFeatures), c.TimeFeatures >= 2 && c.TimeFeatures%2 == 0 && c.TimeFeatures <= 1<<12, "even, 2 to 4096"},
		{"levels", float64(c.Levels), c.Levels >= 2 && c.Levels <= 1<<20, "2 to 1048576"},
		{"nfe", float64(c.NFE), c.NFE >= 1, "at least 1"},
		{"eta", c.Eta, c.Eta >= 0 && c.Eta <= 1, "in [0, 1]"},
	} {
		if !r.ok {
			return fmt.Errorf("%s is %v, but must be %s", r.key, r.value, r.want)
		}
	}
	_, _, err := c.Sampler.with(c.Eta, c.NFE)
	return cmp.Or(err,
		new(Prediction).UnmarshalText([]byte(c.Prediction)),
		new(ScheduleName).UnmarshalText([]byte(c.Schedule)),
		new(Spacing).UnmarshalText([]byte(c.Spacing)))
}

// Model is a denoising network and the distribution that its reverse process draws
// from. It is not for use by several goroutines at once.
type Model struct {
	cfg    Config
	sched  Schedule
	params nn.Params
	net    nn.MLP
	scale  affine.Map

	freqs    []float64
	features []float32 // of the time that forward is run at
	forward  *nn.Forward
	jacobian *nn.Forward
	in, out  []float32
}

// New returns a model with fresh weights for points standardised by scale.
func New(cfg Config, scale affine.Map, rng *rand.Rand) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	m := &Model{cfg: cfg, sched: cfg.Schedule.schedule(), scale: scale}
	if err := CheckSchedule(m.sched); err != nil {
		return nil, err
	}
	d := m.dim()
	widths := []int{d + cfg.TimeFeatures}
	for range cfg.Layers {
		widths = append(widths, cfg.Hidden)
	}
	m.net = nn.NewMLP(&m.params, "layer", append(widths, d), kernel.SiLU, nn.Zero, rng)
	m.freqs = frequencies(cfg.TimeFeatures / 2)
	m.features = make([]float32, cfg.TimeFeatures)
	var err error
	if m.forward, err = nn.NewForward(m.predictAtOneTime); err != nil {
		return nil, err
	}
	m.jacobian, err = nn.NewForward(m.predictWithTrace)
	return m, err
}

func (m *Model) dim() int { return len(m.scale.Shift) }

// Config returns what the model was made from.
func (m *Model) Config() Config { return m.cfg }

// Params is the number of trained parameters.
func (m *Model) Params() int { return m.params.Count() }

// Schedule is the model's noise schedule.
func (m *Model) Schedule() Schedule { return m.sched }

// frequencies fall by a constant ratio from 60 to 0.06 radians a unit of time, in the manner of
// [vaswani2017]. Faster ones, 1000 and more for a time of thousandths, let the network ripple in
// time: samples are as good, but the flow's solver needs twice the steps.
func frequencies(n int) []float64 {
	f := make([]float64, n)
	for i := range f {
		f[i] = 60 * math.Pow(1e-3, float64(i)/float64(n))
	}
	return f
}

// timeFeatures writes sin and cos of each frequency times t.
func timeFeatures(dst []float32, freqs []float64, t float64) {
	for i, f := range freqs {
		s, c := math.Sincos(f * t)
		dst[i], dst[len(freqs)+i] = float32(s), float32(c)
	}
}

// manyTimeFeatures is timeFeatures for n times, n x features, by the fast float32 functions:
// good to 4e-6.
func manyTimeFeatures(freqs []float64, t []float64) []float32 {
	k := len(freqs)
	angle, sin, cos := make([]float32, len(t)*k), make([]float32, len(t)*k), make([]float32, len(t)*k)
	for i, t := range t {
		for j, f := range freqs {
			angle[i*k+j] = float32(f * t)
		}
	}
	kernel.SinCos(angle, sin, cos)
	all := make([]float32, len(t)*2*k)
	for i := range t {
		copy(all[2*i*k:], sin[i*k:(i+1)*k])
		copy(all[(2*i+1)*k:], cos[i*k:(i+1)*k])
	}
	return all
}

// predict is the network: its Prediction for each row of noisy points and the features of their
// times.
func (m *Model) predict(g *nn.Graph) *G.Node {
	return m.net.Apply(g, g.Input("x and time", m.dim()+m.cfg.TimeFeatures))
}

// predictAtOneTime is predict where all rows are at one time: what the first layer makes of
// the time is computed once.
func (m *Model) predictAtOneTime(g *nn.Graph) G.Nodes {
	first := m.net[0]
	d := m.dim()
	time := nn.Linear(g.Table("time", 1, m.cfg.TimeFeatures, m.features), g.ParamRows(first.W, d, d+m.cfg.TimeFeatures), g.Param(first.B), kernel.Identity)
	h := nn.Linear(g.Input("x", d), g.ParamRows(first.W, 0, d), time, first.Act)
	return G.Nodes{m.net[1:].Apply(g, h)}
}

// predictWithTrace is predict at each row's own time, and the trace of its derivative by the
// point: one backward pass for each coordinate.
func (m *Model) predictWithTrace(g *nn.Graph) G.Nodes {
	first := m.net[0]
	d := m.dim()
	x := g.Input("x", d)
	time := nn.Linear(g.Input("time", m.cfg.TimeFeatures), g.ParamRows(first.W, d, d+m.cfg.TimeFeatures), g.Param(first.B), kernel.Identity)
	h := nn.Act(nn.Add(time, nn.MatMul(x, g.ParamRows(first.W, 0, d), false, false)), first.Act)
	out := m.net[1:].Apply(g, h)
	var trace *G.Node
	for j := range d {
		unit := make([]float32, g.Rows()*d)
		for i := range g.Rows() {
			unit[i*d+j] = 1
		}
		grads, err := g.Grad(out, g.Table(fmt.Sprintf("coordinate %d", j), g.Rows(), d, unit), x)
		if err != nil {
			panic(err) // the formula is fixed: it has a gradient or it has not
		}
		if own := nn.Cols(grads[0], j, j+1); trace == nil {
			trace = own
		} else {
			trace = nn.Add(trace, own)
		}
	}
	return G.Nodes{out, trace}
}

// DenoiseTrace implements Differentiable in standardised coordinates.
func (m *Model) DenoiseTrace(dst, x *mat.Dense, t, trace []float64) {
	n, d := x.Dims()
	if d != m.dim() {
		panic(fmt.Sprintf("diffusion: points of %d columns for a model of %d", d, m.dim()))
	}
	in, out, slope := make([]float32, n*d), make([]float32, n*d), make([]float32, n)
	for i := range n {
		for j, v := range x.RawRowView(i) {
			in[i*d+j] = float32(v)
		}
	}
	times := manyTimeFeatures(m.freqs, t)
	if err := m.jacobian.Run(n, nn.Columns{"x": in, "time": times}, out, slope); err != nil {
		panic(err) // shapes are fixed at New: an operation cannot fail
	}
	for i := range n {
		a, b := m.cfg.Prediction.data(m.sched.At(t[i]))
		row := dst.RawRowView(i)
		for j, v := range x.RawRowView(i) {
			row[j] = a*v + b*float64(out[i*d+j])
		}
		trace[i] = float64(d)*a + b*float64(slope[i])
	}
}

// Flow is the model's probability flow: its samples' law in the limit of many DDIM steps, with
// an exact density.
func (m *Model) Flow() Flow {
	return Flow{Denoiser: m, Schedule: m.sched, Scale: m.scale, Tolerance: DefaultTolerance}
}

// Denoise implements Denoiser in standardised coordinates.
func (m *Model) Denoise(dst, x *mat.Dense, t float64) {
	n, d := x.Dims()
	if d != m.dim() {
		panic(fmt.Sprintf("diffusion: points of %d columns for a model of %d", d, m.dim()))
	}
	if cap(m.in) < n*d {
		m.in, m.out = make([]float32, n*d), make([]float32, n*d)
	}
	xs := x.RawMatrix().Data
	in, out := m.in[:n*d], m.out[:n*d]
	for i, v := range xs[:n*d] {
		in[i] = float32(v)
	}
	timeFeatures(m.features, m.freqs, t)
	if err := m.forward.Run(n, nn.Columns{"x": in}, out); err != nil {
		panic(err) // shapes are fixed at New: an operation cannot fail
	}
	a, b := m.cfg.Prediction.data(m.sched.At(t))
	ds := dst.RawMatrix().Data
	for i, v := range out {
		ds[i] = a*xs[i] + b*float64(v)
	}
}

// Sample draws with Sampling: n x d, in the data's coordinates.
func (m *Model) Sample(n int, rng *rand.Rand) *mat.Dense { return m.Sampling().Sample(n, rng) }

// ToData maps standardised points (n x d) to the data's coordinates, in place.
func (m *Model) ToData(x *mat.Dense) { m.scale.ToData(x) }
