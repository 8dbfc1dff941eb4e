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

// adversarialTrainer trains a student and a critic of its samples in turns. The critic takes the index of the
// evaluation that a sample comes from as an additional input; otherwise errors of the student at different
// evaluations could cancel.
type adversarialTrainer struct {
	student *diffusion.FineTuner
	critic  *gan.CriticTrainer
	grid    []float64 // the times of the student's evaluations, and 0
	levels  []float32 // log(σ/α) there
}

// newAdversarialTrainer returns a trainer that has taken no step, of a student with the weights of a model.
func newAdversarialTrainer(cfg AdversarialConfig, from *diffusion.Model, scale standardize.Map, rng *rand.Rand) (*adversarialTrainer, error) {
	g := &adversarialTrainer{grid: (&ConsistencyModel{Student: from, cfg: cfg.Consistency}).Sampling(cfg.Consistency.Evaluations).Grid}
	g.levels = noiseLevels(from.Schedule(), g.grid)
	indexed := standardize.Map{Shift: append(slices.Clone(scale.Shift), 0), Scale: append(slices.Clone(scale.Scale), 1)}
	critic, err := gan.NewCritic(cfg.critic(), indexed, rng)
	if err != nil {
		return nil, err
	}
	if g.critic, err = gan.NewCriticTrainer(critic, cfg.critic(), critic.FakeInput); err != nil {
		return nil, err
	}
	g.student, err = diffusion.NewFineTuner(from, cfg.student(), g.loss())
	return g, err
}

// loss returns the student's loss, that of the critic's opponent.
func (g *adversarialTrainer) loss() diffusion.Loss {
	return diffusion.Loss{Name: "student", Weight: 1, Build: diffusion.WithInput("evaluation", 1, g.critic.GeneratorLoss)}
}

// Learn implements genlab.Learner: a step of the critic on the batch and as many samples of the student, and
// one of the student at the noisy points of those samples.
func (g *adversarialTrainer) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	return g.critic.RestoreOnError(func() (genlab.Losses, error) {
		n, d := batch.Dims()
		p := g.rollout(n, d, rng)
		data, made, at := mat.NewDense(n, d+1, nil), g.critic.Input("fake"), g.student.Input("evaluation")
		for i, k := range p.evaluation {
			copy(data.RawRowView(i), batch.RawRowView(i))
			data.Set(i, d, float64(k))
			copy(made[i*(d+1):], p.denoised[i*d:(i+1)*d])
			made[i*(d+1)+d], at[i] = k, k
		}
		losses, err := g.critic.Learn(data, rng)
		if err != nil {
			return nil, err
		}
		own, err := g.student.Fit(p.noisy, p.u, nil)
		if err != nil {
			return nil, fmt.Errorf("student: %w", err)
		}
		return append(losses, own...), nil
	})
}

// rollout holds samples that were stopped at an evaluation, counted from 0: the noisy points there (n x d), of
// noise levels u, and the denoised ones (n x d).
type rollout struct{ noisy, u, denoised, evaluation []float32 }

// rollout samples n points from the current student, an equal part of them stopped at each evaluation, so
// that it is trained at its own noise levels and on its own errors.
func (g *adversarialTrainer) rollout(n, d int, rng *rand.Rand) (p rollout) {
	model := g.student.Model()
	r := recorder{Denoiser: model}
	for range diffusion.Reverse(&r, model.Schedule(), MultistepConsistency{}, g.grid, normals(n, d, rng), rng) {
	}
	for i := range n {
		k := i * len(r.denoised) / n
		p.u, p.evaluation = append(p.u, g.levels[k]), append(p.evaluation, float32(k))
		for j := range d {
			p.noisy, p.denoised = append(p.noisy, float32(r.noisy[k].At(i, j))), append(p.denoised, float32(r.denoised[k].At(i, j)))
		}
	}
	return p
}

// recorder is a denoiser that records its inputs and outputs.
type recorder struct {
	diffusion.Denoiser
	noisy, denoised []*mat.Dense
}

// Denoise implements diffusion.Denoiser.
func (r *recorder) Denoise(dst, x *mat.Dense, t float64) {
	r.noisy = append(r.noisy, mat.DenseCopyOf(x))
	r.Denoiser.Denoise(dst, x, t)
	r.denoised = append(r.denoised, mat.DenseCopyOf(dst))
}

// State returns the tensors from which training resumes.
func (g *adversarialTrainer) State() []checkpoint.Tensor {
	return slices.Concat(checkpoint.In("student", g.student.State()), checkpoint.In("critic", g.critic.State()))
}

// resumeAdversarialTrainer continues from a saved State after a number of steps.
func resumeAdversarialTrainer(cfg AdversarialConfig, from *diffusion.Model, scale standardize.Map, saved []checkpoint.Tensor, steps int) (*adversarialTrainer, error) {
	g, err := newAdversarialTrainer(cfg, from, scale, rand.New(rand.NewPCG(0, 0))) // the weights are replaced
	if err != nil {
		return nil, err
	}
	if err := g.critic.Restore(checkpoint.Out("critic", saved), steps); err != nil {
		return nil, err
	}
	g.student, err = diffusion.ResumeFineTuner(cfg.student(), from.Components(), checkpoint.Out("student", saved), steps, g.loss())
	return g, err
}
