package diffusion

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/internal/nn"
	"genlab/internal/state"
)

// Regression fits a denoiser to answers that are given for noisy points, whatever they mean: the
// mean of the data behind a point for denoising, where its path ends for distillation. Its loss is
// the mean of sqrt(|answer - D(x, u)|² + c²) - c in standardised coordinates, the pseudo-Huber
// loss: a squared error near the answer, a distance far from it.
type Regression struct {
	model, average *Model
	huber          float64
	step           *nn.Step
	adam           *nn.Adam
	rate           nn.Rate
}

// NewRegression returns one that has taken no step and begins as a model: cfg is that model's but
// for steps, batch, rates and sampling.
func NewRegression(from *Model, cfg Config, huber float64) (*Regression, error) {
	if !(huber > 0) {
		return nil, fmt.Errorf("diffusion: a regression with a scale of %v, want above 0", huber)
	}
	r := &Regression{huber: huber}
	for _, m := range []**Model{&r.model, &r.average} {
		var err error
		if *m, err = from.like(cfg); err != nil {
			return nil, err
		}
	}
	var err error
	d := r.model.dim()
	r.step, err = nn.NewShardedStep(r.model.net.Parameters(), cfg.Batch, 1, r.model.parts.shardRows(), func(g *nn.Graph) G.Nodes {
		off := nn.MulCol(nn.Sub(predict(g, r.model.net, d, r.model.parts.Width()), g.Input("target", d)), g.Input("gain", 1))
		loss := nn.Sqrt(nn.Shift(huber*huber, nn.RowSum(nn.Square(off))))
		return G.Nodes{nn.Shift(-huber, nn.Mean(loss))}
	})
	if err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	adam := nn.DefaultAdam
	adam.Clip = cfg.Clip
	r.adam = nn.NewAdam(r.model.net.Parameters(), adam)
	r.rate = nn.Cosine{Peak: cfg.LR, Warmup: cfg.Warmup, Steps: cfg.Steps}
	return r, nil
}

// Average is the fitted model: its weights are an exponential moving average.
func (r *Regression) Average() *Model { return r.average }

// Fit takes a step towards the answers (batch x d) for the noisy points x (batch x d) at the
// noise levels u = log(sigma/alpha) (batch), all standardised, in contexts as a network sees them
// (batch x the context's width; nil for a model without).
func (r *Regression) Fit(x, u, contexts, answers []float32) (genlab.Losses, error) {
	n, d, width := r.model.cfg.Batch, r.model.dim(), r.model.parts.Width()
	if len(x) != n*d || len(u) != n || len(contexts) != n*width || len(answers) != n*d {
		panic(fmt.Sprintf("diffusion: %d, %d, %d and %d values for a regression of %d rows of %d in contexts of %d",
			len(x), len(u), len(contexts), len(answers), n, d, width))
	}
	if width > 0 {
		copy(r.step.Input("context"), contexts)
	}
	copy(r.step.Input("x"), x)
	copy(r.step.Input("noise level"), u)
	target, gain := r.step.Input("target"), r.step.Input("gain")
	for i, u := range u {
		ratio := math.Exp(float64(u))
		alpha := 1 / math.Sqrt(1+ratio*ratio)
		a, b := r.model.cfg.Prediction.data(alpha, ratio*alpha) // D = a·x + b·(the network's output)
		gain[i] = float32(b)
		for j := range d {
			target[i*d+j] = float32((float64(answers[i*d+j]) - a*float64(x[i*d+j])) / b)
		}
	}
	losses, err := r.step.Gradient()
	if err != nil {
		return nil, err
	}
	r.step.Update(r.adam, r.rate.At(r.adam.Steps()), &nn.EMA{Average: r.average.net.Parameters(), Decay: r.model.cfg.EMA})
	return genlab.Losses{{Name: "loss", Value: losses[0]}}, nil
}

// Steps is the number of steps taken.
func (r *Regression) Steps() int { return r.adam.Steps() }

// State is what a Trainer's is, and Load takes it as one.
func (r *Regression) State() []state.Tensor {
	return stateOf(r.model, r.average, r.adam)
}

// ResumeRegression returns a regression that continues from a saved State after the given number of steps.
func ResumeRegression(cfg Config, parts Parts, huber float64, saved []state.Tensor, steps int) (*Regression, error) {
	m, err := fromState(cfg, parts, saved)
	if err != nil {
		return nil, err
	}
	r, err := NewRegression(m, cfg, huber)
	if err != nil {
		return nil, err
	}
	if err := state.Copy(r.State(), saved); err != nil {
		return nil, fmt.Errorf("diffusion: %w", err)
	}
	r.adam.SetSteps(steps)
	return r, nil
}
