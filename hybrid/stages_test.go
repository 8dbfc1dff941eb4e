package hybrid

import (
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/internal/config"
)

func pcg(a, b uint64) *rand.Rand { return rand.New(rand.NewPCG(a, b)) }

// learn takes steps.
func learn(t testing.TB, l genlab.Learner, dist genlab.Sampler, batch, steps int, data, noise *rand.Rand) {
	t.Helper()
	for range steps {
		if _, err := l.Learn(dist.Sample(batch, data), noise); err != nil {
			t.Fatal(err)
		}
	}
}

// copied is a State as a file would hold it: training no longer changes it.
func copied(live []checkpoint.Tensor) []checkpoint.Tensor {
	saved := slices.Clone(live)
	for i := range saved {
		saved[i].Data = slices.Clone(saved[i].Data)
	}
	return saved
}

// training is one that can be stopped and go on.
type training[T learner] struct {
	begin  func() T
	resume func(saved []checkpoint.Tensor, steps int) (T, error)
	dist   genlab.Sampler
	batch  int
	steps  int
}

// resumesBitwise asks a training that was stopped and resumed after each number of steps to end as
// one that was not. check, if there is one, sees what was saved at the stop, and both ends.
func (r training[T]) resumesBitwise(t *testing.T, stops []int, check func(at int, saved []checkpoint.Tensor, whole, again T)) {
	t.Helper()
	whole := r.begin()
	learn(t, whole, r.dist, r.batch, r.steps, pcg(1, 0), pcg(2, 0))
	for _, at := range stops {
		part, data, noise := r.begin(), pcg(1, 0), pcg(2, 0)
		learn(t, part, r.dist, r.batch, at, data, noise)
		saved := copied(part.State())
		again, err := r.resume(saved, at)
		if err != nil {
			t.Fatal(err)
		}
		learn(t, again, r.dist, r.batch, r.steps-at, data, noise)
		end := again.State()
		for i, s := range whole.State() {
			if s.Name != end[i].Name || !slices.Equal(s.Data, end[i].Data) {
				t.Errorf("resumed at %d: %s differs", at, s.Name)
			}
		}
		if check != nil {
			check(at, saved, whole, again)
		}
	}
}

// samePredictions asks two models, of which one was resumed at a step, for the same predictions.
func samePredictions(t *testing.T, at int, a, b diffusion.Denoiser) {
	t.Helper()
	x := mat.NewDense(3, 2, []float64{1, 2, 3, 4, 5, 6})
	y, z := mat.NewDense(3, 2, nil), mat.NewDense(3, 2, nil)
	a.Denoise(y, x, 0.5)
	b.Denoise(z, x, 0.5)
	if !mat.Equal(y, z) {
		t.Errorf("resumed at %d: the loaded student is another", at)
	}
}

// TestFormerKeys: configurations with the keys of earlier versions are still read.
func TestFormerKeys(t *testing.T) {
	adversarial, prior := DefaultAdversarial(), DefaultFlowPrior()
	for text, cfg := range map[string]any{
		"training-levels: discrete\nlevels: 500\nrenoise: 0.3\nlessons: adversarial\ngame-steps: 7\ngame-lr: 0.5\ngame-ema: 0.25\n": &adversarial,
		"prior: later-flow\nlater-steps: 9\n": &prior,
	} {
		if err := config.DecodeYAML("config.yaml", []byte(text), cfg); err != nil {
			t.Fatal(err)
		}
	}
	want := DefaultAdversarial()
	want.Consistency.Teacher.NoiseDistribution, want.Consistency.Teacher.Timesteps, want.Consistency.RestartNoise = "discrete", 500, 0.3
	want.StudentObjective, want.AdversarialSteps, want.AdversarialLR, want.AdversarialEMA = AdversarialOnly, 7, 0.5, 0.25
	if adversarial != want {
		t.Errorf("got %+v, want %+v", adversarial, want)
	}
	if prior.Prior != TwoStageFlow || prior.PriorSteps != 9 {
		t.Errorf("got %+v", prior)
	}
}
