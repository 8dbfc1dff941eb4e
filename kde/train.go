package kde

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/standardize"
	"genlab/train"
)

// Trainer fits a model: its first batches are the centres, each further one moves the bandwidth.
type Trainer struct {
	cfg   Config
	model *Model
}

// NewTrainer returns a trainer that has taken no step, for points standardised by scale. It fails where
// the configuration is out of its ranges, or leaves no batch for the bandwidth.
func NewTrainer(cfg Config, scale standardize.Map) (*Trainer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("kde: %w", err)
	}
	if cfg.Steps*cfg.Batch <= cfg.Centres {
		return nil, fmt.Errorf("kde: centres is %d, but must be below steps times batch, which is %d", cfg.Centres, cfg.Steps*cfg.Batch)
	}
	// Silverman's rule for normal data, up to a constant, is where the bandwidth starts.
	d := float64(len(scale.Shift))
	h2 := float64(float32(math.Pow(float64(cfg.Centres), -2/(d+4))))
	return &Trainer{cfg, &Model{scale: scale, h2: h2}}, nil
}

// Options are those of the whole training.
func (t *Trainer) Options() train.Options { return t.cfg.Options() }

// Model is the estimate as it is: one whose first batch has not been seen has no centres.
func (t *Trainer) Model() *Model { return t.model }

// Learn implements genlab.Learner. Its one value is the squared bandwidth, in variances of the data.
func (t *Trainer) Learn(batch *mat.Dense, _ *rand.Rand) (genlab.Losses, error) {
	n, d := batch.Dims()
	if n != t.cfg.Batch || d != t.model.Dim() {
		panic(fmt.Sprintf("kde: a batch of %d x %d for a trainer of %d x %d", n, d, t.cfg.Batch, t.model.Dim()))
	}
	z := mat.DenseCopyOf(batch)
	t.model.scale.FromData(z)
	for i := range n {
		if len(t.model.centres) == t.cfg.Centres {
			if i == 0 {
				h2 := t.cfg.Memory*t.model.h2 + (1-t.cfg.Memory)*t.model.expected(z)
				t.model.h2 = float64(float32(max(h2, 1e-12)))
			}
			break
		}
		c := slices.Clone(z.RawRowView(i))
		for j, v := range c {
			c[j] = float64(float32(v)) // as a checkpoint keeps it
		}
		t.model.centres = append(t.model.centres, c)
	}
	if math.IsNaN(t.model.h2) {
		return nil, fmt.Errorf("the bandwidth is %v", t.model.h2)
	}
	return genlab.Losses{{Name: "squared_bandwidth", Value: t.model.h2}}, nil
}

// State is all that training needs to go on: the centres so far, the bandwidth, the standardisation.
func (t *Trainer) State() []checkpoint.Tensor {
	m := t.model
	state := append(m.scale.State("scale"), checkpoint.Tensor{Name: "squared_bandwidth", Data: []float32{float32(m.h2)}})
	if len(m.centres) == 0 {
		return state
	}
	centres := checkpoint.Tensor{Name: "centres", Shape: []int{len(m.centres), m.Dim()}}
	for _, c := range m.centres {
		for _, v := range c {
			centres.Data = append(centres.Data, float32(v))
		}
	}
	return append(state, centres)
}

// Resume returns a trainer that continues from a saved State. It fails where the state is not one of
// such a trainer. The number of steps is in the state.
func Resume(cfg Config, saved []checkpoint.Tensor, _ int) (*Trainer, error) {
	scale, err := standardize.FromState("scale", saved)
	if err != nil {
		return nil, fmt.Errorf("kde: %w", err)
	}
	t, err := NewTrainer(cfg, scale)
	if err != nil {
		return nil, err
	}
	m, d := t.model, len(scale.Shift)
	m.h2 = 0
	for _, s := range saved {
		switch {
		case s.Name == "squared_bandwidth" && len(s.Data) == 1:
			m.h2 = float64(s.Data[0])
		case s.Name == "centres" && len(s.Shape) == 2 && s.Shape[1] == d && s.Shape[0] <= cfg.Centres:
			for i := range s.Shape[0] {
				c := make([]float64, d)
				for j := range c {
					c[j] = float64(s.Data[i*d+j])
				}
				m.centres = append(m.centres, c)
			}
		}
	}
	if !(m.h2 > 0) {
		return nil, fmt.Errorf("kde: missing squared_bandwidth, or one of %v", m.h2)
	}
	return t, nil
}

// Load returns the model out of a trainer's saved State. It fails as Resume does.
func Load(cfg Config, saved []checkpoint.Tensor) (*Model, error) {
	t, err := Resume(cfg, saved, 0)
	if err != nil {
		return nil, err
	}
	return t.model, nil
}
