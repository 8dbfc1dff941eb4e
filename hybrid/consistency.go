package hybrid

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/diffusion"
	"genlab/internal/affine"
	"genlab/internal/state"
)

// ConsistencyConfig describes a teacher and its student. Its defaults are DefaultConsistency's.
type ConsistencyConfig struct {
	Teacher      diffusion.Config `yaml:",inline" embed:""`
	StudentSteps int              `yaml:"student-steps" help:"steps of the distillation, at least 1"`
	StudentLR    float64          `yaml:"student-lr" help:"its peak learning rate, above 0"`
	TeacherNFE   int              `yaml:"teacher-nfe" help:"evaluations of the teacher on a path from noise to data, odd, at least 3"`
	Huber        float64          `yaml:"huber" help:"distance below which an error counts squared, in standard deviations, above 0"`
	Evaluations  int              `yaml:"evaluations" help:"evaluations of a sample of the student, at least 1"`
	Renoise      float64          `yaml:"renoise" help:"sigma/alpha that a second evaluation begins from, in standard deviations, in (0.002, 100]"`
}

// DefaultConsistency returns the defaults.
func DefaultConsistency() ConsistencyConfig {
	c := ConsistencyConfig{
		Teacher: diffusion.DefaultConfig(), StudentSteps: 40000, StudentLR: 1e-3, TeacherNFE: 35, Huber: 0.01, Evaluations: 1, Renoise: 0.1,
	}
	c.Teacher.Steps, c.Teacher.Batch = 20000, 256
	c.Teacher.Sampler, c.Teacher.Spacing, c.Teacher.NFE = "heun", diffusion.Karras, 35
	return c
}

// Validate names the first field that is out of its range.
func (c ConsistencyConfig) Validate() error {
	if err := c.Teacher.Validate(); err != nil {
		return err
	}
	if c.Teacher.Conditional {
		return fmt.Errorf("conditional is true, but the student has no labels")
	}
	for _, r := range []struct {
		key   string
		value float64
		ok    bool
		want  string
	}{
		{"student-steps", float64(c.StudentSteps), c.StudentSteps >= 1, "at least 1"},
		{"student-lr", c.StudentLR, c.StudentLR > 0 && !math.IsInf(c.StudentLR, 0), "a number above 0"},
		{"teacher-nfe", float64(c.TeacherNFE), c.TeacherNFE >= 3 && c.TeacherNFE%2 == 1, "odd, at least 3"},
		{"huber", c.Huber, c.Huber >= 1e-4 && c.Huber <= 1e3, "1e-4 to 1000"},
		{"evaluations", float64(c.Evaluations), c.Evaluations >= 1 && c.Evaluations <= 1000, "1 to 1000"},
		{"renoise", c.Renoise, c.Renoise > leastRenoise && c.Renoise <= 100, "above 0.002, at most 100"},
	} {
		if !r.ok {
			return fmt.Errorf("%s is %v, but must be %s", r.key, r.value, r.want)
		}
	}
	return nil
}

// Steps is the number of steps of the whole training.
func (c ConsistencyConfig) Steps() int { return c.Teacher.Steps + c.StudentSteps }

// student is the configuration of the student: the teacher's network.
func (c ConsistencyConfig) student() diffusion.Config {
	s := c.Teacher
	s.Steps, s.LR = c.StudentSteps, c.StudentLR
	return s
}

// Renoise is the multi-step sampling of a consistency model [song2023] (alg. 1): each evaluation
// ends in data, which fresh noise takes to the next time.
type Renoise struct{}

func (Renoise) String() string { return "consistency" }

// Begin implements diffusion.Sampler.
func (Renoise) Begin(den diffusion.Denoiser, sched diffusion.Schedule) diffusion.Step {
	return func(x *mat.Dense, t, s float64, rng *rand.Rand) {
		den.Denoise(x, x, t)
		alpha, sigma := sched.At(s)
		for i, v := range x.RawMatrix().Data {
			if x.RawMatrix().Data[i] = alpha * v; sigma > 0 {
				x.RawMatrix().Data[i] += sigma * rng.NormFloat64()
			}
		}
	}
}

// leastRenoise is the noise of the last evaluation of many.
const leastRenoise = 0.01

// ConsistencyModel is a student: a Sampler of one evaluation or of several, and nothing else.
type ConsistencyModel struct {
	Student, Teacher *diffusion.Model
	cfg              ConsistencyConfig
}

// Sampling is the student in a number of evaluations: the first from pure noise, the second from
// Config.Renoise, any further at even steps of the logarithm below it.
func (m *ConsistencyModel) Sampling(evaluations int) diffusion.Sampling {
	s := m.Student.Sampling()
	s.Sampler, s.Grid = Renoise{}, []float64{1}
	for i := 1; i < evaluations; i++ {
		part := float64(i-1) / float64(max(1, evaluations-2))
		noise := m.cfg.Renoise * math.Pow(min(leastRenoise*3, m.cfg.Renoise)/m.cfg.Renoise, part)
		s.Grid = append(s.Grid, diffusion.TimeOf(s.Schedule, noise))
	}
	s.Grid = append(s.Grid, 0)
	return s
}

// Sample draws n x d points, in the data's coordinates.
func (m *ConsistencyModel) Sample(n int, rng *rand.Rand) *mat.Dense {
	return m.Sampling(m.cfg.Evaluations).Sample(n, rng)
}

// Params is the number of trained parameters of the student.
func (m *ConsistencyModel) Params() int { return m.Student.Params() }

// Consistency trains a diffusion model, and then its student to say at every point of a path of
// the teacher's probability flow where the path ends [song2023].
//
// The paths are short enough here to be followed to their ends, so the student learns from the ends
// and not from its own guesses one level lower.
type Consistency struct {
	cfg     ConsistencyConfig
	teacher *diffusion.Trainer
	student *diffusion.Regression // nil until the teacher is done
	paths   pool
}

// pool is points of paths, their noise levels and where the paths end, in the order in which
// they are learned from.
type pool struct{ x, u, ends []float32 }

const (
	poolBatches = 16 // of a pool
	perPath     = 4  // points of a path in a pool, the first of them pure noise
)

// NewConsistency returns a trainer that has taken no step, for points standardised by scale.
func NewConsistency(cfg ConsistencyConfig, scale affine.Map, rng *rand.Rand) (*Consistency, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	m, err := diffusion.New(cfg.Teacher, scale, rng)
	if err != nil {
		return nil, err
	}
	t, err := diffusion.NewTrainer(m)
	return &Consistency{cfg: cfg, teacher: t}, err
}

// Learn implements genlab.Learner, with the loss of whoever learns. The student needs no data: its
// batches are paths of the teacher.
func (c *Consistency) Learn(batch *mat.Dense, rng *rand.Rand) (losses genlab.Losses, err error) {
	step := c.teacher.Steps()
	if step < c.cfg.Teacher.Steps {
		return c.teacher.Learn(batch, rng)
	}
	if c.student == nil {
		if c.student, err = diffusion.NewRegression(c.teacher.Average(), c.cfg.student(), c.cfg.Huber); err != nil {
			return nil, err
		}
	}
	n, d := batch.Dims()
	at := c.student.Steps() % poolBatches * n
	if at == 0 {
		c.paths = c.follow(n*poolBatches, d, rng)
	}
	losses, err = c.student.Fit(c.paths.x[at*d:(at+n)*d], c.paths.u[at:at+n], nil, c.paths.ends[at*d:(at+n)*d])
	for i := range losses {
		losses[i].Name = "student_" + losses[i].Name
	}
	return losses, err
}

// follow fills a pool with n points of paths from noise to data. Paths stop at times of their own
// pool, so that the student learns of all levels.
func (c *Consistency) follow(n, d int, rng *rand.Rand) pool {
	s := c.teacher.Average().Sampling()
	s.Sampler, s.Scale = diffusion.Heun{}, affine.Identity(d)
	s.Grid = diffusion.Karras.Grid(s.Schedule, (c.cfg.TeacherNFE+1)/2, 0)
	for i, shift := 1, rng.Float64(); i < len(s.Grid)-2; i++ {
		s.Grid[i] += shift * (s.Grid[i+1] - s.Grid[i])
	}
	var way []*mat.Dense
	for _, x := range s.Trajectory((n+perPath-1)/perPath, rng) {
		way = append(way, mat.DenseCopyOf(x))
	}
	last := len(way) - 1
	p := pool{x: make([]float32, 0, n*d), u: make([]float32, 0, n), ends: make([]float32, 0, n*d)}
	for i := range n {
		at := 0
		if i%perPath > 0 {
			at = 1 + rng.IntN(last-1) // the end itself has nothing to learn
		}
		alpha, sigma := s.Schedule.At(s.Grid[at])
		p.u = append(p.u, float32(math.Log(sigma/alpha)))
		for j, v := range way[at].RawRowView(i / perPath) {
			p.x = append(p.x, float32(v))
			p.ends = append(p.ends, float32(way[last].At(i/perPath, j)))
		}
	}
	return p
}

// State is all that training needs to go on.
func (c *Consistency) State() []state.Tensor {
	all := state.In("teacher", c.teacher.State())
	if c.student == nil {
		return all
	}
	values := func(name string, v []float32) state.Tensor {
		return state.Tensor{Name: name, Shape: []int{len(v)}, Data: v}
	}
	return slices.Concat(all, state.In("student", c.student.State()), state.In("paths", []state.Tensor{
		values("x", c.paths.x), values("levels", c.paths.u), values("ends", c.paths.ends),
	}))
}

// ResumeConsistency returns a trainer that continues from a saved State after the given number of steps.
func ResumeConsistency(cfg ConsistencyConfig, saved []state.Tensor, steps int) (*Consistency, error) {
	c, before := &Consistency{cfg: cfg}, min(steps, cfg.Teacher.Steps)
	var err error
	if c.teacher, err = diffusion.Resume(cfg.Teacher, state.Out("teacher", saved), before); err != nil || steps == before {
		return c, err
	}
	if c.student, err = diffusion.ResumeRegression(cfg.student(), diffusion.Parts{}, cfg.Huber, state.Out("student", saved), steps-before); err != nil {
		return nil, err
	}
	d := c.teacher.Average().Dim()
	n := cfg.Teacher.Batch * poolBatches
	c.paths = pool{make([]float32, n*d), make([]float32, n), make([]float32, n*d)}
	if err := state.Copy(c.State()[len(c.State())-3:], state.Under("paths", saved)); err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	return c, nil
}

// LoadConsistency returns the averaged student, with its teacher, out of a trainer's saved State. Before
// the distillation the student is the teacher.
func LoadConsistency(cfg ConsistencyConfig, saved []state.Tensor) (*ConsistencyModel, error) {
	m := &ConsistencyModel{cfg: cfg}
	var err error
	if m.Teacher, err = diffusion.Load(cfg.Teacher, state.Out("teacher", saved)); err != nil {
		return nil, err
	}
	m.Student = m.Teacher
	if rest := state.Out("student", saved); len(rest) > 0 {
		m.Student, err = diffusion.Load(cfg.student(), rest)
	}
	return m, err
}
