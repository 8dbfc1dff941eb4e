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
	"genlab/nn"
	"genlab/standardize"
)

// ConsistencyConfig holds the hyper-parameters of a diffusion model, the teacher, and of the consistency
// model that is distilled from it, the student. The defaults are [DefaultConsistency]'s.
type ConsistencyConfig struct {
	Teacher        diffusion.Config      `yaml:",inline" embed:"" default:"steps=20000 batch=256 lr=0.002 warmup=200 ema=0.9995 posterior-target=false sampler=heun spacing=karras nfe=35" main:"steps batch lr hidden layers conditional guidance"`
	StudentSteps   int                   `yaml:"student-steps" default:"40000" range:"[0, inf)" help:"training steps of the student" group:"student" main:""`
	StudentLR      float64               `yaml:"student-lr" default:"0.001" range:"(0, inf)" help:"peak learning rate of the student" group:"student" main:""`
	TeacherNFE     int                   `yaml:"teacher-nfe" default:"35" range:"[3, inf) odd" help:"network evaluations of the teacher per trajectory" group:"student"`
	TeacherSampler diffusion.SamplerName `yaml:"teacher-sampler" default:"heun" help:"sampler of the teacher's trajectories from noise; a deterministic one" group:"student"`
	Huber          float64               `yaml:"huber" default:"0.01" range:"[1e-4, 1000]" help:"threshold of the pseudo-Huber loss, in standard deviations of the data" group:"student"`
	Restarts       int                   `yaml:"restarts" default:"2" range:"[0, 30]" help:"training points at which multistep sampling restarts, for each trajectory from noise; 0 trains for one evaluation only" group:"student"`
	Evaluations    int                   `yaml:"evaluations" default:"1" range:"[1, 1000]" help:"network evaluations per sample of the student" group:"sampling" main:""`
	RestartNoise   float64               `yaml:"restart-noise" aliases:"renoise" default:"0.12" range:"(0.002, 100]" help:"noise level sigma/alpha at which multistep sampling restarts, in standard deviations of the data" group:"sampling"`
}

// DefaultConsistency returns the default hyper-parameters.
func DefaultConsistency() ConsistencyConfig { return config.Default[ConsistencyConfig]() }

// Validate returns an error that names the first invalid setting.
func (c ConsistencyConfig) Validate() error {
	if err := cmp.Or(config.Check(&c), c.Teacher.Validate()); err != nil {
		return err
	}
	if c.StudentSteps < 1 {
		return fmt.Errorf("student-steps is %d, but must be at least 1", c.StudentSteps)
	}
	if c.TeacherSampler == "ddpm" {
		return fmt.Errorf("teacher-sampler is ddpm, but its trajectories are random: use a deterministic sampler")
	}
	if c.single() && c.Evaluations > 1 {
		return fmt.Errorf("evaluations is %d, but with restarts 0 the student is trained for one only: use restarts 2", c.Evaluations)
	}
	if points := c.Teacher.Batch * poolBatches; points%c.perPath() != 0 {
		return fmt.Errorf("restarts is %d, but %d times the batch, %d points, must be a multiple of restarts + 2: use 0, 2 or 6, or another batch", c.Restarts, poolBatches, points)
	}
	if err := c.student().Validate(); err != nil {
		return fmt.Errorf("the student: %w", err)
	}
	return nil
}

// single reports whether the student is trained for one evaluation only.
func (c ConsistencyConfig) single() bool { return c.Restarts == 0 }

// Most returns the largest number of evaluations that the student is trained for.
func (c ConsistencyConfig) Most() int {
	if c.single() {
		return 1
	}
	return maxEvaluations
}

const maxEvaluations = 1000

// Steps returns the number of training steps of all stages.
func (c ConsistencyConfig) Steps() int { return c.Teacher.Steps + c.StudentSteps }

// student returns the configuration of the student, whose network is the teacher's.
func (c ConsistencyConfig) student() diffusion.Config {
	s := c.Teacher
	s.Steps, s.LR = c.StudentSteps, c.StudentLR
	return s
}

// MultistepConsistency is multistep consistency sampling [song2023] (alg. 1), a diffusion.Sampler: each
// evaluation maps to data, which fresh noise takes to the next time of the grid.
type MultistepConsistency struct{}

func (MultistepConsistency) String() string { return "consistency" }

// Begin implements diffusion.Sampler.
func (MultistepConsistency) Begin(den diffusion.Denoiser, sched diffusion.Schedule) diffusion.Step {
	return func(x *mat.Dense, t, s float64, rng *rand.Rand) {
		den.Denoise(x, x, t)
		diffuse(x, sched, s, rng)
	}
}

// diffuse samples x_t given x_0 = x, in place.
func diffuse(x *mat.Dense, sched diffusion.Schedule, t float64, rng *rand.Rand) {
	alpha, sigma := sched.At(t)
	for i, v := range x.RawMatrix().Data {
		if x.RawMatrix().Data[i] = alpha * v; sigma > 0 {
			x.RawMatrix().Data[i] += sigma * rng.NormFloat64()
		}
	}
}

// minRestartNoise is the noise level σ/α of the last of many evaluations: about the scale of the finest
// structure of the datasets in the plane.
const minRestartNoise = 0.02

// restartRange returns the noise levels from which a student is trained to restart: those of Sampling, and
// a margin above, since a network is less accurate at the end of its range.
func (c ConsistencyConfig) restartRange() (least, most float64) {
	return min(minRestartNoise, c.RestartNoise), 1.25 * c.RestartNoise
}

// ConsistencyModel is a consistency model and the diffusion model that it was distilled from. It is a
// genlab.Sampler and has no density.
type ConsistencyModel struct {
	Student, Teacher *diffusion.Model
	cfg              ConsistencyConfig
}

// Config returns the configuration of the model.
func (m *ConsistencyModel) Config() ConsistencyConfig { return m.cfg }

// WithPrecision returns the model with another precision of the samplers' matrix products, over the same
// weights.
func (m *ConsistencyModel) WithPrecision(p nn.Precision) *ConsistencyModel {
	return &ConsistencyModel{m.Student.WithPrecision(p), m.Teacher.WithPrecision(p), m.cfg}
}

// Sampling returns the sampling process of a number of network evaluations, at least 1: the first from pure
// noise, the second from the noise level Config.RestartNoise, the others at noise levels that fall
// geometrically to 0.02.
func (m *ConsistencyModel) Sampling(evaluations int) diffusion.Sampling {
	s := m.Student.Sampling()
	s.Sampler, s.Grid = MultistepConsistency{}, []float64{1}
	for i := 1; i < evaluations; i++ {
		part := float64(i-1) / float64(max(1, evaluations-2))
		least, _ := m.cfg.restartRange()
		noise := m.cfg.RestartNoise * math.Pow(least/m.cfg.RestartNoise, part)
		s.Grid = append(s.Grid, diffusion.TimeOfNoise(s.Schedule, noise))
	}
	s.Grid = append(s.Grid, 0)
	return s
}

// Sample implements genlab.Sampler in Config.Evaluations network evaluations: n x d, in the data's
// coordinates. It panics if n < 1.
func (m *ConsistencyModel) Sample(n int, rng *rand.Rand) *mat.Dense {
	return m.Sampling(m.cfg.Evaluations).Sample(n, rng)
}

// Given returns the distribution given contexts, as diffusion.Model.Given does, sampled in a number of
// network evaluations. The teacher's guidance is distilled into the student and costs nothing.
func (m *ConsistencyModel) Given(context mat.Matrix, evaluations int) *diffusion.Conditioned {
	return m.Student.Given(context).WithSampler(MultistepConsistency{}, m.Sampling(evaluations).Grid)
}

// Params returns the number of trained parameters of the student.
func (m *ConsistencyModel) Params() int { return m.Student.Params() }

// Consistency trains a diffusion model, and then a student that maps any point of a trajectory of the
// teacher's probability flow to its endpoint [song2023]. For a conditional teacher the trajectories are
// those with guidance, which the student learns to follow in one evaluation [luo2023].
//
// The trajectories are integrated to their ends, so the targets are endpoints of the teacher and not
// predictions of the student, as in [song2023]. Some trajectories start from re-noised predictions of the
// student, where multistep sampling evaluates it: no trajectory from pure noise visits those.
type Consistency struct {
	*Stages
	teacher *diffusion.Trainer
	student *distillation // nil until its stage
}

// NewConsistency returns a trainer that has taken no step, for points that scale standardises, with integer
// labels below classes if the teacher is conditional. It returns an error if cfg is invalid.
func NewConsistency(cfg ConsistencyConfig, scale standardize.Map, classes int, rng *rand.Rand) (c *Consistency, err error) {
	c = new(Consistency)
	c.Stages, err = newStages(cfg, c.plan(cfg, scale, classes), rng)
	return c, err
}

// ResumeConsistency returns a trainer that continues from a saved State after a number of steps. It returns
// an error if the saved tensors do not fit cfg.
func ResumeConsistency(cfg ConsistencyConfig, saved []checkpoint.Tensor, steps int) (c *Consistency, err error) {
	c = new(Consistency)
	c.Stages, err = resumeStages(c.plan(cfg, standardize.Map{}, 0), saved, steps)
	return c, err
}

// plan returns the stages of teacher and student; resuming needs neither scale nor classes.
func (c *Consistency) plan(cfg ConsistencyConfig, scale standardize.Map, classes int) []stage {
	return []stage{
		newStage("teacher", cfg.Teacher.Steps, &c.teacher,
			func(_ *mat.Dense, rng *rand.Rand) (*diffusion.Trainer, error) {
				return then(diffusion.NewTrainer)(diffusion.NewConditional(cfg.Teacher, scale, classes, rng))
			},
			resuming(diffusion.Resume, cfg.Teacher)),
		newStage("student", cfg.StudentSteps, &c.student,
			func(*mat.Dense, *rand.Rand) (*distillation, error) { return newDistillation(cfg, c.teacher.Average()) },
			func(saved []checkpoint.Tensor, steps int) (*distillation, error) {
				return resumeDistillation(cfg, c.teacher.Average(), saved, steps)
			}),
	}
}

// LoadConsistency returns the model with the EMA weights of a trainer's saved State; before the student's
// stage the student is the teacher. It returns an error if the saved tensors do not fit cfg.
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
