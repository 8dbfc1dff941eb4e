package diffusion

import (
	"fmt"
	"math"

	"genlab/internal/unknown"
)

// Spacing chooses the times at which a sampler stops on its way from 1 to 0.
type Spacing string

// The spacings there are.
const (
	// UniformTime is equal steps of t, as in [song2021ddim].
	UniformTime Spacing = "time"
	// Quadratic is equal steps of √t [song2021ddim] (appendix D.2), down to a noise of 0.002, and from
	// there to 0.
	Quadratic Spacing = "quadratic"
	// UniformLogSNR is equal steps of log(alpha/sigma) [lu2022], down to a noise of 0.002, and
	// from there to 0.
	UniformLogSNR Spacing = "logsnr"
	// Karras is equal steps of (sigma/alpha)^(1/7) [karras2022] (eq. 5), down to a noise of 0.002,
	// and from there to 0.
	Karras Spacing = "karras"
)

// karrasRho is [karras2022]'s exponent.
const karrasRho = 7

// Spacings lists the names in the order shown to users.
func Spacings() []string {
	return []string{string(UniformTime), string(Quadratic), string(UniformLogSNR), string(Karras)}
}

// UnmarshalText accepts the names of Spacings.
func (s *Spacing) UnmarshalText(text []byte) error {
	if err := unknown.Name("spacing", string(text), Spacings()); err != nil {
		return err
	}
	*s = Spacing(text)
	return nil
}

// MarshalText returns the name.
func (s Spacing) MarshalText() ([]byte, error) { return []byte(s), nil }

// Grid returns steps+1 times from 1 to 0. It panics if steps < 1.
func (s Spacing) Grid(sched Schedule, steps int) []float64 {
	if steps < 1 {
		panic(fmt.Sprintf("diffusion: a grid of %d steps", steps))
	}
	// What is even is time, or a function of it that is infinite or flat at 0.
	grid := make([]float64, steps+1)
	grid[0] = 1
	first, last := logSNR(sched, 1), -math.Log(leastNoise)
	root := func(logSNR float64) float64 { return math.Exp(-logSNR / karrasRho) }
	for i := 1; i < steps; i++ {
		switch part := float64(i) / float64(steps-1); s {
		case Quadratic:
			grid[i] = math.Pow(between(1, math.Sqrt(leastTime(sched)), part), 2)
		case UniformLogSNR:
			grid[i] = timeOf(sched, between(first, last, part))
		case Karras:
			grid[i] = timeOf(sched, -karrasRho*math.Log(between(root(first), root(last), part)))
		default:
			grid[i] = 1 - float64(i)/float64(steps)
		}
	}
	return grid
}

// leastNoise is the least σ/α that is of any use: of the data's standard deviation, Karras's
// 0.002 [karras2022]. Training, the last step but one of a sampler, and the flow's density begin
// there.
const leastNoise = 0.002

// leastTime is the time of that noise.
func leastTime(s Schedule) float64 { return timeOf(s, -math.Log(leastNoise)) }

func between(a, b, part float64) float64 { return a + (b-a)*part }

func logSNR(s Schedule, t float64) float64 {
	alpha, sigma := s.At(t)
	return math.Log(alpha / sigma)
}

// timeOf inverts logSNR by bisection; schedules are monotone.
func timeOf(s Schedule, target float64) float64 {
	lo, hi := 0.0, 1.0
	for range 60 {
		if mid := (lo + hi) / 2; logSNR(s, mid) > target {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}
