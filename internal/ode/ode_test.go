package ode

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// swing is dx/dt = (y + t, -x·cos t), whose solution has no closed form.
func swing(dst, x *mat.Dense, t []float64) {
	for i, t := range t {
		dst.Set(i, 0, x.At(i, 1)+t)
		dst.Set(i, 1, -x.At(i, 0)*math.Cos(t))
	}
}

func start() *mat.Dense { return mat.NewDense(2, 2, []float64{1, 0, -0.5, 2}) }

// TestOrders: doubling the number of steps divides the distance from the solution by 2 to the power of the order.
func TestOrders(t *testing.T) {
	exact := start()
	Adaptive{Tolerance: 1e-13}.Integrate(swing, exact, 1, 0)
	for _, m := range []Method{Euler, Midpoint, Heun, RK4, DormandPrince} {
		var errs []float64
		for _, steps := range []int{16, 32, 64} {
			x, step := start(), m.Stepper(swing)
			for i := range steps {
				step(x, 1-float64(i)/float64(steps), 1-float64(i+1)/float64(steps))
			}
			x.Sub(x, exact)
			errs = append(errs, mat.Norm(x, 2))
		}
		for i := range errs[1:] {
			// The next order's share of the error is a few percent at these steps.
			if order := math.Log2(errs[i] / errs[i+1]); math.Abs(order-float64(m.Order)) > 0.2 {
				t.Errorf("%v: order %.3f between %d and %d steps, want %d (errors %.3g)", m, order, 16<<i, 32<<i, m.Order, errs)
			}
		}
	}
}

// TestConsistentTableaux: the rows of the stages sum to the nodes, the weights to 1, the error to 0.
func TestConsistentTableaux(t *testing.T) {
	sum := func(v []float64) (s float64) {
		for _, v := range v {
			s += v
		}
		return s
	}
	for _, m := range []Method{Euler, Midpoint, Heun, RK4, DormandPrince} {
		for i, node := range m.Nodes {
			if math.Abs(sum(m.Stages[i])-node) > 1e-15 {
				t.Errorf("%v: stage %d sums to %v, not %v", m, i, sum(m.Stages[i]), node)
			}
		}
		if math.Abs(sum(m.Weights)-1) > 1e-15 || math.Abs(sum(m.Error)) > 1e-15 {
			t.Errorf("%v: weights sum to %v, error to %v", m, sum(m.Weights), sum(m.Error))
		}
	}
}

// TestAdaptive: the error is of the size of the tolerance, a row's result does not depend on the others, nor on
// the rows of a call, and a row that overflows is NaN without disturbing the others.
func TestAdaptive(t *testing.T) {
	exact := start()
	few := Adaptive{Tolerance: 1e-12}.Integrate(swing, exact, 0, 3)
	for _, tolerance := range []float64{1e-4, 1e-6, 1e-8} {
		x := start()
		n := Adaptive{Tolerance: tolerance, Rows: 1}.Integrate(swing, x, 0, 3)
		if n >= few {
			t.Errorf("%d evaluations at a tolerance of %v, %d at 1e-12", n, tolerance, few)
		}
		alone := mat.DenseCopyOf(start().Slice(1, 2, 0, 2))
		Adaptive{Tolerance: tolerance}.Integrate(swing, alone, 0, 3)
		if !mat.Equal(alone, x.Slice(1, 2, 0, 2)) {
			t.Error("a row depends on the others")
		}
		x.Sub(x, exact)
		if e := mat.Norm(x, 2); !(e < 10*tolerance) {
			t.Errorf("error %.3g at a tolerance of %v", e, tolerance)
		}
	}
	explode := func(dst, x *mat.Dense, _ []float64) {
		dst.Apply(func(_, _ int, v float64) float64 { return v * v }, x)
	}
	x := mat.NewDense(2, 1, []float64{2, -1}) // 1/(1/x - t): the first is infinite at 1/2
	Adaptive{Tolerance: 1e-6}.Integrate(explode, x, 0, 1)
	if !math.IsNaN(x.At(0, 0)) || math.Abs(x.At(1, 0)+0.5) > 1e-5 {
		t.Errorf("got %v, want NaN and -0.5", mat.Formatted(x))
	}
}
