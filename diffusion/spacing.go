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
	// UniformLogSNR is equal steps of log(alpha/sigma) [lu2022], down to the noise of
	// t = 1/1000, and from there to 0.
	UniformLogSNR Spacing = "logsnr"
	// Karras is equal steps of (sigma/alpha)^(1/7) [karras2022] (eq. 5), down to the noise of
	// t = 1/1000, and from there to 0.
	Karras Spacing = "karras"
)

// karrasRho is [karras2022]'s exponent.
const karrasRho = 7

// Spacings lists the names in the order shown to users.
func Spacings() []string { return []string{string(UniformTime), string(UniformLogSNR), string(Karras)} }

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
	// What is even is time, or a function of it whose equal steps end at t = 1/1000.
	grid := make([]float64, steps+1)
	grid[0] = 1
	for i := 1; i < steps; i++ {
		switch part := float64(i) / float64(steps-1); s {
		case UniformLogSNR:
			grid[i] = timeOf(sched, between(logSNR(sched, 1), logSNR(sched, leastTime), part))
		case Karras:
			root := func(t float64) float64 { return math.Exp(-logSNR(sched, t) / karrasRho) }
			grid[i] = timeOf(sched, -karrasRho*math.Log(between(root(1), root(leastTime), part)))
		default:
			grid[i] = 1 - float64(i)/float64(steps)
		}
	}
	return grid
}

// leastTime is the last time above 0 of spacings whose variable is infinite at 0.
const leastTime = 1e-3

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
