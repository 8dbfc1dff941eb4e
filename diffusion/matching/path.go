package matching

import (
	"math"

	"genlab/internal/suggest"
)

// Path is a Gaussian probability path: x_t = α(t)·x_0 + σ(t)·ε with α = 1 and σ = 0 at t = 0, and α = 0 and σ = 1 at
// t = 1. It is a diffusion.Schedule too, but for the straight path not one that preserves the variance.
type Path interface {
	// At returns α and σ for t in [0, 1].
	At(t float64) (alpha, sigma float64)
	// Rate returns dα/dt and dσ/dt.
	Rate(t float64) (alpha, sigma float64)
	String() string
}

// Straight is the path of [lipman2023] and [liu2023]: α = 1 - t, σ = t. Given x_0 and ε it is a straight line, with
// the constant velocity ε - x_0.
type Straight struct{}

// At implements [Path].
func (Straight) At(t float64) (alpha, sigma float64) { return 1 - t, t }

// Rate implements [Path].
func (Straight) Rate(float64) (alpha, sigma float64) { return -1, 1 }

func (Straight) String() string { return "straight" }

// Trigonometric is the path of [albergo2023]: α = cos(πt/2), σ = sin(πt/2), which preserves the variance of standardised
// data.
type Trigonometric struct{}

// At implements [Path].
func (Trigonometric) At(t float64) (alpha, sigma float64) {
	sigma, alpha = math.Sincos(math.Pi / 2 * t)
	return alpha, sigma
}

// Rate implements [Path].
func (p Trigonometric) Rate(t float64) (alpha, sigma float64) {
	alpha, sigma = p.At(t)
	return -math.Pi / 2 * sigma, math.Pi / 2 * alpha
}

func (Trigonometric) String() string { return "trigonometric" }

// PathName selects a [Path] in a [Config].
type PathName string

// paths lists the paths by name. A new one is a line here.
var paths = suggest.Table[PathName, Path]{{Name: "straight", Value: Straight{}}, {Name: "trigonometric", Value: Trigonometric{}}}

// Choices lists the valid names.
func (PathName) Choices() []string { return paths.Choices() }

// UnmarshalText sets n to one of the Choices, or returns an error that lists them.
func (n *PathName) UnmarshalText(text []byte) error { return suggest.Set("path", n, text) }
