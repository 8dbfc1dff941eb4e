package diffusion

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"genlab/internal/suggest"
)

// NoiseDistribution is the distribution of the noise level u = log(σ/α) in training, given by its
// quantile function. Training samples it stratified, one stratum for each row of a batch.
type NoiseDistribution interface {
	// Quantile returns the u below which a fraction p of the mass lies, p in [0, 1).
	Quantile(p float64) float64
	String() string
}

// DiscreteNoise is uniform over the T timesteps 1/T, 2/T, ..., 1 of a schedule [ho2020].
type DiscreteNoise struct {
	Schedule Schedule
	T        int
}

// Quantile implements [NoiseDistribution].
func (d DiscreteNoise) Quantile(p float64) float64 {
	return -logSNR(d.Schedule, float64(1+int(p*float64(d.T)))/float64(d.T))
}

func (d DiscreteNoise) String() string { return fmt.Sprintf("discrete(%d)", d.T) }

// UniformNoise is uniform in time, from that of [MinNoise] to 1.
type UniformNoise struct {
	Schedule Schedule
	first    float64
}

// NewUniformNoise returns the distribution over the times of a schedule.
func NewUniformNoise(s Schedule) UniformNoise { return UniformNoise{s, TimeOfNoise(s, MinNoise)} }

// Quantile implements [NoiseDistribution].
func (d UniformNoise) Quantile(p float64) float64 { return -logSNR(d.Schedule, lerp(d.first, 1, p)) }

func (UniformNoise) String() string { return "uniform" }

// LogNormalNoise is a normal distribution of u [karras2022] (table 1), truncated to the range of a schedule.
type LogNormalNoise struct {
	Mean, Std float64   // of u before truncation
	quantiles []float64 // at equidistant p: exact ones are too slow for hundreds a step
}

// NewLogNormalNoise returns the distribution between log [MinNoise] and the last u of a schedule.
func NewLogNormalNoise(s Schedule, mean, std float64) LogNormalNoise {
	const parts = 1 << 14
	first, last := math.Log(MinNoise), -logSNR(s, 1)
	below, above := distuv.UnitNormal.CDF((first-mean)/std), distuv.UnitNormal.CDF((last-mean)/std)
	d := LogNormalNoise{mean, std, make([]float64, parts+1)}
	for i := range d.quantiles {
		u := mean + std*distuv.UnitNormal.Quantile(lerp(below, above, float64(i)/parts))
		d.quantiles[i] = min(max(u, first), last) // of an infinite quantile, where nothing is truncated
	}
	return d
}

// Quantile implements [NoiseDistribution] by linear interpolation in a table.
func (d LogNormalNoise) Quantile(p float64) float64 {
	at := p * float64(len(d.quantiles)-1)
	i := int(at)
	return lerp(d.quantiles[i], d.quantiles[i+1], at-float64(i))
}

func (d LogNormalNoise) String() string { return fmt.Sprintf("lognormal(%g, %g)", d.Mean, d.Std) }

// NoiseDistributionName selects a [NoiseDistribution] in a [Config].
type NoiseDistributionName string

// noiseDistributions is the table of noise distributions. A new one is a line here.
var noiseDistributions = suggest.Table[NoiseDistributionName, func(Config, Schedule) NoiseDistribution]{
	{Name: "lognormal", Value: func(c Config, s Schedule) NoiseDistribution { return NewLogNormalNoise(s, c.NoiseMean, c.NoiseStd) }},
	{Name: "uniform", Value: func(_ Config, s Schedule) NoiseDistribution { return NewUniformNoise(s) }},
	{Name: "discrete", Value: func(c Config, s Schedule) NoiseDistribution { return DiscreteNoise{s, c.Timesteps} }},
}

// Choices lists the valid names.
func (NoiseDistributionName) Choices() []string { return noiseDistributions.Choices() }

// UnmarshalText sets n to one of the Choices, or returns an error that lists them.
func (n *NoiseDistributionName) UnmarshalText(text []byte) error {
	return suggest.Set("noise distribution", n, text)
}

// noiseDistribution returns the distribution that c selects over the noise levels of s.
func (c Config) noiseDistribution(s Schedule) NoiseDistribution {
	return must(noiseDistributions.Lookup("noise distribution", c.NoiseDistribution))(c, s)
}
