package diffusion

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"genlab/internal/suggest"
)

// Levels is the law of the noise that training adds, given by its quantiles: even shares of the
// mass, one for each row of a batch, leave no region of noise out of any batch.
type Levels interface {
	// Level returns the u = log(σ/α) below which the given share of the mass lies, in [0, 1).
	Level(share float64) float64
	String() string
}

// DiscreteLevels are the T times 1/T, 2/T ... 1 of a schedule, all with one weight [ho2020].
type DiscreteLevels struct {
	Schedule Schedule
	T        int
}

// Level implements Levels.
func (l DiscreteLevels) Level(share float64) float64 {
	return -logSNR(l.Schedule, float64(1+int(share*float64(l.T)))/float64(l.T))
}

func (l DiscreteLevels) String() string { return fmt.Sprintf("discrete(%d)", l.T) }

// UniformLevels is a time uniform between that of the least noise and 1.
type UniformLevels struct {
	Schedule Schedule
	first    float64
}

// NewUniformLevels returns the law over all times of a schedule.
func NewUniformLevels(s Schedule) UniformLevels { return UniformLevels{s, leastTime(s)} }

// Level implements Levels.
func (l UniformLevels) Level(share float64) float64 {
	return -logSNR(l.Schedule, between(l.first, 1, share))
}

func (UniformLevels) String() string { return "uniform" }

// LogNormalLevels has u normal [karras2022] (table 1), cut to the noise that a schedule has.
type LogNormalLevels struct {
	Mean, Std float64   // of u
	quantiles []float64 // at even shares: a step asks for hundreds, and each takes an integral's inverse
}

// NewLogNormalLevels returns the law between a schedule's least and last noise.
func NewLogNormalLevels(s Schedule, mean, std float64) LogNormalLevels {
	const parts = 1 << 14
	first, last := math.Log(LeastNoise), -logSNR(s, 1)
	below, above := distuv.UnitNormal.CDF((first-mean)/std), distuv.UnitNormal.CDF((last-mean)/std)
	l := LogNormalLevels{mean, std, make([]float64, parts+1)}
	for i := range l.quantiles {
		u := mean + std*distuv.UnitNormal.Quantile(between(below, above, float64(i)/parts))
		l.quantiles[i] = min(max(u, first), last) // of infinity, where the range cuts nothing off
	}
	return l
}

// Level implements Levels: between the quantiles it is linear.
func (l LogNormalLevels) Level(share float64) float64 {
	at := share * float64(len(l.quantiles)-1)
	i := int(at)
	return between(l.quantiles[i], l.quantiles[i+1], at-float64(i))
}

func (l LogNormalLevels) String() string { return fmt.Sprintf("lognormal(%g, %g)", l.Mean, l.Std) }

// LevelsName is a law of levels by its name in a configuration.
type LevelsName string

// levelLaws is the table of laws. A new one is a line here.
var levelLaws = []struct {
	name LevelsName
	of   func(c Config, s Schedule) Levels
}{
	{"lognormal", func(c Config, s Schedule) Levels { return NewLogNormalLevels(s, c.NoiseMean, c.NoiseStd) }},
	{"uniform", func(_ Config, s Schedule) Levels { return NewUniformLevels(s) }},
	{"discrete", func(c Config, s Schedule) Levels { return DiscreteLevels{s, c.Levels} }},
}

// Choices lists the names in the order shown to users.
func (LevelsName) Choices() []string {
	names := make([]string, len(levelLaws))
	for i, l := range levelLaws {
		names[i] = string(l.name)
	}
	return names
}

// levels returns the law of the noise that training adds; it panics where there is none of the
// name.
func (c Config) levels(s Schedule) Levels {
	for _, l := range levelLaws {
		if l.name == c.TrainingLevels {
			return l.of(c, s)
		}
	}
	panic(suggest.Name("law of training-levels", string(c.TrainingLevels), c.TrainingLevels.Choices()))
}

// UnmarshalText accepts the Choices.
func (n *LevelsName) UnmarshalText(text []byte) error {
	return suggest.Set("law of training-levels", n, text)
}
