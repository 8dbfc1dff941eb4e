package diffusion

import "genlab/internal/suggest"

// Parameterization is the quantity that the network predicts. Each determines the others, since
// x_t = α·x_0 + σ·ε; they differ in how an error of the network propagates to x_0 and in how the loss
// weights the noise levels.
type Parameterization string

// The parameterizations.
const (
	// VelocityPrediction predicts v = α·ε - σ·x_0 [salimans2022]: x_0 = α·x - σ·v, so the error of
	// x_0 stays bounded at all times.
	VelocityPrediction Parameterization = "velocity"
	// NoisePrediction predicts ε [ho2020]: x_0 = (x - σ·ε)/α amplifies the error near t = 1.
	NoisePrediction Parameterization = "noise"
	// DataPrediction predicts x_0 itself.
	DataPrediction Parameterization = "data"
)

// Choices lists the valid names.
func (Parameterization) Choices() []string {
	return []string{string(VelocityPrediction), string(NoisePrediction), string(DataPrediction)}
}

// UnmarshalText sets p to one of the Choices, or returns an error that lists them.
func (p *Parameterization) UnmarshalText(text []byte) error {
	return suggest.Set("prediction", p, text)
}

// target returns the coefficients of the regression target a·x_0 + b·ε.
func (p Parameterization) target(alpha, sigma float64) (a, b float64) {
	switch p {
	case NoisePrediction:
		return 0, 1
	case DataPrediction:
		return 1, 0
	}
	return -sigma, alpha
}

// data returns the coefficients of the denoised point x_0 = a·x_t + b·(network output).
func (p Parameterization) data(alpha, sigma float64) (a, b float64) {
	switch p {
	case NoisePrediction:
		return 1 / alpha, -sigma / alpha
	case DataPrediction:
		return 0, 1
	}
	return alpha, -sigma
}
