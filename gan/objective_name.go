package gan

import (
	"fmt"
	"math"
	"strconv"

	"genlab/internal/suggest"
)

// ObjectiveName is the name of an [Objective] in a configuration.
type ObjectiveName string

// Penalty is the weight λ of a gradient penalty in a configuration: at least 0, or [DefaultPenalty].
type Penalty float64

// DefaultPenalty, "own" as text, is the objective's own default: 0.1 for [Wasserstein] and defaultGamma for
// [Relativistic], since larger ones smooth away the fine structure of two-dimensional data, and no penalty for the other
// objectives.
const DefaultPenalty Penalty = -1

const (
	defaultLambda = 0.1
	defaultGamma  = 0.01
)

// UnmarshalText accepts "own" and finite numbers of at least 0.
func (p *Penalty) UnmarshalText(text []byte) error {
	if string(text) == "own" {
		*p = DefaultPenalty
		return nil
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(v >= 0) || math.IsInf(v, 0) {
		return fmt.Errorf("must be own or a number of at least 0, not %q", text)
	}
	*p = Penalty(v)
	return nil
}

// MarshalText returns the text that UnmarshalText accepts for p. It never fails.
func (p Penalty) MarshalText() ([]byte, error) {
	if p == DefaultPenalty {
		return []byte("own"), nil
	}
	return strconv.AppendFloat(nil, float64(p), 'g', -1, 64), nil
}

// or returns the weight, or an objective's own default.
func (p Penalty) or(own float64) float64 {
	if p == DefaultPenalty {
		return own
	}
	return float64(p)
}

// objectives is the table of objectives; a new objective needs a line here.
var objectives = []struct {
	name      ObjectiveName
	of        func(Penalty) Objective
	noPenalty bool
	spectral  bool // the critic has spectral normalisation
}{
	{name: "wgan-gp", of: func(p Penalty) Objective { return Wasserstein{Lambda: p.or(defaultLambda)} }},
	{name: "wgan-lp", of: func(p Penalty) Objective { return Wasserstein{Lambda: p.or(defaultLambda), OneSided: true} }},
	{name: "minimax", of: func(Penalty) Objective { return Minimax{} }, noPenalty: true},
	{name: "non-saturating", of: func(Penalty) Objective { return NonSaturating{} }, noPenalty: true},
	{name: "relativistic", of: func(p Penalty) Objective { return Relativistic{Gamma: p.or(defaultGamma)} }},
	{name: "hinge", of: func(Penalty) Objective { return Hinge{} }, noPenalty: true, spectral: true},
}

// Choices lists the names in the order shown to users.
func (ObjectiveName) Choices() []string {
	names := make([]string, len(objectives))
	for i, o := range objectives {
		names[i] = string(o.name)
	}
	return names
}

// UnmarshalText accepts the Choices; its error for any other text lists them.
func (n *ObjectiveName) UnmarshalText(text []byte) error { return suggest.Set("objective", n, text) }

// with returns the objective with penalty weight lambda. It fails if there is no objective of that name or
// lambda is invalid for it.
func (n ObjectiveName) with(lambda Penalty) (Objective, error) {
	for _, o := range objectives {
		switch {
		case o.name != n:
		case lambda == DefaultPenalty, lambda >= 0 && !math.IsInf(float64(lambda), 0) && !o.noPenalty:
			return o.of(lambda), nil
		case o.noPenalty:
			return nil, fmt.Errorf("lambda is %v, but objective %s has no gradient penalty: choose wgan-gp, wgan-lp or relativistic, or leave lambda at own", float64(lambda), n)
		default:
			return nil, fmt.Errorf("lambda is %v, but must be own or a number of at least 0", float64(lambda))
		}
	}
	return nil, suggest.Name("objective", string(n), n.Choices())
}

// spectral reports whether the critic of an objective has spectral normalisation.
func (n ObjectiveName) spectral() bool {
	for _, o := range objectives {
		if o.name == n {
			return o.spectral
		}
	}
	return false
}
