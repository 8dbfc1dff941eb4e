package hybrid

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/gan"
	"genlab/internal/config"
	"genlab/internal/suggest"
	"genlab/standardize"
)

// StudentObjective is what the student of an adversarial diffusion model is trained on.
type StudentObjective string

// The objectives of the student.
const (
	// DistillationOnly trains on trajectories of the teacher: a consistency model.
	DistillationOnly StudentObjective = "distilled"
	// AdversarialOnly trains against the critic, from the weights of the teacher.
	AdversarialOnly StudentObjective = "adversarial"
	// DistillationThenAdversarial trains on trajectories first, and then against the critic.
	DistillationThenAdversarial StudentObjective = "both"
)

// Choices lists the valid names.
func (StudentObjective) Choices() []string {
	return []string{string(DistillationOnly), string(AdversarialOnly), string(DistillationThenAdversarial)}
}

// UnmarshalText sets o to one of the Choices, or returns an error that lists them.
func (o *StudentObjective) UnmarshalText(text []byte) error {
	return suggest.Set("student objective", o, text)
}

// AdversarialConfig holds the hyper-parameters of a diffusion model, the student that is distilled from it,
// and the critic. The defaults are [DefaultAdversarial]'s.
type AdversarialConfig struct {
	Consistency        ConsistencyConfig `yaml:",inline" embed:"" default:"evaluations=4" main:"steps batch hidden layers student-steps evaluations"`
	StudentObjective   StudentObjective  `yaml:"student-objective" aliases:"lessons" default:"both" help:"objective of the student: distillation, adversarial training, or first one and then the other" group:"student" main:""`
	AdversarialSteps   int               `yaml:"adversarial-steps" aliases:"game-steps" default:"8000" range:"[1, inf)" help:"adversarial training steps" group:"adversarial" main:""`
	AdversarialLR      float64           `yaml:"adversarial-lr" aliases:"game-lr" default:"5e-5" range:"(0, inf)" help:"peak learning rate of the student in adversarial training" group:"adversarial" main:""`
	AdversarialEMA     float64           `yaml:"adversarial-ema" aliases:"game-ema" default:"0.999" range:"[0, 1)" help:"decay of the student's EMA weights in adversarial training" group:"adversarial"`
	CriticLR           float64           `yaml:"critic-lr" default:"0.001" range:"(0, inf)" help:"constant learning rate of the critic" group:"adversarial"`
	CriticHidden       int               `yaml:"critic-hidden" default:"64" range:"[1, 16384]" help:"width of each hidden layer of the critic" group:"adversarial"`
	CriticLayers       int               `yaml:"critic-layers" default:"5" range:"[1, 1000]" help:"number of hidden layers of the critic" group:"adversarial"`
	CriticFeatures     int               `yaml:"critic-features" default:"32" range:"[0, 4096]" help:"number of random Fourier features of the critic's input; 0 disables them" group:"adversarial"`
	CriticFeatureScale float64           `yaml:"critic-feature-scale" default:"12" range:"(0, inf)" help:"standard deviation of the critic's Fourier frequencies, in radians per standard deviation of the data" group:"adversarial"`
	Objective          gan.ObjectiveName `yaml:"objective" default:"non-saturating" help:"losses of critic and student" group:"adversarial" main:""`
	Lambda             gan.Penalty       `yaml:"lambda" default:"own" help:"weight of the gradient penalty of wgan-gp and wgan-lp, at least 0; own is 0.1" group:"adversarial"`
}

// DefaultAdversarial returns the default hyper-parameters.
func DefaultAdversarial() AdversarialConfig { return config.Default[AdversarialConfig]() }

// critic returns the configuration of the critic.
func (c AdversarialConfig) critic() gan.Config {
	g := gan.DefaultConfig()
	g.Steps, g.Batch, g.LR, g.CriticRate = c.AdversarialSteps, c.Consistency.Teacher.Batch, c.CriticLR, 1
	g.Hidden, g.Layers, g.Features, g.FeatureScale = c.CriticHidden, c.CriticLayers, c.CriticFeatures, c.CriticFeatureScale
	g.Objective, g.Lambda = c.Objective, c.Lambda
	return g
}

// student returns the configuration of the student in adversarial training.
func (c AdversarialConfig) student() diffusion.Config {
	s := c.Consistency.Teacher
	s.Steps, s.LR, s.EMA = c.AdversarialSteps, c.AdversarialLR, c.AdversarialEMA
	return s
}

// Validate returns an error that names the first invalid setting.
func (c AdversarialConfig) Validate() error {
	if err := cmp.Or(config.Check(&c), c.Consistency.Validate()); err != nil {
		return err
	}
	if c.Consistency.Teacher.Conditional {
		return errors.New("conditional is true, but the critic is not conditioned on labels: leave it at false")
	}
	if err := c.student().Validate(); err != nil {
		return fmt.Errorf("the student in adversarial training: %w", err)
	}
	return c.critic().Validate() // of which the objective and lambda are unchecked
}

// Steps returns the number of training steps of all stages.
func (c AdversarialConfig) Steps() int {
	switch c.StudentObjective {
	case DistillationOnly:
		return c.Consistency.Steps()
	case AdversarialOnly:
		return c.Consistency.Teacher.Steps + c.AdversarialSteps
	}
	return c.Consistency.Steps() + c.AdversarialSteps
}

// AdversarialDiffusion trains a diffusion model, distils it into a student, and fine-tunes the student
// against a critic that discriminates its samples from data [sauer2023]. Critic and student take turns; the
// student is trained at the noise levels of multistep sampling, on its own samples.
type AdversarialDiffusion struct {
	*Stages
	base    Consistency         // teacher and student
	trainer *adversarialTrainer // nil until its stage
}

// NewAdversarial returns a trainer that has taken no step, for points that scale standardises. It returns an
// error if cfg is invalid.
func NewAdversarial(cfg AdversarialConfig, scale standardize.Map, rng *rand.Rand) (a *AdversarialDiffusion, err error) {
	a = new(AdversarialDiffusion)
	a.Stages, err = newStages(cfg, a.plan(cfg, scale), rng)
	return a, err
}

// ResumeAdversarial returns a trainer that continues from a saved State after a number of steps. It returns
// an error if the saved tensors do not fit cfg.
func ResumeAdversarial(cfg AdversarialConfig, saved []checkpoint.Tensor, steps int) (*AdversarialDiffusion, error) {
	scale, err := standardize.FromState("scale", checkpoint.Out("teacher", saved))
	if err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	a := new(AdversarialDiffusion)
	a.Stages, err = resumeStages(a.plan(cfg, scale), saved, steps)
	return a, err
}

// plan returns the stages of a consistency model, or of its teacher alone, and the adversarial one.
func (a *AdversarialDiffusion) plan(cfg AdversarialConfig, scale standardize.Map) []stage {
	all := a.base.plan(cfg.Consistency, scale, 0)
	from := func() *diffusion.Model { return a.base.student.student.Average() }
	switch cfg.StudentObjective {
	case DistillationOnly:
		return all
	case AdversarialOnly:
		all, from = all[:1], func() *diffusion.Model { return a.base.teacher.Average() }
	}
	return append(all, newStage("game", cfg.AdversarialSteps, &a.trainer,
		func(_ *mat.Dense, rng *rand.Rand) (*adversarialTrainer, error) {
			return newAdversarialTrainer(cfg, from(), scale, rng)
		},
		func(saved []checkpoint.Tensor, steps int) (*adversarialTrainer, error) {
			return resumeAdversarialTrainer(cfg, from(), scale, saved, steps)
		}))
}

// LoadAdversarial returns the model with the EMA weights of a trainer's saved State; before the adversarial
// stage it is that of [LoadConsistency]. It returns an error if the saved tensors do not fit cfg.
func LoadAdversarial(cfg AdversarialConfig, saved []checkpoint.Tensor) (*ConsistencyModel, error) {
	m, err := LoadConsistency(cfg.Consistency, saved)
	if err != nil {
		return nil, err
	}
	if rest := checkpoint.Out("game", saved); len(rest) > 0 {
		m.Student, err = diffusion.Load(cfg.student(), checkpoint.Out("student", rest))
	}
	return m, err
}
