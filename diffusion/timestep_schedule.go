package diffusion

import (
	"fmt"
	"math"

	"genlab/internal/suggest"
)

// TimestepSchedule chooses the times t at which a sampler evaluates the denoiser between 1 and 0. It
// is called the spacing in a [Config].
type TimestepSchedule string

// The timestep schedules. All but UniformTime and Trailing end at a small noise level before 0.
const (
	// Auto is the spacing that suits the sampler: Karras for Heun (UniformLogSNR in few steps), ThreeHalves for DDIM, Searched for
	// UniPC, and Quadratic for the others.
	Auto TimestepSchedule = "auto"
	// UniformTime is uniform in t, as in [song2021ddim].
	UniformTime TimestepSchedule = "time"
	// Trailing takes every (T/steps)-th of the timesteps 1/T, ..., 1 of the discrete model, counted
	// down from the last [lin2024].
	Trailing TimestepSchedule = "trailing"
	// Quadratic is uniform in √t [song2021ddim] (appendix D.2).
	Quadratic TimestepSchedule = "quadratic"
	// ThreeHalves is uniform in t^(2/3): between UniformTime and Quadratic.
	ThreeHalves TimestepSchedule = "threehalves"
	// Shifted is ThreeHalves at twice the noise-to-signal ratio [esser2024], for data with correlated
	// columns, such as videos: structure that many columns share appears at higher noise.
	Shifted TimestepSchedule = "shifted"
	// UniformLogSNR is uniform in log(α/σ) [lu2022].
	UniformLogSNR TimestepSchedule = "logsnr"
	// Lu is UniformLogSNR from the last of the T timesteps to the first, as the diffusers library has it.
	Lu TimestepSchedule = "lu"
	// Searched is the spacing that a search on exact denoisers found for UniPC, for 7 to 20 steps.
	Searched TimestepSchedule = "searched"
	// Karras is uniform in (σ/α)^(1/7) [karras2022] (eq. 5).
	Karras TimestepSchedule = "karras"
)

// logShift is the log of the factor by which Shifted raises σ/α.
const logShift = math.Ln2

// karrasRho is the exponent ρ of [karras2022].
const karrasRho = 7

// Choices lists the valid names.
func (TimestepSchedule) Choices() []string {
	return []string{string(Auto), string(UniformTime), string(Trailing), string(Quadratic), string(ThreeHalves), string(Shifted), string(UniformLogSNR), string(Lu), string(Karras), string(Searched)}
}

// UnmarshalText sets s to one of the Choices, or returns an error that lists them.
func (s *TimestepSchedule) UnmarshalText(text []byte) error { return suggest.Set("spacing", s, text) }

// Grid returns steps+1 decreasing times, the first 1 and the last 0, under a noise schedule. Auto is
// Quadratic here. Only Trailing and Lu use timesteps, the T of the discrete model. Grid panics if steps < 1,
// or if Trailing has steps > timesteps.
func (s TimestepSchedule) Grid(sched Schedule, steps, timesteps int) []float64 {
	if steps < 1 || s == Trailing && steps > timesteps || s == Lu && timesteps < 2 {
		panic(fmt.Sprintf("diffusion: %s spacing of %d steps among %d timesteps: want 1 step or more, and no more than timesteps", s, steps, timesteps))
	}
	grid := make([]float64, steps+1)
	grid[0] = 1
	first, last := logSNR(sched, 1), -math.Log(minSamplingNoise(steps))
	root := func(logSNR float64) float64 { return math.Exp(-logSNR / karrasRho) }
	power := func(p, from, last, part float64) float64 {
		return math.Pow(lerp(math.Pow(from, 1/p), math.Pow(timeOfLogSNR(sched, last), 1/p), part), p)
	}
	for i := 1; i < steps; i++ {
		switch part := float64(i) / float64(steps-1); s {
		case UniformTime:
			grid[i] = 1 - float64(i)/float64(steps)
		case Trailing:
			grid[i] = math.Round(float64(timesteps)*(1-float64(i)/float64(steps))) / float64(timesteps)
		case UniformLogSNR:
			grid[i] = timeOfLogSNR(sched, lerp(first, last, part))
		case Lu:
			grid[i] = timeOfLogSNR(sched, lerp(first, logSNR(sched, 1/float64(timesteps)), part))
		case Searched:
			grid[i] = timeOfLogSNR(sched, searchedLogSNR(first, steps, part))
		case Karras:
			grid[i] = timeOfLogSNR(sched, -karrasRho*math.Log(lerp(root(first), root(last), part)))
		case ThreeHalves:
			grid[i] = power(1.5, 1, last, part)
		case Shifted:
			grid[i] = timeOfLogSNR(sched, logSNR(sched, power(1.5, timeOfLogSNR(sched, first+logShift), last+logShift, part))-logShift)
		default:
			grid[i] = power(2, 1, last, part)
		}
	}
	return grid
}

// MinNoise is the smallest noise-to-signal ratio σ/α in training, and where the probability flow starts
// from data: 0.002 standard deviations of the data [karras2022].
const MinNoise = 0.002

// minSamplingNoise is the smallest σ/α at which a sampler of so many steps evaluates the denoiser: 0.005, and
// less from 40 steps on, down to MinNoise. Multistep solvers take their longest steps in log-SNR at the
// end, where they extrapolate: with the exact denoiser of 25gaussians and 35 evaluations, 0.973 of the
// samples lie within 3 sigma if the grid ends at 0.002, and 0.988 if it ends at 0.005 (true: 0.989).
func minSamplingNoise(steps int) float64 {
	return min(maxLastNoise, max(MinNoise, lastNoiseSteps/float64(steps)))
}

const (
	maxLastNoise   = 0.005
	lastNoiseSteps = 0.2
)

// TimeOfNoise returns the time at which a schedule has the noise-to-signal ratio σ/α > 0, in (0, 1).
func TimeOfNoise(s Schedule, noise float64) float64 { return timeOfLogSNR(s, -math.Log(noise)) }

func lerp(a, b, part float64) float64 { return a + (b-a)*part }

func logSNR(s Schedule, t float64) float64 {
	alpha, sigma := s.At(t)
	return math.Log(alpha / sigma)
}

// timeOfLogSNR inverts logSNR by bisection; schedules are monotone.
func timeOfLogSNR(s Schedule, target float64) float64 {
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
