package stage

import (
	"strconv"

	"gonum.org/v1/gonum/mat"

	"genlab/diffusion"
	"genlab/diffusion/matching"
	"genlab/internal/config"
	"genlab/lab/live/pack"
	"genlab/metrics"
	"genlab/train"
)

const (
	reverseFrames = 60 // that are kept
	reverseScored = 1000
)

// reverse returns the points of the reverse process on its way from noise to data, with any sampler and number of
// evaluations, and the energy distance of the result.
func (v viewed) reverse(l look) (map[string]any, error) {
	s, nfe, err := v.sampling(l)
	if err != nil {
		return nil, err
	}
	points := size(l.Points, 1, 1000, 300)
	reach := pack.Wider(pack.Wider(v.data.box))
	var times []float64
	var frames []string
	steps := len(s.Grid) - 1
	at := 0
	for t, z := range s.Trajectory(points, train.NewStream(max(1, l.Seed), "reverse").Rand) {
		if kept(at, steps+1, reverseFrames) {
			x := mat.DenseCopyOf(z)
			s.Scale.ToData(x)
			times, frames = append(times, t), append(frames, pack.Points(v.data.ds.Project(x), reach))
		}
		at++
	}
	answer := map[string]any{
		"times": times, "frames": frames, "nfe": nfe, "sampler": s.String(), "range": pack.Corners(reach), "box": pack.Corners(pack.Inflated(v.data.box, 0.25)),
	}
	if v.o != nil && l.Label == "" {
		v.o.ready(0)
		truth := v.o.truth[0]
		n, _ := truth.Dims()
		x := v.data.ds.Project(s.Sample(min(reverseScored, n), train.NewStream(v.seed, "sample").Rand))
		answer["figures"] = []row{rowOf(metrics.EnergyDistance(x, truth).Row("energy_distance", v.o.energy[0], "", "lower"))}
	}
	return answer, nil
}

// sampling returns the sampling process that a request asks for and its number of evaluations.
func (v viewed) sampling(l look) (s diffusion.Sampling, nfe int, err error) {
	if m, err := library[*matching.Model](v.model); err == nil {
		c := m.Config()
		if err := l.ask(&c); err != nil {
			return s, 0, err
		}
		if err := c.Validate(); err != nil {
			return s, 0, bad("%v", err)
		}
		return m.SamplingWith(c), m.Evaluations(c), nil
	}
	m, err := library[*diffusion.Model](v.model)
	if err != nil {
		return s, 0, err
	}
	c := m.Config()
	if err := l.ask(&c); err != nil {
		return s, 0, err
	}
	if c.Sampler == "heun" && c.NFE%2 == 0 {
		c.NFE-- // two evaluations a step, one in the last
	}
	if l.Label != "" && l.Guidance != nil {
		c.Guidance = *l.Guidance
	}
	if err := c.Validate(); err != nil {
		return s, 0, bad("%v", err)
	}
	if l.Label == "" {
		return m.SamplingWith(c), c.NFE, nil
	}
	class, err := v.p.task.Label(l.Label)
	if err != nil || !m.Config().Conditional {
		return s, 0, conflict("samples of a label need a model that is trained with conditional on data with labels")
	}
	given := m.Given(mat.NewDense(1, 1, []float64{float64(class)})).With(c)
	return given.Sampling(), given.NetworkEvaluations(), nil
}

// ask sets the sampler and the number of evaluations of a configuration to those of a request.
func (l look) ask(c any) error {
	set := map[string]string{}
	if l.NFE != 0 {
		set["nfe"] = strconv.Itoa(min(l.NFE, maxNFE))
	}
	if l.Sampler != "" {
		set["sampler"] = l.Sampler
	}
	for key, value := range set {
		if err := config.Set(c, key, value); err != nil {
			return bad("%v", err)
		}
	}
	return nil
}

// kept reports whether frame i of n is among at most limit evenly spaced ones, with the first and the last.
func kept(i, n, limit int) bool {
	if n <= limit || i == n-1 {
		return true
	}
	return i*(limit-1)/(n-1) != (i-1)*(limit-1)/(n-1) || i == 0
}
