package diffusion

import "genlab/internal/suggest"

// Prediction is what the network is asked for. All three determine each other, since x_t =
// alpha·x_0 + sigma·ε; they differ in how the network's error reaches x_0, and in how training
// weighs the noise levels.
type Prediction string

// The predictions there are.
const (
	// Velocity is alpha·ε - sigma·x_0 [salimans2022]: x_0 = alpha·x - sigma·v, so the error
	// stays bounded at every time.
	Velocity Prediction = "velocity"
	// Noise is ε [ho2020]: x_0 = (x - sigma·ε)/alpha, which magnifies the error near t = 1.
	Noise Prediction = "noise"
	// Data is x_0 itself.
	Data Prediction = "data"
)

// Choices lists the names in the order shown to users.
func (Prediction) Choices() []string { return []string{string(Velocity), string(Noise), string(Data)} }

// UnmarshalText accepts the Choices.
func (p *Prediction) UnmarshalText(text []byte) error { return suggest.Set("prediction", p, text) }

// target returns the factors of the network's target, a·x_0 + b·ε.
func (p Prediction) target(alpha, sigma float64) (a, b float64) {
	switch p {
	case Noise:
		return 0, 1
	case Data:
		return 1, 0
	}
	return -sigma, alpha
}

// data returns the factors of x_0 = a·x + b·(the network's output).
func (p Prediction) data(alpha, sigma float64) (a, b float64) {
	switch p {
	case Noise:
		return 1 / alpha, -sigma / alpha
	case Data:
		return 0, 1
	}
	return alpha, -sigma
}
