package kernel

import (
	"fmt"
	"math"
	"slices"

	"genlab/internal/suggest"
)

// Activation is a scalar nonlinearity.
type Activation uint8

// The activations.
const (
	Identity  Activation = iota
	SiLU                 // x sigmoid(x)
	ReLU                 // max(x, 0)
	LeakyReLU            // x if x > 0, else 0.2 x
	Tanh                 // tanh(x)
	GELU                 // x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2
	Softplus             // log(1 + exp(x))
	Sigmoid              // 1 / (1 + exp(-x))
	activations
)

var activationNames = [activations]string{"identity", "silu", "relu", "leaky-relu", "tanh", "gelu", "softplus", "sigmoid"}

// String returns the activation's name.
func (a Activation) String() string {
	if a >= activations {
		return fmt.Sprintf("Activation(%d)", uint8(a))
	}
	return activationNames[a]
}

// Choices returns the valid names.
func (Activation) Choices() []string { return activationNames[:] }

// MarshalText returns the name.
func (a Activation) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText fails for a text that is not one of the Choices.
func (a *Activation) UnmarshalText(text []byte) error {
	if err := suggest.Name("activation", string(text), a.Choices()); err != nil {
		return err
	}
	*a = Activation(slices.Index(a.Choices(), string(text)))
	return nil
}

func (a Activation) check(fn string) {
	if a >= activations {
		panic(fmt.Sprintf("kernel: %s: activation %d, there are %d", fn, uint8(a), uint8(activations)))
	}
}

// BiasAct computes y = act(z + bias) and dy = act'(z + bias) for rows x cols contiguous
// values; bias has cols values. A nil bias adds nothing, a nil dy is not computed. y may be z;
// dy may not overlap y or z.
//
// At -Inf and +Inf y and dy are the limits. A NaN gives NaN in y, and in dy except for the
// piecewise linear activations, whose slope at NaN is one of their two slopes.
func BiasAct[T Float](act Activation, rows, cols int, z, bias, y, dy []T) {
	act.check("BiasAct")
	checkDims("BiasAct", rows, cols)
	n := rows * cols
	checkLen("BiasAct", "z", len(z), n)
	checkLen("BiasAct", "y", len(y), n)
	if bias != nil {
		checkLen("BiasAct", "bias", len(bias), cols)
	}
	if dy != nil {
		checkLen("BiasAct", "dy", len(dy), n)
	}
	if n == 0 {
		return
	}
	if simd[T]() {
		biasActSIMD(act, rows, cols, f32(z), f32(bias), f32(y), f32(dy))
		return
	}
	for i := range n {
		x := z[i]
		if bias != nil {
			x += bias[i%cols]
		}
		f, d := act.eval(float64(x))
		y[i] = T(f)
		if dy != nil {
			dy[i] = T(d)
		}
	}
}

// ActSecond computes d2 = act”(z), with 0 at a kink.
func ActSecond[T Float](act Activation, z, d2 []T) {
	act.check("ActSecond")
	checkLen("ActSecond", "d2", len(d2), len(z))
	if act == Identity || act == ReLU || act == LeakyReLU {
		clear(d2[:len(z)])
		return
	}
	for i, x := range z {
		d2[i] = T(act.second(float64(x)))
	}
}

const (
	LeakySlope = 0.2 // of LeakyReLU below zero
	geluCubic  = 0.044715
	// Beyond these arguments exp(-x), and with it a sigmoid, leaves float32's normal range:
	// denormals are slow, and infinity times zero is not a number.
	expLimit  = 87.3
	geluLimit = 10 // 2 geluScale (10 + geluCubic 1000) = 87.3
)

var geluScale = math.Sqrt(2 / math.Pi)

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func clamp(x, limit float64) float64 { return min(max(x, -limit), limit) }

// eval returns act(x) and act'(x).
func (a Activation) eval(x float64) (y, dy float64) {
	switch a {
	case SiLU:
		t := clamp(x, expLimit)
		s := sigmoid(t)
		return max(x, -expLimit) * s, s + t*s*(1-s)
	case ReLU:
		if x <= 0 {
			return 0, 0
		}
		return x, 1
	case LeakyReLU:
		if x <= 0 {
			return LeakySlope * x, LeakySlope
		}
		return x, 1
	case Tanh:
		y = math.Tanh(x)
		return y, 1 - y*y
	case GELU:
		t := clamp(x, geluLimit)
		u, du := geluInner(t)
		s := sigmoid(u)
		return max(x, -geluLimit) * s, s + t*s*(1-s)*du
	case Softplus:
		return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))), sigmoid(x)
	case Sigmoid:
		y = sigmoid(x)
		return y, y * (1 - y)
	}
	return x, 1
}

// second returns the second derivative at x.
func (a Activation) second(x float64) float64 {
	switch a {
	case SiLU:
		t := clamp(x, expLimit)
		s := sigmoid(t)
		return s * (1 - s) * (2 + t*(1-2*s))
	case Tanh:
		y := math.Tanh(x)
		return -2 * y * (1 - y*y)
	case GELU:
		t := clamp(x, geluLimit)
		u, du := geluInner(t)
		s := sigmoid(u)
		d2u := 12 * geluScale * geluCubic * t
		return s * (1 - s) * (2*du + t*(d2u+du*du*(1-2*s)))
	case Softplus:
		s := sigmoid(x)
		return s * (1 - s)
	case Sigmoid:
		s := sigmoid(x)
		return s * (1 - s) * (1 - 2*s)
	}
	return 0
}

// geluInner returns u and du/dx, where GELU(x) = x sigmoid(u).
func geluInner(x float64) (u, du float64) {
	x2 := x * x
	return 2 * geluScale * x * (1 + geluCubic*x2), 2 * geluScale * (1 + 3*geluCubic*x2)
}
