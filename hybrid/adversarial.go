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

// Lessons are what the student of an adversarial diffusion learns from.
type Lessons string

// The lessons there are.
const (
	// Distilled is the teacher's paths alone: a consistency student.
	Distilled Lessons = "distilled"
	// Adversarial is the critic alone, from the teacher's weights on.
	Adversarial Lessons = "adversarial"
	// Both is the teacher's paths, and then the critic.
	Both Lessons = "both"
)

// Choices lists the names in the order shown to users.
func (Lessons) Choices() []string {
	return []string{string(Distilled), string(Adversarial), string(Both)}
}

// UnmarshalText accepts the Choices.
func (l *Lessons) UnmarshalText(text []byte) error { return suggest.Set("lessons", l, text) }

// AdversarialConfig describes a teacher, its student and the critic of both their samples. Its
// defaults are DefaultAdversarial's.
type AdversarialConfig struct {
	Consistency        ConsistencyConfig `yaml:",inline" embed:"" default:"evaluations=4"`
	Lessons            Lessons           `yaml:"lessons" default:"both" help:"training of the student: distillation, the critic, or one after the other" group:"student" main:""`
	GameSteps          int               `yaml:"game-steps" default:"8000" range:"[1, inf)" help:"adversarial training steps" group:"game" main:""`
	GameLR             float64           `yaml:"game-lr" default:"5e-5" range:"(0, inf)" help:"peak learning rate of the student in adversarial training" group:"game" main:""`
	GameEMA            float64           `yaml:"game-ema" default:"0.999" range:"[0, 1)" help:"decay of the student's EMA weights in adversarial training" group:"game"`
	CriticLR           float64           `yaml:"critic-lr" default:"0.001" range:"(0, inf)" help:"learning rate of the critic; it does not fall" group:"game"`
	CriticHidden       int               `yaml:"critic-hidden" default:"64" range:"[1, 16384]" help:"width of each hidden layer of the critic" group:"game"`
	CriticLayers       int               `yaml:"critic-layers" default:"5" range:"[1, 1000]" help:"hidden layers of the critic" group:"game"`
	CriticFeatures     int               `yaml:"critic-features" default:"32" range:"[0, 4096]" help:"number of random Fourier features of the critic's input; 0 disables them" group:"game"`
	CriticFeatureScale float64           `yaml:"critic-feature-scale" default:"12" range:"(0, inf)" help:"standard deviation of their frequencies, in radians per standard deviation of the data" group:"game"`
	Objective          gan.ObjectiveName `yaml:"objective" default:"non-saturating" help:"losses of critic and student" group:"game" main:""`
	Lambda             gan.Penalty       `yaml:"lambda" default:"own" help:"weight of the gradient penalty of wgan-gp and wgan-lp, at least 0; own is 0.1" group:"game"`
}

// DefaultAdversarial returns the defaults.
func DefaultAdversarial() AdversarialConfig { return config.Default[AdversarialConfig]() }

// critic is the configuration of the critic: of the rest, its own defaults.
func (c AdversarialConfig) critic() gan.Config {
	g := gan.DefaultConfig()
	g.Steps, g.Batch, g.LR, g.CriticRate = c.GameSteps, c.Consistency.Teacher.Batch, c.CriticLR, 1
	g.Hidden, g.Layers, g.Features, g.FeatureScale = c.CriticHidden, c.CriticLayers, c.CriticFeatures, c.CriticFeatureScale
	g.Objective, g.Lambda = c.Objective, c.Lambda
	return g
}

// player is the configuration of the student in the game.
func (c AdversarialConfig) player() diffusion.Config {
	s := c.Consistency.Teacher
	s.Steps, s.LR, s.EMA = c.GameSteps, c.GameLR, c.GameEMA
	return s
}

// Validate names the first field that is out of its range.
func (c AdversarialConfig) Validate() error {
	if err := cmp.Or(config.Check(&c), c.Consistency.Validate()); err != nil {
		return err
	}
	if c.Consistency.Teacher.Conditional {
		return errors.New("conditional is true, but the critic of an adversarial diffusion sees no labels: leave it false")
	}
	if err := c.player().Validate(); err != nil {
		return fmt.Errorf("the student against the critic: %w", err)
	}
	return c.critic().Validate() // what is left of it: the objective and lambda
}

// Steps is the number of steps of the whole training.
func (c AdversarialConfig) Steps() int {
	switch c.Lessons {
	case Distilled:
		return c.Consistency.Steps()
	case Adversarial:
		return c.Consistency.Teacher.Steps + c.GameSteps
	}
	return c.Consistency.Steps() + c.GameSteps
}

// AdversarialDiffusion trains a diffusion model, its student of few evaluations, and then the student
// against a critic that tells its samples from the data [sauer2023]: in turns, at the noise levels
// at which it is sampled, on its own samples up to there.
type AdversarialDiffusion struct {
	*Sequence
	base Consistency // teacher and student
	game *game       // nil until its turn
}

// NewAdversarial returns a trainer that has taken no step, for points standardised by scale.
func NewAdversarial(cfg AdversarialConfig, scale standardize.Map, rng *rand.Rand) (*AdversarialDiffusion, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	a := new(AdversarialDiffusion)
	var err error
	a.Sequence, err = newSequence(a.phases(cfg, scale), rng)
	return a, err
}

// ResumeAdversarial returns a trainer that continues from a saved State after the given number of steps.
func ResumeAdversarial(cfg AdversarialConfig, saved []checkpoint.Tensor, steps int) (*AdversarialDiffusion, error) {
	scale, err := standardize.FromState("scale", checkpoint.Out("teacher", saved))
	if err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	a := new(AdversarialDiffusion)
	a.Sequence, err = resumeSequence(a.phases(cfg, scale), saved, steps)
	return a, err
}

// phases are a consistency student's, or its teacher's alone, and the game.
func (a *AdversarialDiffusion) phases(cfg AdversarialConfig, scale standardize.Map) []phase {
	all := a.base.phases(cfg.Consistency, scale, 0)
	from := func() *diffusion.Model { return a.base.student.student.Average() }
	switch cfg.Lessons {
	case Distilled:
		return all
	case Adversarial:
		all, from = all[:1], func() *diffusion.Model { return a.base.teacher.Average() }
	}
	return append(all, phase{
		name: "game", steps: cfg.GameSteps,
		begin: func(_ *mat.Dense, rng *rand.Rand) (_ learner, err error) {
			a.game, err = newGame(cfg, from(), scale, rng)
			return a.game, err
		},
		resume: func(saved []checkpoint.Tensor, steps int) (_ learner, err error) {
			a.game, err = resumeGame(cfg, from(), scale, saved, steps)
			return a.game, err
		},
	})
}

// LoadAdversarial returns the averaged student, with its teacher, out of a trainer's saved State. Before
// the game it is what LoadConsistency returns.
func LoadAdversarial(cfg AdversarialConfig, saved []checkpoint.Tensor) (*ConsistencyModel, error) {
	m, err := LoadConsistency(cfg.Consistency, saved)
	if err != nil {
		return nil, err
	}
	if rest := checkpoint.Out("game", saved); len(rest) > 0 {
		m.Student, err = diffusion.Load(cfg.player(), checkpoint.Out("student", rest))
	}
	return m, err
}
