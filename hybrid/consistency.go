package hybrid

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/internal/config"
	"genlab/standardize"
)

// ConsistencyConfig describes a teacher and its student. Its defaults are DefaultConsistency's.
type ConsistencyConfig struct {
	Teacher      diffusion.Config `yaml:",inline" embed:"" default:"steps=20000 batch=256 sampler=heun spacing=karras nfe=35"`
	StudentSteps int              `yaml:"student-steps" default:"40000" range:"[0, inf)" help:"training steps of the student" group:"student" main:""`
	StudentLR    float64          `yaml:"student-lr" default:"0.001" range:"(0, inf)" help:"peak learning rate of the student" group:"student" main:""`
	TeacherNFE   int              `yaml:"teacher-nfe" default:"35" range:"[3, inf) odd" help:"network evaluations of the teacher per trajectory" group:"student"`
	Huber        float64          `yaml:"huber" default:"0.01" range:"[1e-4, 1000]" help:"distance below which an error counts squared, in standard deviations" group:"student"`
	Evaluations  int              `yaml:"evaluations" default:"1" range:"[1, 1000]" help:"network evaluations per sample of the student" group:"sampling" main:""`
	Renoise      float64          `yaml:"renoise" default:"0.12" range:"(0.002, 100]" help:"sigma/alpha from which a second evaluation starts, in standard deviations" group:"sampling"`
}

// DefaultConsistency returns the defaults.
func DefaultConsistency() ConsistencyConfig { return config.Default[ConsistencyConfig]() }

// Validate names the first field that is out of its range.
func (c ConsistencyConfig) Validate() error {
	if err := cmp.Or(config.Check(&c), c.Teacher.Validate()); err != nil {
		return err
	}
	if c.StudentSteps < 1 {
		return fmt.Errorf("student-steps is %d, but must be at least 1", c.StudentSteps)
	}
	if err := c.student().Validate(); err != nil {
		return fmt.Errorf("the student: %w", err)
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
		renoise(x, sched, s, rng)
	}
}

// renoise takes data x to a time.
func renoise(x *mat.Dense, sched diffusion.Schedule, t float64, rng *rand.Rand) {
	alpha, sigma := sched.At(t)
	for i, v := range x.RawMatrix().Data {
		if x.RawMatrix().Data[i] = alpha * v; sigma > 0 {
			x.RawMatrix().Data[i] += sigma * rng.NormFloat64()
		}
	}
}

// leastRenoise is the noise sigma/alpha, in standard deviations, that the last evaluation of many
// begins from: about that of the finest structure of data on the plane.
const leastRenoise = 0.02

// fresh is the range of noise that a student learns to go on from: what Sampling asks for, and a
// little more, since at the end of a range a network knows one side alone.
func (c ConsistencyConfig) fresh() (least, most float64) {
	return min(leastRenoise, c.Renoise), 1.25 * c.Renoise
}

// ConsistencyModel is a student: a Sampler of one evaluation or of several, and nothing else.
type ConsistencyModel struct {
	Student, Teacher *diffusion.Model
	cfg              ConsistencyConfig
}

// Config returns what the model was made from.
func (m *ConsistencyModel) Config() ConsistencyConfig { return m.cfg }

// Sampling is the student in a number of evaluations: the first from pure noise, the second from
// Config.Renoise, the last of more from leastRenoise, those between at even steps of the logarithm.
func (m *ConsistencyModel) Sampling(evaluations int) diffusion.Sampling {
	s := m.Student.Sampling()
	s.Sampler, s.Grid = Renoise{}, []float64{1}
	for i := 1; i < evaluations; i++ {
		part := float64(i-1) / float64(max(1, evaluations-2))
		least, _ := m.cfg.fresh()
		noise := m.cfg.Renoise * math.Pow(least/m.cfg.Renoise, part)
		s.Grid = append(s.Grid, diffusion.TimeOf(s.Schedule, noise))
	}
	s.Grid = append(s.Grid, 0)
	return s
}

// Sample draws n x d points, in the data's coordinates.
func (m *ConsistencyModel) Sample(n int, rng *rand.Rand) *mat.Dense {
	return m.Sampling(m.cfg.Evaluations).Sample(n, rng)
}

// Given returns the student's distribution in contexts, as diffusion.Model.Given does, with the
// guidance of its teacher, in a number of evaluations of one pass each.
func (m *ConsistencyModel) Given(context mat.Matrix, evaluations int) *diffusion.Conditioned {
	return m.Student.Given(context).By(Renoise{}, m.Sampling(evaluations).Grid)
}

// Params is the number of trained parameters of the student.
func (m *ConsistencyModel) Params() int { return m.Student.Params() }

// Consistency trains a diffusion model, and then its student to say at every point of a path of
// the teacher's probability flow where the path ends [song2023]. The paths of a conditional teacher
// are those of its guidance, which the student takes over into its one pass [luo2023].
//
// The paths are short enough here to be followed to their ends, so the student learns from the ends
// and not from its own guesses one level lower. Some begin at its own answers with fresh noise, the
// points at which it is asked again when it is sampled in several evaluations: there its mistakes
// are, which are on no path from pure noise.
type Consistency struct {
	*Sequence
	teacher *diffusion.Trainer
	student *distillation // nil until its turn
}

// NewConsistency returns a trainer that has taken no step, for points standardised by scale, with
// labels of so many classes where the teacher is conditional.
func NewConsistency(cfg ConsistencyConfig, scale standardize.Map, classes int, rng *rand.Rand) (*Consistency, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	return startConsistency(cfg, scale, classes, rng)
}

// startConsistency is NewConsistency of what has been validated: here there may be no student.
func startConsistency(cfg ConsistencyConfig, scale standardize.Map, classes int, rng *rand.Rand) (*Consistency, error) {
	c := new(Consistency)
	var err error
	c.Sequence, err = newSequence(c.phases(cfg, scale, classes), rng)
	return c, err
}

// ResumeConsistency returns a trainer that continues from a saved State after the given number of steps.
func ResumeConsistency(cfg ConsistencyConfig, saved []checkpoint.Tensor, steps int) (*Consistency, error) {
	c := new(Consistency)
	var err error
	c.Sequence, err = resumeSequence(c.phases(cfg, standardize.Map{}, 0), saved, steps)
	return c, err
}

// phases are the teacher's training and the student's; a resumed one has its scale and classes.
func (c *Consistency) phases(cfg ConsistencyConfig, scale standardize.Map, classes int) []phase {
	return []phase{{
		name: "teacher", steps: cfg.Teacher.Steps,
		begin: func(_ *mat.Dense, rng *rand.Rand) (learner, error) {
			m, err := diffusion.NewConditional(cfg.Teacher, scale, classes, rng)
			if err != nil {
				return nil, err
			}
			c.teacher, err = diffusion.NewTrainer(m)
			return c.teacher, err
		},
		resume: func(saved []checkpoint.Tensor, steps int) (_ learner, err error) {
			c.teacher, err = diffusion.Resume(cfg.Teacher, saved, steps)
			return c.teacher, err
		},
	}, {
		name: "student", steps: cfg.StudentSteps,
		begin: func(*mat.Dense, *rand.Rand) (_ learner, err error) {
			c.student, err = newDistillation(cfg, c.teacher.Average())
			return c.student, err
		},
		resume: func(saved []checkpoint.Tensor, steps int) (_ learner, err error) {
			c.student, err = resumeDistillation(cfg, c.teacher.Average(), saved, steps)
			return c.student, err
		},
	}}
}

// LoadConsistency returns the averaged student, with its teacher, out of a trainer's saved State. Before
// the distillation the student is the teacher.
func LoadConsistency(cfg ConsistencyConfig, saved []checkpoint.Tensor) (*ConsistencyModel, error) {
	m := &ConsistencyModel{cfg: cfg}
	var err error
	if m.Teacher, err = diffusion.Load(cfg.Teacher, checkpoint.Out("teacher", saved)); err != nil {
		return nil, err
	}
	m.Student = m.Teacher
	if rest := checkpoint.Out("student", saved); len(rest) > 0 {
		m.Student, err = diffusion.Load(cfg.student(), without("paths", rest))
	}
	return m, err
}
