package matching

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/internal/config"
	"genlab/nn"
	"genlab/standardize"
	"genlab/train"
)

// FlowMapConfig holds the hyper-parameters of a flow map, of its training and of its sampling. The defaults are
// [DefaultFlowMap]'s.
type FlowMapConfig struct {
	train.Settings  `yaml:",inline" embed:"" default:"steps=20000 batch=256 lr=0.006 warmup=200 ema=0.9995 clip=1"`
	NetworkConfig   `yaml:",inline" embed:""`
	Objective       ObjectiveName `yaml:"objective" default:"meanflow" help:"objective of the displacements over intervals of time" group:"flow map" main:""`
	Instants        float64       `yaml:"instants" default:"0.25" range:"(0, 1)" help:"share of training points with an interval of length 0, where the target is the velocity" group:"flow map"`
	Power           float64       `yaml:"power" default:"1" range:"[0, 2]" help:"exponent p of the weight 1/(squared error + 0.001)^p of a point with objective meanflow; 0 is the mean squared error" group:"flow map"`
	Halvings        int           `yaml:"halvings" default:"7" range:"[1, 20]" help:"shortest interval that objective shortcut halves, as a power of 1/2" group:"flow map"`
	PosteriorTarget bool          `yaml:"posterior-target" default:"true" help:"velocity given x_t and the batch instead of that of the point itself: same minimum, less variance" group:"flow map"`
	TimeMean        float64       `yaml:"time-mean" default:"0" range:"[-6, 6]" help:"mean of log(t/(1-t)) in training" group:"flow map"`
	TimeStd         float64       `yaml:"time-std" default:"2" range:"[0, 100]" help:"standard deviation of log(t/(1-t)) in training; 0 samples t uniformly" group:"flow map"`
	Evaluations     int           `yaml:"evaluations" default:"1" range:"[1, 1000]" help:"network evaluations per sample" group:"sampling" main:""`
}

// DefaultFlowMap returns the default hyper-parameters.
func DefaultFlowMap() FlowMapConfig { return config.Default[FlowMapConfig]() }

// Validate returns an error that names the first invalid setting.
func (c FlowMapConfig) Validate() error {
	if err := config.Check(&c); err != nil {
		return err
	}
	return c.Settings.Validate()
}

// FlowMap is a network of average velocities u(x, r, t), with which the points at time t move to those at r ≤ t along the
// straight path,
//
//	x_r = x_t - (t - r)·u(x_t, r, t),   u(x, t, t) = v(x, t).
//
// It samples in as many evaluations as the interval from 1 to 0 is cut into. It is a genlab.Sampler, and has no density.
// A FlowMap is not safe for concurrent use.
type FlowMap struct {
	*network
	cfg     FlowMapConfig
	forward *nn.Forward
	columns nn.Columns
	workers []*FlowMap // the map, and copies that share its weights
}

// NewFlowMap returns a flow map with random weights for points of len(scale.Shift) coordinates, which scale standardises.
// It returns an error if cfg is invalid.
func NewFlowMap(cfg FlowMapConfig, scale standardize.Map, rng *rand.Rand) (*FlowMap, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("matching: %w", err)
	}
	m := &FlowMap{network: newNetwork(cfg.NetworkConfig, 2, scale, rng), cfg: cfg}
	return m, m.compile()
}

func (m *FlowMap) compile() (err error) {
	m.columns, m.workers = nn.Columns{}, nil
	m.forward, err = nn.NewForward(func(g *nn.Graph) G.Nodes {
		return G.Nodes{m.predict(g, g.Input("x", m.Dim()), g.Input("level t", 1), g.Input("level r", 1))}
	})
	return err
}

// Config returns the configuration of the map.
func (m *FlowMap) Config() FlowMapConfig { return m.cfg }

// Average writes u at each row of x (n x d, standardised), from the row's time t to its time r (n values each), to dst
// (n x d), which may be x.
func (m *FlowMap) Average(dst, x *mat.Dense, r, t []float64) {
	n, d := x.Dims()
	if d != m.Dim() {
		panic(fmt.Sprintf("matching: points of %d columns for a map of %d dimensions", d, m.Dim()))
	}
	xs, ts, rs, out := make([]float32, n*d), make([]float32, n), make([]float32, n), make([]float32, n*d)
	for i := range n {
		u, _ := level(t[i])
		ts[i] = float32(u)
		u, _ = level(r[i])
		rs[i] = float32(u)
		for j, v := range x.RawRowView(i) {
			xs[i*d+j] = float32(v)
		}
	}
	m.columns["x"], m.columns["level t"], m.columns["level r"] = xs, ts, rs
	if err := m.forward.Run(n, m.columns, out); err != nil {
		panic(err) // the shapes are fixed
	}
	for i := range n {
		row := dst.RawRowView(i)
		for j := range row {
			row[j] = float64(out[i*d+j])
		}
	}
}

// FewSteps is a flow map that samples in a number of evaluations. It is a genlab.Sampler.
type FewSteps struct {
	Map         *FlowMap
	Evaluations int
}

// Sampling returns the map with another number of evaluations, at least 1.
func (m *FlowMap) Sampling(evaluations int) FewSteps { return FewSteps{m, evaluations} }

// Sample implements genlab.Sampler in Config.Evaluations network evaluations: n x d, in the data's coordinates. It
// panics if n < 1.
func (m *FlowMap) Sample(n int, rng *rand.Rand) *mat.Dense {
	return m.Sampling(m.cfg.Evaluations).Sample(n, rng)
}

// Sample implements genlab.Sampler: n x d, in the data's coordinates. It panics if n < 1.
func (s FewSteps) Sample(n int, rng *rand.Rand) *mat.Dense {
	if n < 1 || s.Evaluations < 1 {
		panic(fmt.Sprintf("matching: %d samples in %d evaluations: want at least 1 of both", n, s.Evaluations))
	}
	d := s.Map.Dim()
	x := mat.NewDense(n, d, nil)
	for i := range x.RawMatrix().Data {
		x.RawMatrix().Data[i] = rng.NormFloat64()
	}
	count := (n + chunkRows - 1) / chunkRows
	var next atomic.Int64
	var wait sync.WaitGroup
	for _, w := range s.Map.copies(min(runtime.GOMAXPROCS(0), count)) {
		wait.Go(func() {
			for k := int(next.Add(1)) - 1; k < count; k = int(next.Add(1)) - 1 {
				w.transport(x.Slice(k*chunkRows, min(n, (k+1)*chunkRows), 0, d).(*mat.Dense), s.Evaluations)
			}
		})
	}
	wait.Wait()
	s.Map.scale.ToData(x)
	return x
}

// transport moves points from t = 1 to 0 in equal steps.
func (m *FlowMap) transport(x *mat.Dense, steps int) {
	n, d := x.Dims()
	u, r, t := mat.NewDense(n, d, nil), make([]float64, n), make([]float64, n)
	grid := Uniform(steps)
	for k, s := range grid[1:] {
		for i := range n {
			r[i], t[i] = s, grid[k]
		}
		m.Average(u, x, r, t)
		for i := range n {
			row := x.RawRowView(i)
			for j, v := range u.RawRowView(i) {
				row[j] -= (grid[k] - s) * v
			}
		}
	}
}

// copies returns n maps that share the weights, each for one goroutine.
func (m *FlowMap) copies(n int) []*FlowMap {
	if m.workers == nil {
		m.workers = []*FlowMap{m}
	}
	for len(m.workers) < n {
		w := *m
		if err := w.compile(); err != nil {
			panic(err) // the same graph compiled before
		}
		m.workers = append(m.workers, &w)
	}
	return m.workers[:n]
}

func (s FewSteps) String() string { return fmt.Sprintf("flow map of %d steps", s.Evaluations) }
