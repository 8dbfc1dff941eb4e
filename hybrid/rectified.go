package hybrid

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/diffusion/matching"
	"genlab/internal/config"
	"genlab/standardize"
)

// RectifiedConfig holds the hyper-parameters of a model of velocities and of the rounds of rectification that follow. The
// defaults are [DefaultRectified]'s.
type RectifiedConfig struct {
	Flow       matching.Config `yaml:",inline" embed:"" default:"steps=8000 batch=512 lr=0.005 warmup=200 ema=0.998"`
	Rounds     int             `yaml:"rounds" default:"1" range:"[1, 4]" help:"rounds of rectification" group:"reflow" main:""`
	RoundSteps int             `yaml:"round-steps" default:"8000" range:"[1, inf)" help:"training steps of a round" group:"reflow" main:""`
	RoundLR    float64         `yaml:"round-lr" default:"0.003" range:"(0, inf)" help:"peak learning rate of a round" group:"reflow"`
	PairNFE    int             `yaml:"pair-nfe" default:"40" range:"[2, inf) even" help:"network evaluations by which the midpoint method couples noise and data" group:"reflow"`
}

// DefaultRectified returns the default hyper-parameters.
func DefaultRectified() RectifiedConfig { return config.Default[RectifiedConfig]() }

// Validate returns an error that names the first invalid setting.
func (c RectifiedConfig) Validate() error {
	return cmp.Or(config.Check(&c), c.Flow.Validate(), c.round().Validate())
}

// Steps returns the number of training steps of all stages.
func (c RectifiedConfig) Steps() int { return c.Flow.Steps + c.Rounds*c.RoundSteps }

// round returns the configuration of a round, whose network is the flow's.
func (c RectifiedConfig) round() matching.Config {
	r := c.Flow
	r.Steps, r.LR, r.FinalLR = c.RoundSteps, c.RoundLR, min(c.Flow.FinalLR, c.RoundLR)
	r.TimeStd = 0 // uniform: the velocity of a rectified flow has as much to it at any time
	return r
}

// Rectified trains a model of velocities by flow matching and then rectifies it, round by round [liu2023]: the next model
// learns the velocity of straight lines between noise and the points to which the last one transports it. Trajectories
// do not cross, so the lines hardly do, and the new trajectories are straighter: fewer steps follow them. The marginal
// distribution is that of the last model's samples, with its errors.
type Rectified struct {
	*Stages
	trainers []*matching.Trainer
}

// NewRectified returns a trainer that has taken no step, for points that scale standardises. It returns an error if cfg
// is invalid.
func NewRectified(cfg RectifiedConfig, scale standardize.Map, rng *rand.Rand) (r *Rectified, err error) {
	r = new(Rectified)
	r.Stages, err = newStages(cfg, r.plan(cfg, scale), rng)
	return r, err
}

// ResumeRectified returns a trainer that continues from a saved State after a number of steps. It returns an error if the
// saved tensors do not fit cfg.
func ResumeRectified(cfg RectifiedConfig, saved []checkpoint.Tensor, steps int) (r *Rectified, err error) {
	r = new(Rectified)
	r.Stages, err = resumeStages(r.plan(cfg, standardize.Map{}), saved, steps)
	return r, err
}

// plan returns the stages; resuming needs no scale.
func (r *Rectified) plan(cfg RectifiedConfig, scale standardize.Map) []stage {
	r.trainers = make([]*matching.Trainer, 1+cfg.Rounds)
	stages := []stage{newStage("flow", cfg.Flow.Steps, &r.trainers[0],
		func(_ *mat.Dense, rng *rand.Rand) (*matching.Trainer, error) {
			return then(matching.NewTrainer)(matching.New(cfg.Flow, scale, rng))
		},
		resuming(matching.Resume, cfg.Flow))}
	for k := 1; k <= cfg.Rounds; k++ {
		var into *rectification
		stages = append(stages, newStage(roundName(k), cfg.RoundSteps, &into,
			func(*mat.Dense, *rand.Rand) (*rectification, error) {
				c, err := newRectification(cfg, r.trainers[k-1].Average())
				if err == nil {
					r.trainers[k] = c.Trainer
				}
				return c, err
			},
			func(saved []checkpoint.Tensor, steps int) (*rectification, error) {
				c, err := resumeRectification(cfg, r.trainers[k-1].Average(), saved, steps)
				if err == nil {
					r.trainers[k] = c.Trainer
				}
				return c, err
			}))
	}
	return stages
}

func roundName(k int) string { return fmt.Sprintf("round%d", k) }

// Average returns the model of the last stage that has begun, with its EMA weights.
func (r *Rectified) Average() *matching.Model {
	for _, t := range slices.Backward(r.trainers) {
		if t != nil {
			return t.Average()
		}
	}
	return nil
}

// RectifiedModel is the model of the last round that has begun, with those before it.
type RectifiedModel struct {
	*matching.Model
	Rounds []*matching.Model // the flow, and then a model for each round
}

// LoadRectified returns the models in a trainer's saved State, with their EMA weights. It returns an error if the saved
// tensors do not fit cfg.
func LoadRectified(cfg RectifiedConfig, saved []checkpoint.Tensor) (*RectifiedModel, error) {
	m, err := matching.Load(cfg.Flow, checkpoint.Out("flow", saved))
	if err != nil {
		return nil, err
	}
	all := &RectifiedModel{m, []*matching.Model{m}}
	for k := 1; k <= cfg.Rounds; k++ {
		own := checkpoint.Out(roundName(k), saved)
		if len(own) == 0 {
			break
		}
		if all.Model, err = matching.Load(cfg.round(), without("pairs", own)); err != nil {
			return nil, err
		}
		all.Rounds = append(all.Rounds, all.Model)
	}
	return all, nil
}

// Pairs of noise and data are made for some batches at a time, and used more than once: transport costs more than a step.
const (
	pairBatches = 8
	pairEpochs  = 12
)

// rectification is a round: a trainer on the pairs of the last model.
type rectification struct {
	*matching.Trainer
	cfg         RectifiedConfig
	teacher     *matching.Model
	data, noise *mat.Dense // of the batches that are used now; standardised
}

func newRectification(cfg RectifiedConfig, teacher *matching.Model) (*rectification, error) {
	m, err := teacher.WithConfig(cfg.round())
	if err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	t, err := matching.NewTrainer(m)
	return wrapRectification(cfg, teacher, t), err
}

func wrapRectification(cfg RectifiedConfig, teacher *matching.Model, t *matching.Trainer) *rectification {
	n, d := pairBatches*cfg.Flow.Batch, teacher.Dim()
	return &rectification{t, cfg, teacher, mat.NewDense(n, d, nil), mat.NewDense(n, d, nil)}
}

// Learn implements genlab.Learner. It uses no data.
func (r *rectification) Learn(_ *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	at := r.Steps() % (pairBatches * pairEpochs)
	if at == 0 {
		r.pair(rng)
	}
	n, d := r.cfg.Flow.Batch, r.teacher.Dim()
	lo := at % pairBatches * n
	times := make([]float64, n)
	for i := range times {
		times[i] = (float64(i) + rng.Float64()) / float64(n)
	}
	part := func(x *mat.Dense) *mat.Dense { return x.Slice(lo, lo+n, 0, d).(*mat.Dense) }
	return r.Fit(part(r.data), part(r.noise), times)
}

// pair samples noise and transports it.
func (r *rectification) pair(rng *rand.Rand) {
	n, d := r.noise.Dims()
	r.noise = normals(n, d, rng)
	r.data.Copy(r.noise)
	c := r.teacher.Config()
	c.Sampler, c.NFE = "midpoint", r.cfg.PairNFE
	s := r.teacher.SamplingWith(c)
	for range diffusion.Reverse(s.Denoiser, s.Schedule, s.Sampler, s.Grid, r.data, rng) {
	}
	// Stored as float32, so that a resumed round continues with the same numbers.
	for _, x := range []*mat.Dense{r.noise, r.data} {
		for i, v := range x.RawMatrix().Data {
			x.RawMatrix().Data[i] = float64(float32(v))
		}
	}
}

// State returns the tensors from which training resumes.
func (r *rectification) State() []checkpoint.Tensor {
	return slices.Concat(r.Trainer.State(), r.pairs())
}

// pairs returns the pairs as tensors.
func (r *rectification) pairs() (all []checkpoint.Tensor) {
	for _, part := range r.parts() {
		n, d := part.x.Dims()
		t := checkpoint.Tensor{Name: part.name, Shape: []int{n, d}, Data: make([]float32, n*d)}
		for i, v := range part.x.RawMatrix().Data {
			t.Data[i] = float32(v)
		}
		all = append(all, t)
	}
	return all
}

type pairPart struct {
	name string
	x    *mat.Dense
}

func (r *rectification) parts() []pairPart {
	return []pairPart{{"pairs/data", r.data}, {"pairs/noise", r.noise}}
}

func resumeRectification(cfg RectifiedConfig, teacher *matching.Model, saved []checkpoint.Tensor, steps int) (*rectification, error) {
	t, err := matching.Resume(cfg.round(), without("pairs", saved), steps)
	if err != nil {
		return nil, err
	}
	r := wrapRectification(cfg, teacher, t)
	pairs := r.pairs()
	if err := checkpoint.Copy(pairs, checkpoint.Under("pairs", saved)); err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	for k, part := range r.parts() {
		for i, v := range pairs[k].Data {
			part.x.RawMatrix().Data[i] = float64(v)
		}
	}
	return r, nil
}
