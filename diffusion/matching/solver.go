package matching

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"genlab/diffusion"
	"genlab/internal/ode"
	"genlab/internal/suggest"
)

// Solver integrates a velocity from t = 1 to 0. Both kinds are a diffusion.Sampler, of a denoiser that is a [Field] as
// well: a [Model] or a [Mixture].
type Solver interface {
	diffusion.Sampler
	// Evaluations returns the network evaluations of a step, 0 if they depend on the point.
	Evaluations() int
}

// Fixed is a Runge-Kutta method with the steps of a grid. With [ode.Euler] the steps are those of deterministic DDIM
// along the straight path.
type Fixed struct{ ode.Method }

// Begin implements diffusion.Sampler. It panics unless d is a [Field].
func (f Fixed) Begin(d diffusion.Denoiser, _ diffusion.Schedule) diffusion.Step {
	step := f.Stepper(velocity(d))
	return func(x *mat.Dense, t, s float64, _ *rand.Rand) { step(x, t, s) }
}

// Adaptive is the Dormand-Prince method with steps of its own for every row, within a tolerance per step.
type Adaptive struct{ Tolerance float64 }

// Begin implements diffusion.Sampler: a step of the grid takes as many of its own as the tolerance asks for. It panics
// unless d is a [Field].
func (a Adaptive) Begin(d diffusion.Denoiser, _ diffusion.Schedule) diffusion.Step {
	v := velocity(d)
	return func(x *mat.Dense, t, s float64, _ *rand.Rand) {
		ode.Adaptive{Tolerance: a.Tolerance}.Integrate(v, x, t, s)
	}
}

// Evaluations implements [Solver].
func (Adaptive) Evaluations() int { return 0 }

func (a Adaptive) String() string { return fmt.Sprintf("dopri5, tolerance %g", a.Tolerance) }

// velocity returns the field of a denoiser.
func velocity(d diffusion.Denoiser) ode.Field {
	f, ok := d.(Field)
	if !ok {
		panic(fmt.Sprintf("matching: a solver of velocities for a %T, which has none", d))
	}
	return func(dst, x *mat.Dense, t []float64) { f.Velocity(dst, x, t, nil) }
}

// SolverName selects a [Solver] in a [Config].
type SolverName string

// solvers lists the solvers by name. A new one with fixed steps is a line here.
var solvers = suggest.Table[SolverName, func(c Config) Solver]{
	{Name: "euler", Value: func(Config) Solver { return Fixed{ode.Euler} }},
	{Name: "midpoint", Value: func(Config) Solver { return Fixed{ode.Midpoint} }},
	{Name: "heun", Value: func(Config) Solver { return Fixed{ode.Heun} }},
	{Name: "rk4", Value: func(Config) Solver { return Fixed{ode.RK4} }},
	{Name: "dopri5", Value: func(c Config) Solver { return Adaptive{c.Tolerance} }},
}

// Choices lists the valid names.
func (SolverName) Choices() []string { return solvers.Choices() }

// UnmarshalText sets n to one of the Choices, or returns an error that lists them.
func (n *SolverName) UnmarshalText(text []byte) error { return suggest.Set("sampler", n, text) }

// Uniform returns steps+1 equidistant times from 1 to 0.
func Uniform(steps int) []float64 {
	grid := make([]float64, steps+1)
	for i := range grid {
		grid[i] = 1 - float64(i)/float64(steps)
	}
	return grid
}
