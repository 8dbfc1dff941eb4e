package diffusion

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/standardize"
)

func newSpatialTransformer(t testing.TB, p Parameterization, width int) *Model {
	t.Helper()
	c := DefaultConfig()
	c.Conditional, c.Hidden, c.Prediction = true, 16, p
	m, err := NewWith(c, Components{Context: Vector(width), Network: SpatialTransformer(3)}, standardize.Identity(2), pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range m.net.Parameters().List() {
		for i := range v.Value {
			v.Value[i] += 0.1 * float32(math.Sin(float64(7*i+len(v.Name))))
		}
	}
	return m
}

// TestSpatialTransformerIsEquivariant: in a context that differs in the place alone, the denoiser's answer at a point
// moved along is moved along, whatever it predicts.
func TestSpatialTransformerIsEquivariant(t *testing.T) {
	for _, p := range []Parameterization{VelocityPrediction, NoisePrediction, DataPrediction} {
		m := newSpatialTransformer(t, p, 4)
		n := m.net.(*spatialTransformer)
		for k := range n.shape.Value { // the last of the context says nothing of the shape
			if k >= 3*3 {
				n.shape.Value[k] = 0
			}
		}
		here, there := m.Given(mat.NewDense(1, 4, []float64{1, -1, 0.5, 0})), m.Given(mat.NewDense(1, 4, []float64{1, -1, 0.5, 2}))
		var move [2]float64
		for j := range move {
			move[j] = lrMultiplier * 2 * float64(n.translation.Value[3*2+j])
		}
		if math.Hypot(move[0], move[1]) < 0.1 {
			t.Fatalf("a move of %v tests nothing", move)
		}
		for _, at := range []float64{0.1, 0.5, 0.9} {
			alpha, _ := m.sched.At(at)
			x := mat.NewDense(2, 2, []float64{0.3, -0.2, -1, 0.7})
			y := mat.DenseCopyOf(x)
			for i := range 2 {
				for j := range 2 {
					y.Set(i, j, x.At(i, j)+alpha*move[j])
				}
			}
			here.Denoiser().Denoise(x, x, at)
			there.Denoiser().Denoise(y, y, at)
			y.Sub(y, x)
			for i := range 2 {
				for j := range 2 {
					if !(math.Abs(y.At(i, j)-move[j]) <= 1e-4*(1+math.Abs(move[j])/alpha)) {
						t.Errorf("%s at %v: moved by %v, want %v", p, at, y.RawRowView(i), move)
					}
				}
			}
		}
	}
}

// TestSpatialTransformerHasADensity: the trace of the flow's denoiser is that of central differences.
func TestSpatialTransformerHasADensity(t *testing.T) {
	m := newSpatialTransformer(t, VelocityPrediction, 4)
	q := m.Given(mat.NewDense(1, 4, []float64{1, -1, 0.5, 2})).ProbabilityFlow().Denoiser
	x, at, trace := mat.NewDense(1, 2, []float64{0.3, -0.4}), []float64{0.4}, make([]float64, 1)
	q.DenoiseTrace(mat.NewDense(1, 2, nil), x, at, trace)
	var want float64
	const h = 1e-2
	for j := range 2 {
		var ends [2]float64
		for k, step := range []float64{-h, h} {
			y := mat.DenseCopyOf(x)
			y.Set(0, j, y.At(0, j)+step)
			q.(Denoiser).Denoise(y, y, at[0])
			ends[k] = y.At(0, j)
		}
		want += (ends[1] - ends[0]) / (2 * h)
	}
	if !(math.Abs(trace[0]-want) <= 2e-3*(1+math.Abs(want))) {
		t.Errorf("trace %v, by differences %v", trace[0], want)
	}
}

func TestSpatialTransformerMisuse(t *testing.T) {
	c := DefaultConfig()
	c.Conditional = true
	if _, err := NewWith(c, Components{Context: Vector(2), Network: SpatialTransformer(0)}, standardize.Identity(2), pcg(1, 1)); err == nil || !strings.Contains(err.Error(), "0 shapes") {
		t.Errorf("no shapes: %v", err)
	}
}
