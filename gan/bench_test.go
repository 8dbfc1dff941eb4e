package gan

import (
	"testing"

	"genlab/internal/affine"
)

// BenchmarkLearn is a step of training, with the defaults of all but the objective.
func BenchmarkLearn(b *testing.B) {
	for _, name := range Objectives() {
		b.Run(name, func(b *testing.B) {
			c := DefaultConfig()
			c.Objective = ObjectiveName(name)
			m, err := New(c, affine.Identity(2), pcg(1, 1))
			if err != nil {
				b.Fatal(err)
			}
			t, err := NewTrainer(m)
			if err != nil {
				b.Fatal(err)
			}
			batch := m.Sample(c.Batch*c.CriticSteps, pcg(2, 2))
			rng := pcg(3, 3)
			for b.Loop() {
				if _, err := t.Learn(batch, rng); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
