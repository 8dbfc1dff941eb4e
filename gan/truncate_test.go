package gan

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/nn"
)

var _ genlab.Sampler = (*Truncated)(nil)

func truncate(t *testing.T, m *Model, share float64) *Truncated {
	t.Helper()
	truncated, err := m.Truncate(share, pcg(4, 4))
	if err != nil {
		t.Fatal(err)
	}
	return truncated
}

// TestSteepness: the norm is that of central differences in the data's units, for every smooth activation.
func TestSteepness(t *testing.T) {
	for _, a := range []nn.Activation{nn.SiLU, nn.Tanh, nn.GELU, nn.Softplus, nn.Sigmoid} {
		t.Run(a.String(), func(t *testing.T) { testSteepness(t, a) })
	}
}

func testSteepness(t *testing.T, a nn.Activation) {
	cfg := small()
	cfg.Activation = a
	m := newTrainer(t, cfg, scale).Model()
	z := m.Latents(50, pcg(3, 3))
	got := truncate(t, m, 0).Steepness(z)
	const h = 1e-3
	want := make([]float64, len(got))
	for j := range m.cfg.Latent {
		up, down := mat.DenseCopyOf(z), mat.DenseCopyOf(z)
		for i := range got {
			up.Set(i, j, z.At(i, j)+h)
			down.Set(i, j, z.At(i, j)-h)
		}
		up, down = m.Generate(up), m.Generate(down)
		for i := range got {
			for c := range m.dim() {
				want[i] = math.Hypot(want[i], (up.At(i, c)-down.At(i, c))/(2*h))
			}
		}
	}
	for i := range got {
		if math.Abs(got[i]-want[i]) > 0.02*want[i] {
			t.Errorf("steepness at %v is %v, central differences give %v", mat.Row(nil, i, z), got[i], want[i])
		}
	}
}

// TestTruncated: the samples are those of the latents below the quantile of the steepness, in their order, and
// without truncation those of the model.
func TestTruncated(t *testing.T) {
	m := newTrainer(t, small(), scale).Model()
	const n = 700
	whole := truncate(t, m, 0)
	if got, want := whole.Sample(n, pcg(5, 5)), m.Sample(n, pcg(5, 5)); !mat.Equal(got, want) {
		t.Error("without truncation the samples are not those of the model")
	}
	const share = 0.3
	truncated := truncate(t, m, share)
	z := m.Latents(n, pcg(5, 5))
	x := m.Generate(z)
	samples, kept := truncated.Sample(n, pcg(5, 5)), 0
	for i, steep := range whole.Steepness(z) {
		if steep > truncated.limit {
			continue
		}
		if !mat.Equal(x.RowView(i), samples.RowView(kept)) {
			t.Fatalf("sample %d is not that of latent %d, whose steepness is below the limit", kept, i)
		}
		kept++
	}
	if got, sd := 1-float64(kept)/n, math.Sqrt(share*(1-share)/n); math.Abs(got-share) > 4*sd {
		t.Errorf("left out %v of the latents, want %v ± %v", got, share, sd)
	}
}

// TestTruncateEveryActivation: the Jacobian exists for every activation, and what cannot be is an error.
func TestTruncateEveryActivation(t *testing.T) {
	for a := range nn.Activation(8) {
		cfg := small()
		cfg.Activation, cfg.LatentFeatures = a, 0
		truncate(t, newTrainer(t, cfg, scale).Model(), 0.1).Sample(1, pcg(1, 1))
	}
	m := newTrainer(t, small(), scale).Model()
	for _, share := range []float64{-0.1, 0.95, math.NaN()} {
		if _, err := m.Truncate(share, pcg(1, 1)); err == nil || !strings.Contains(err.Error(), "0 to 0.9") {
			t.Errorf("share %v: error %v", share, err)
		}
	}
	cfg := small()
	cfg.Latent = maxTangents + 1
	if _, err := newTrainer(t, cfg, scale).Model().Truncate(0.1, pcg(1, 1)); err == nil {
		t.Errorf("%d latent dimensions are accepted", cfg.Latent)
	}
}
