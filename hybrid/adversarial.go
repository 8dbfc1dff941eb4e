package hybrid

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/gan"
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

// AllLessons lists the names in the order shown to users.
func AllLessons() []string { return []string{string(Distilled), string(Adversarial), string(Both)} }

// UnmarshalText accepts the names of AllLessons.
func (l *Lessons) UnmarshalText(text []byte) error {
	if err := suggest.Name("lessons", string(text), AllLessons()); err != nil {
		return err
	}
	*l = Lessons(text)
	return nil
}

// MarshalText returns the name.
func (l Lessons) MarshalText() ([]byte, error) { return []byte(l), nil }

// AdversarialConfig describes a teacher, its student and the critic of both their samples. Its
// defaults are DefaultAdversarial's.
type AdversarialConfig struct {
	Consistency        ConsistencyConfig `yaml:",inline" embed:""`
	Lessons            Lessons           `yaml:"lessons" help:"what the student learns from: distilled, adversarial or both"`
	GameSteps          int               `yaml:"game-steps" help:"turns of student and critic, at least 1"`
	GameLR             float64           `yaml:"game-lr" help:"peak learning rate of the student there, above 0; falls to 0 along a cosine"`
	GameEMA            float64           `yaml:"game-ema" help:"decay there of the average of its weights that samples, in [0, 1)"`
	CriticLR           float64           `yaml:"critic-lr" help:"learning rate of the critic, above 0; it does not fall"`
	CriticHidden       int               `yaml:"critic-hidden" help:"width of each hidden layer of the critic, at least 1"`
	CriticLayers       int               `yaml:"critic-layers" help:"its hidden layers, at least 1"`
	CriticFeatures     int               `yaml:"critic-features" help:"random frequencies of its Fourier features, 0 for none"`
	CriticFeatureScale float64           `yaml:"critic-feature-scale" help:"standard deviation of those frequencies, in radians a standard deviation of the data, above 0"`
	Objective          gan.ObjectiveName `yaml:"objective" help:"game: wgan-gp, wgan-lp, minimax or non-saturating"`
	Lambda             gan.Penalty       `yaml:"lambda" help:"weight of the gradient penalty of wgan-gp and wgan-lp, at least 0; own is 0.1"`
}

// DefaultAdversarial returns the defaults.
func DefaultAdversarial() AdversarialConfig {
	own := gan.DefaultConfig()
	c := AdversarialConfig{
		Consistency: DefaultConsistency(), Lessons: Both, GameSteps: 8000, GameLR: 5e-5, GameEMA: 0.999, CriticLR: 1e-3,
		CriticHidden: own.Hidden, CriticLayers: own.Layers, CriticFeatures: own.Features, CriticFeatureScale: 12,
		Objective: "non-saturating", Lambda: own.Lambda,
	}
	c.Consistency.Evaluations = 4
	return c
}

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
	if err := cmp.Or(c.Consistency.Validate(), new(Lessons).UnmarshalText([]byte(c.Lessons))); err != nil {
		return err
	}
	if c.Consistency.Teacher.Conditional {
		return errors.New("conditional is true, but the critic of an adversarial diffusion sees no labels: leave it false")
	}
	for _, r := range []struct {
		key   string
		value float64
		ok    bool
		want  string
	}{
		{"game-steps", float64(c.GameSteps), c.GameSteps >= 1, "at least 1"},
		{"game-lr", c.GameLR, c.GameLR > 0 && !math.IsInf(c.GameLR, 0), "a number above 0"},
		{"game-ema", c.GameEMA, c.GameEMA >= 0 && c.GameEMA < 1, "in [0, 1)"},
		{"critic-lr", c.CriticLR, c.CriticLR > 0 && !math.IsInf(c.CriticLR, 0), "a number above 0"},
		{"critic-hidden", float64(c.CriticHidden), c.CriticHidden >= 1 && c.CriticHidden <= 1<<14, "1 to 16384"},
		{"critic-layers", float64(c.CriticLayers), c.CriticLayers >= 1 && c.CriticLayers <= 1000, "1 to 1000"},
		{"critic-features", float64(c.CriticFeatures), c.CriticFeatures >= 0 && c.CriticFeatures <= 1<<12, "0 to 4096"},
		{"critic-feature-scale", c.CriticFeatureScale, c.CriticFeatureScale > 0 && !math.IsInf(c.CriticFeatureScale, 0), "a number above 0"},
	} {
		if !r.ok {
			return fmt.Errorf("%s is %v, but must be %s", r.key, r.value, r.want)
		}
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
