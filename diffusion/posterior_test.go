package diffusion

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/standardize"
)

// TestPosteriorTarget: the last layer begins at zero, so the first loss is the mean square of the targets. Those are
// the means of a·x_0 + b·ε over the rows of the batch, by their weights in float64, for each parameterization, with
// and without labels.
func TestPosteriorTarget(t *testing.T) {
	const n, classes = 300, 3
	for _, name := range Parameterization("").Choices() {
		for _, conditional := range []bool{false, true} {
			c := small()
			c.Batch, c.Prediction, c.Conditional = n, Parameterization(name), conditional
			scale := standardize.Map{Shift: []float64{1, -2}, Scale: []float64{2, 0.5}}
			labels := 0
			if conditional {
				labels = classes
			}
			m, err := NewConditional(c, scale, labels, pcg(1, 1))
			if err != nil {
				t.Fatal(err)
			}
			tr, err := NewTrainer(m)
			if err != nil {
				t.Fatal(err)
			}
			batch := data(n, pcg(2, 2))
			if conditional {
				labelled := mat.NewDense(n, 3, nil)
				for i := range n {
					labelled.SetRow(i, append(batch.RawRowView(i), float64(i%classes)))
				}
				batch = labelled
			}
			losses, err := tr.Learn(batch, pcg(3, 3))
			if err != nil {
				t.Fatal(err)
			}
			want := 0.0
			for i := range n {
				want += squaredTarget(tr, batch, i) / (2 * n)
			}
			if got := losses[0].Value; !(math.Abs(got-want) <= 1e-4*want) {
				t.Errorf("%s, conditional %v: mean square of the targets %v, want %v", name, conditional, got, want)
			}
			plain := 1.0
			if name == string(DataPrediction) || name == string(NoisePrediction) {
				plain = 0.95 // the mean square of x_0 or ε, with the noise of n rows
			}
			if losses[0].Value > plain {
				t.Errorf("%s: mean square of the targets %v, not below that of single points", name, losses[0].Value)
			}
		}
	}
}

// squaredTarget returns the square of the target of row i after a step on a batch.
func squaredTarget(tr *Trainer, batch *mat.Dense, i int) float64 {
	m, x := tr.Model(), tr.step.Input("x")[2*i:2*i+2]
	alpha, sigma := alphaSigma(float64(tr.step.Input("noise level")[i]))
	var mean [2]float64
	sum := 0.0
	n, _ := batch.Dims()
	for k := range n {
		if m.parts.Context != nil {
			label := tr.step.Input("context")[i*3 : i*3+3]
			if dropped := label[0]+label[1]+label[2] == 0; !dropped && label[int(batch.At(k, 2))] == 0 {
				continue
			}
		}
		var z [2]float64
		distance := 0.0
		for j := range z {
			z[j] = (batch.At(k, j) - m.scale.Shift[j]) / m.scale.Scale[j]
			distance += math.Pow(float64(x[j])-alpha*z[j], 2)
		}
		w := math.Exp(-distance / (2 * sigma * sigma))
		sum += w
		mean[0], mean[1] = mean[0]+w*z[0], mean[1]+w*z[1]
	}
	a, b := m.cfg.Prediction.target(alpha, sigma)
	square := 0.0
	for j, v := range mean {
		v /= sum
		square += math.Pow(a*v+b*(float64(x[j])-alpha*v)/sigma, 2)
	}
	return square
}

// TestPosteriorTargetOfALargeBatch: a row of a large batch compares with some rows of it, its own among them:
// without it, no target would have the noise of its row.
func TestPosteriorTargetOfALargeBatch(t *testing.T) {
	c := small()
	c.Batch = posteriorRows + 300
	tr := newTrainer(t, c)
	// Points so far apart that each is its own mean.
	batch := mat.NewDense(c.Batch, 2, nil)
	for i := range c.Batch {
		batch.SetRow(i, []float64{float64(i) * 1e4, 0})
	}
	tr.noise = fixedNoise(-2)
	tr.Learn(batch, pcg(1, 1))
	losses, err := tr.Learn(batch, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	plain := c
	plain.PosteriorTarget = false
	other := newTrainer(t, plain)
	other.noise = fixedNoise(-2)
	other.Learn(batch, pcg(1, 1))
	want, err := other.Learn(batch, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	if !(math.Abs(losses[0].Value/want[0].Value-1) <= 1e-3) {
		t.Errorf("loss %v, with single points %v", losses[0].Value, want[0].Value)
	}
}

// fixedNoise is one noise level.
type fixedNoise float64

// Quantile implements [NoiseDistribution].
func (f fixedNoise) Quantile(float64) float64 { return float64(f) }

func (fixedNoise) String() string { return "fixed" }
