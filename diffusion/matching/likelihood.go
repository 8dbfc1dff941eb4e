package matching

import (
	"fmt"
	"math"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/mat"

	"genlab/diffusion"
	"genlab/internal/ode"
	"genlab/standardize"
)

// ContinuousFlow is the distribution to which a velocity transports N(0, I) from t = 1 to 0, a continuous normalizing
// flow [chen2018]. It is a genlab.LogProber: along dx/dt = v, d log p(x)/dt = -div v, so
//
//	log p(x) = log N(x_1; 0, I) + ∫ div v(x_t, t) dt,   t from 0 to 1, x_0 = x.
//
// Both are integrated together, from the data, with the exact divergence, by the Dormand-Prince method with
// steps for each row.
type ContinuousFlow struct {
	Field     Field
	Scale     standardize.Map // of the data's coordinates
	Tolerance float64         // of a step: absolute and relative for x, absolute for log p in nats
}

// chunkRows is the number of rows that nn.Forward evaluates at once.
const chunkRows = 256

// LogProb implements genlab.LogProber: nats, in the data's coordinates. It is -Inf for a row whose integration overflows
// or does not arrive in 10,000 steps, as far outside the data, and NaN for a row with a NaN. It panics if x has
// another number of columns.
func (f ContinuousFlow) LogProb(x mat.Matrix) []float64 {
	n, d := x.Dims()
	z := mat.DenseCopyOf(x)
	f.Scale.FromData(z) // panics on another width
	state := mat.NewDense(n, d+1, nil)
	state.Slice(0, n, 0, d).(*mat.Dense).Copy(z)
	workers := f.workers((n + chunkRows - 1) / chunkRows)
	var wait sync.WaitGroup
	for k, w := range workers {
		lo, hi := k*n/len(workers), (k+1)*n/len(workers)
		if lo == hi {
			continue
		}
		wait.Go(func() {
			ode.Adaptive{Tolerance: f.Tolerance, Plain: 1, Rows: chunkRows}.Integrate(augmented(w, d), state.Slice(lo, hi, 0, d+1).(*mat.Dense), 0, 1)
		})
	}
	wait.Wait()
	out := make([]float64, n)
	for i := range out {
		row := state.RawRowView(i)
		out[i] = row[d] - f.Scale.LogScale() - float64(d)/2*math.Log(2*math.Pi)
		known := true
		for j, v := range row[:d] {
			out[i] -= v * v / 2
			known = known && !math.IsNaN(x.At(i, j))
		}
		if math.IsNaN(out[i]) && known {
			out[i] = math.Inf(-1)
		}
	}
	return out
}

// augmented returns the field of a point and the integral of its divergence.
func augmented(f Field, d int) ode.Field {
	point, slope, divergence := mat.NewDense(chunkRows, d, nil), mat.NewDense(chunkRows, d, nil), make([]float64, chunkRows)
	return func(dst, x *mat.Dense, t []float64) {
		n := len(t)
		p, v := point.Slice(0, n, 0, d).(*mat.Dense), slope.Slice(0, n, 0, d).(*mat.Dense)
		p.Copy(x) // its first columns
		f.Velocity(v, p, t, divergence[:n])
		for i := range n {
			copy(dst.RawRowView(i), v.RawRowView(i))
			dst.Set(i, d, divergence[i])
		}
	}
}

// workers returns up to n fields for as many processors: one, unless the field is diffusion.Parallel.
func (f ContinuousFlow) workers(n int) []Field {
	workers := []Field{f.Field}
	if p, ok := f.Field.(diffusion.Parallel); ok {
		for _, w := range p.Workers(max(1, min(runtime.GOMAXPROCS(0), n)))[1:] {
			workers = append(workers, w.(Field))
		}
	}
	return workers
}

func (f ContinuousFlow) String() string {
	return fmt.Sprintf("continuous flow, tolerance %g", f.Tolerance)
}
