package gan

import (
	"iter"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
)

// snapshots are the samples that the generator makes of a fixed set of latents at some training steps,
// the first before training. They are part of a trainer's state, so that a resumed run has them all.
type snapshots struct {
	steps   []int     // of each snapshot, ascending
	d       int       // coordinates of a sample
	latents []float32 // points x latent
	samples []float32 // snapshots x points x d, standardised
	taken   []float32 // the number of snapshots so far, alone
}

const (
	snapshotCount  = 48
	snapshotPoints = 600
)

func newSnapshots(cfg Config, d int, rng *rand.Rand) *snapshots {
	s := &snapshots{steps: snapshotSteps(cfg.Steps), d: d, latents: make([]float32, snapshotPoints*cfg.Latent), taken: make([]float32, 1)}
	fillNormal(s.latents, rng)
	s.samples = make([]float32, len(s.steps)*snapshotPoints*d)
	return s
}

// snapshotSteps are steps from 0 to the last, denser early, when most changes.
func snapshotSteps(last int) []int {
	steps := []int{0}
	for i := range snapshotCount {
		done := float64(i) / (snapshotCount - 1)
		steps = append(steps, int(math.Round(done*done*float64(last))))
	}
	return slices.Compact(steps)
}

// take records the samples of m if there is a snapshot at this step.
func (s *snapshots) take(step int, m *Model) {
	if i, ok := slices.BinarySearch(s.steps, step); ok {
		m.run(s.latents, s.of(i))
		s.taken[0] = float32(i + 1)
	}
}

func (s *snapshots) of(i int) []float32 {
	size := snapshotPoints * s.d
	return s.samples[i*size : (i+1)*size]
}

// state returns the live memory under prefix. The names are those of all checkpoints.
func (s *snapshots) state(prefix string) []checkpoint.Tensor {
	return []checkpoint.Tensor{
		{Name: prefix + "/latents", Shape: []int{snapshotPoints, len(s.latents) / snapshotPoints}, Data: s.latents},
		{Name: prefix + "/images", Shape: []int{len(s.steps), snapshotPoints, s.d}, Data: s.samples},
		{Name: prefix + "/taken", Shape: []int{1}, Data: s.taken},
	}
}

// Snapshots yields, for some training steps from 0 on, the step and the samples G(z) of that step for a
// fixed set of latents: n x d in the data's coordinates.
func (m *Model) Snapshots() iter.Seq2[int, *mat.Dense] {
	return func(yield func(int, *mat.Dense) bool) {
		for i, step := range m.snapshots.steps[:int(m.snapshots.taken[0])] {
			x := mat.NewDense(snapshotPoints, m.snapshots.d, widen(m.snapshots.of(i)))
			m.scale.ToData(x)
			if !yield(step, x) {
				return
			}
		}
	}
}
