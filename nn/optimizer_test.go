package nn

import (
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/checkpoint"
	"genlab/internal/race"
)

// named returns a quadratic problem's parameters, step and optimiser.
func named(t *testing.T, name OptimizerName, cfg AdamConfig) (*Params, *Step, Optimizer) {
	t.Helper()
	ps, s, _ := quadratic(t, cfg)
	o, err := name.New(ps, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return ps, s, o
}

func descend(t *testing.T, s *Step, o Optimizer, rate Rate, ema *EMA, n int) (loss float64) {
	t.Helper()
	for range n {
		losses, err := s.Gradient()
		if err != nil {
			t.Fatal(err)
		}
		loss = losses[0]
		s.Update(o, rate.At(o.Steps()), ema)
	}
	return loss
}

// TestOptimizersConverge on a quadratic whose least value is 0, all at one rate that falls to 0.
func TestOptimizersConverge(t *testing.T) {
	for _, name := range OptimizerName("").Choices() {
		_, s, o := named(t, OptimizerName(name), DefaultAdam)
		first := descend(t, s, o, Constant(0.05), nil, 1)
		last := descend(t, s, o, Cosine{Peak: 0.05, Steps: 600}, nil, 600)
		if !(last < 1e-4*first) {
			t.Errorf("%s: a loss of %v after one of %v", name, last, first)
		}
	}
}

// TestAdamWIsItsFormula: 20 steps of [loshchilov2019] (alg. 2) in float64, written out anew.
func TestAdamWIsItsFormula(t *testing.T) {
	cfg := AdamConfig{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.1}
	const lr = 0.03
	ps, s, o := named(t, UseAdamW, cfg)
	n := len(ps.flat)
	p, m, v := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, x := range ps.flat {
		p[i] = float64(x)
	}
	for k := 1; k <= 20; k++ {
		if _, err := s.Gradient(); err != nil {
			t.Fatal(err)
		}
		for i, g := range s.grad {
			m[i] += (1 - cfg.Beta1) * (float64(g) - m[i])
			v[i] += (1 - cfg.Beta2) * (float64(g)*float64(g) - v[i])
			decay := 0.0
			if i < 15 { // the matrix
				decay = cfg.WeightDecay
			}
			p[i] -= lr * (m[i]/(1-math.Pow(cfg.Beta1, float64(k)))/(math.Sqrt(v[i]/(1-math.Pow(cfg.Beta2, float64(k))))+cfg.Eps) + decay*p[i])
		}
		s.Update(o, lr, nil)
	}
	for i := range p {
		if !(math.Abs(p[i]-float64(ps.flat[i])) <= 2e-6) { // 20 roundings of 6e-8
			t.Fatalf("value %d is %v, want %v", i, ps.flat[i], p[i])
		}
	}
}

// TestSGDIsItsFormula, with momentum, decay, clipping and average.
func TestSGDIsItsFormula(t *testing.T) {
	cfg := AdamConfig{Beta1: 0.8, WeightDecay: 0.1, Clip: 0.5}
	const lr, keep = 0.02, 0.9
	ps, s, o := named(t, UseSGD, cfg)
	average, _, _ := quadratic(t, cfg)
	average.CopyFrom(ps)
	ema := &EMA{average, keep}
	n := len(ps.flat)
	p, m, avg := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, x := range ps.flat {
		p[i], avg[i] = float64(x), float64(x)
	}
	for k := 1; k <= 20; k++ {
		if _, err := s.Gradient(); err != nil {
			t.Fatal(err)
		}
		scale := math.Min(1, cfg.Clip/s.norm())
		for i, g := range s.grad {
			m[i] = cfg.Beta1*m[i] + scale*float64(g)
			decay := 0.0
			if i < 15 {
				decay = cfg.WeightDecay
			}
			p[i] -= lr * (m[i] + decay*p[i])
			avg[i] += (1 - ema.at(k)) * (p[i] - avg[i])
		}
		s.Update(o, lr, ema)
	}
	for i := range p {
		if !(math.Abs(p[i]-float64(ps.flat[i])) <= 2e-6) || !(math.Abs(avg[i]-float64(average.flat[i])) <= 2e-6) {
			t.Fatalf("value %d is %v with average %v, want %v and %v", i, ps.flat[i], average.flat[i], p[i], avg[i])
		}
	}
}

// TestNewtonSchulz: of matrices wide, tall and square the singular values come to lie near 1, in
// [0.65, 1.25] as in [jordan2024muon], and the singular vectors stay.
func TestNewtonSchulz(t *testing.T) {
	for _, size := range [][2]int{{3, 5}, {40, 8}, {16, 16}, {2, 64}} {
		rows, cols := size[0], size[1]
		n, short := rows*cols, min(rows, cols)
		w := &muonMatrix{&Param{Rows: rows, Cols: cols}, random(7, n), make([]float32, n), make([]float32, short*short), make([]float32, short*short)}
		dense := func() *mat.Dense {
			d := mat.NewDense(rows, cols, nil)
			for i, v := range w.x {
				d.RawMatrix().Data[i] = float64(v)
			}
			return d
		}
		var before, after mat.SVD
		if !before.Factorize(dense(), mat.SVDThin) {
			t.Fatal("no singular values")
		}
		ratio := before.Values(nil)
		w.orthogonalise()
		x := dense()
		if !after.Factorize(x, mat.SVDThin) {
			t.Fatal("no singular values")
		}
		for i, s := range after.Values(nil) {
			if !(s > 0.65 && s < 1.25) && ratio[len(ratio)-1] > 0.02*ratio[0] {
				t.Errorf("%d x %d: singular value %d is %v", rows, cols, i, s)
			}
		}
		var u, v, ux, d mat.Dense
		before.UTo(&u)
		before.VTo(&v)
		ux.Mul(u.T(), x)
		d.Mul(&ux, &v)
		for i := range short {
			for j := range short {
				if i != j && !(math.Abs(d.At(i, j)) <= 1e-3) {
					t.Errorf("%d x %d: the singular vectors %d and %d mix by %v", rows, cols, i, j, d.At(i, j))
				}
			}
		}
	}
	zero := &muonMatrix{&Param{Rows: 2, Cols: 2}, make([]float32, 4), make([]float32, 4), make([]float32, 4), make([]float32, 4)}
	if zero.orthogonalise(); !slices.Equal(zero.x, make([]float32, 4)) {
		t.Errorf("zeros become %v", zero.x)
	}
}

// TestMuonSteps: a step changes a matrix by about 0.2 rate root mean square, whatever the gradient's
// size, a row as Adam does, and the average follows both.
func TestMuonSteps(t *testing.T) {
	ps, s, o := named(t, UseMuon, DefaultAdam)
	adam, sa, oa := named(t, UseAdam, DefaultAdam)
	average, _, _ := quadratic(t, DefaultAdam)
	before := slices.Clone(ps.flat)
	descend(t, s, o, Constant(0.01), &EMA{average, 0}, 1)
	descend(t, sa, oa, Constant(0.01), nil, 1)
	sum := 0.0
	for i := range 15 {
		d := float64(ps.flat[i] - before[i])
		sum += d * d
	}
	// A 3 x 5 matrix with singular values near 1 has a root mean square of about √(3/15) = 1/√5.
	if rms := math.Sqrt(sum / 15); rms < 0.6*0.002 || rms > 1.3*0.002 {
		t.Errorf("a step of %v, want about 0.002", rms)
	}
	row := ps.List()[1]
	if !slices.Equal(row.Value, adam.List()[1].Value) {
		t.Errorf("the row is %v, of Adam %v", row.Value, adam.List()[1].Value)
	}
	if !slices.Equal(ps.flat, average.flat) {
		t.Error("an average that forgets all at once is not the parameters")
	}
}

// TestOptimizersResume: what is saved half way goes on to the same bits, for each number of workers.
func TestOptimizersResume(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, name := range OptimizerName("").Choices() {
		cfg := AdamConfig{Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, Clip: 1}
		if name != string(UseAdam) {
			cfg.WeightDecay = 0.01
		}
		var want []float32
		for _, workers := range []int{1, 2, 4} {
			runtime.GOMAXPROCS(workers)
			ps, s, o := named(t, OptimizerName(name), cfg)
			prefix := OptimizerName(name).Prefix()
			state := func(ps *Params, o Optimizer) []checkpoint.Tensor {
				return slices.Concat(ps.State("model"), o.State(prefix))
			}
			descend(t, s, o, Constant(0.01), nil, 5)
			var saved []checkpoint.Tensor
			for _, x := range state(ps, o) {
				x.Data = slices.Clone(x.Data)
				saved = append(saved, x)
			}
			descend(t, s, o, Constant(0.01), nil, 6)
			again, s2, o2 := named(t, OptimizerName(name), cfg)
			if err := checkpoint.Copy(state(again, o2), saved); err != nil {
				t.Fatal(err)
			}
			o2.SetSteps(5)
			descend(t, s2, o2, Constant(0.01), nil, 6)
			if !slices.Equal(ps.flat, again.flat) {
				t.Errorf("%s: other values after resuming", name)
			}
			if want == nil {
				want = slices.Clone(ps.flat)
			}
			if !slices.Equal(want, ps.flat) {
				t.Errorf("%s: %d workers give other bits", name, workers)
			}
		}
	}
}

func TestOptimizerNames(t *testing.T) {
	ps, _, _ := quadratic(t, DefaultAdam)
	if _, err := UseAdam.New(ps, AdamConfig{WeightDecay: 0.1}); err == nil || !strings.Contains(err.Error(), "adamw") {
		t.Errorf("adam with a weight decay: %v", err)
	}
	var n OptimizerName
	if err := n.UnmarshalText([]byte("moun")); err == nil || !strings.Contains(err.Error(), `"muon"`) {
		t.Errorf("got %v", err)
	}
	if _, err := OptimizerName("moun").New(ps, DefaultAdam); err == nil {
		t.Error("an unknown optimiser is made")
	}
}

// TestUpdatesAllocateNothing, with an average.
func TestUpdatesAllocateNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("allocations cannot be counted under the race detector")
	}
	for _, name := range []OptimizerName{UseAdam, UseSGD} {
		_, s, o := named(t, name, DefaultAdam)
		average, _, _ := quadratic(t, DefaultAdam)
		ema := &EMA{average, 0.9}
		descend(t, s, o, Constant(0.01), ema, 2)
		if n := testing.AllocsPerRun(20, func() { s.Update(o, 0.01, ema) }); n > 0 {
			t.Errorf("%s: an update makes %v allocations", name, n)
		}
	}
}

func TestActivationNames(t *testing.T) {
	for _, name := range Identity.Choices() {
		var a Activation
		if err := a.UnmarshalText([]byte(name)); err != nil || a.String() != name || !slices.Contains(activations, a) {
			t.Errorf("%s reads as %v (%v), which has no test of its gradient", name, a, err)
		}
	}
	a := SiLU
	if err := a.UnmarshalText([]byte("relo")); err == nil || a != SiLU {
		t.Errorf("%v after an unknown name: %v", a, err)
	}
}
