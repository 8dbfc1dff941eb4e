package hybrid

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/gan"
	"genlab/standardize"
)

// game is a student of few evaluations and a critic of its samples, in turns. The critic sees
// beside a point at which evaluation it was made, so that a student that errs early cannot make up
// for it by the opposite later.
type game struct {
	student *diffusion.Tuning
	critic  *gan.CriticTrainer
	grid    []float64 // the times at which the student is asked, and 0
	levels  []float32 // log(sigma/alpha) at those
}

// newGame returns one at its beginning, of a student with a model's weights.
func newGame(cfg AdversarialConfig, from *diffusion.Model, scale standardize.Map, rng *rand.Rand) (*game, error) {
	g := &game{grid: (&ConsistencyModel{Student: from, cfg: cfg.Consistency}).Sampling(cfg.Consistency.Evaluations).Grid}
	g.levels = levelsOf(from.Schedule(), g.grid)
	seen := standardize.Map{Shift: append(slices.Clone(scale.Shift), 0), Scale: append(slices.Clone(scale.Scale), 1)}
	critic, err := gan.NewCritic(cfg.critic(), seen, rng)
	if err != nil {
		return nil, err
	}
	if g.critic, err = gan.NewCriticTrainer(critic, cfg.critic(), critic.FakeInput); err != nil {
		return nil, err
	}
	g.student, err = diffusion.NewTuning(from, cfg.player(), g.cost())
	return g, err
}

func (g *game) cost() diffusion.Loss {
	return diffusion.Loss{Name: "student", Weight: 1, Of: diffusion.Beside("evaluation", 1, g.critic.GeneratorLoss)}
}

// Learn implements genlab.Learner: a step of the critic, on the batch and as many points that the
// student makes, and one of the student that makes them again.
func (g *game) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	return g.critic.RestoreOnError(func() (genlab.Losses, error) {
		n, d := batch.Dims()
		p := g.play(n, d, rng)
		data, made, at := mat.NewDense(n, d+1, nil), g.critic.Input("fake"), g.student.Input("evaluation")
		for i, k := range p.evaluation {
			copy(data.RawRowView(i), batch.RawRowView(i))
			data.Set(i, d, float64(k))
			copy(made[i*(d+1):], p.made[i*d:(i+1)*d])
			made[i*(d+1)+d], at[i] = k, k
		}
		losses, err := g.critic.Learn(data, rng)
		if err != nil {
			return nil, err
		}
		own, err := g.student.Fit(p.shown, p.u, nil)
		if err != nil {
			return nil, fmt.Errorf("student: %w", err)
		}
		return append(losses, own...), nil
	})
}

// played is samples that were stopped at an evaluation, counted from 0: what the student was shown
// there (n x d, at noise levels u), and what it made of that (n x d).
type played struct{ shown, u, made, evaluation []float32 }

// play draws n samples of the student as it is, an equal part of them stopped at each of its
// evaluations. So it learns at the noise that it is sampled at, on its own mistakes.
func (g *game) play(n, d int, rng *rand.Rand) (p played) {
	model := g.student.Model()
	w := watched{Denoiser: model}
	for range diffusion.Reverse(&w, model.Schedule(), Renoise{}, g.grid, normals(n, d, rng), rng) {
	}
	for i := range n {
		k := i * len(w.made) / n
		p.u, p.evaluation = append(p.u, g.levels[k]), append(p.evaluation, float32(k))
		for j := range d {
			p.shown, p.made = append(p.shown, float32(w.shown[k].At(i, j))), append(p.made, float32(w.made[k].At(i, j)))
		}
	}
	return p
}

// watched is a denoiser with a memory of what it was shown, and what it made of that.
type watched struct {
	diffusion.Denoiser
	shown, made []*mat.Dense
}

// Denoise implements diffusion.Denoiser.
func (w *watched) Denoise(dst, x *mat.Dense, t float64) {
	w.shown = append(w.shown, mat.DenseCopyOf(x))
	w.Denoiser.Denoise(dst, x, t)
	w.made = append(w.made, mat.DenseCopyOf(dst))
}

// State is all that training needs to go on.
func (g *game) State() []checkpoint.Tensor {
	return slices.Concat(checkpoint.In("student", g.student.State()), checkpoint.In("critic", g.critic.State()))
}

// resumeGame continues from a saved State after the given number of steps.
func resumeGame(cfg AdversarialConfig, from *diffusion.Model, scale standardize.Map, saved []checkpoint.Tensor, steps int) (*game, error) {
	g, err := newGame(cfg, from, scale, rand.New(rand.NewPCG(0, 0))) // the draws are replaced
	if err != nil {
		return nil, err
	}
	if err := g.critic.Restore(checkpoint.Out("critic", saved), steps); err != nil {
		return nil, err
	}
	g.student, err = diffusion.ResumeTuning(cfg.player(), from.Parts(), checkpoint.Out("student", saved), steps, g.cost())
	return g, err
}
