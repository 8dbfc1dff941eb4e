package stage

import (
	"strconv"

	"gonum.org/v1/gonum/mat"

	"genlab/diffusion"
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
	m, err := library[*diffusion.Model](v.model)
	if err != nil {
		return nil, err
	}
	c := m.Config()
	set := map[string]string{}
	if l.NFE != 0 {
		set["nfe"] = strconv.Itoa(min(l.NFE, maxNFE))
	}
	if l.Sampler != "" {
		set["sampler"] = l.Sampler
	}
	for key, value := range set {
		if err := config.Set(&c, key, value); err != nil {
			return nil, bad("%v", err)
		}
	}
	if c.Sampler == "heun" && c.NFE%2 == 0 {
		c.NFE-- // two evaluations a step, one in the last
	}
	if err := c.Validate(); err != nil {
		return nil, bad("%v", err)
	}
	s := m.SamplingWith(c)
	if l.Label != "" {
		class, err := v.p.task.Label(l.Label)
		if err != nil || !m.Config().Conditional {
			return nil, conflict("samples of a label need a model that is trained with conditional on data with labels")
		}
		if l.Guidance != nil {
			c.Guidance = *l.Guidance
			if err := c.Validate(); err != nil {
				return nil, bad("%v", err)
			}
		}
		s = m.Given(mat.NewDense(1, 1, []float64{float64(class)})).With(c).Sampling()
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
		"times": times, "frames": frames, "nfe": c.NFE, "sampler": s.String(), "range": pack.Corners(reach), "box": pack.Corners(pack.Inflated(v.data.box, 0.25)),
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

// kept reports whether frame i of n is among at most limit evenly spaced ones, with the first and the last.
func kept(i, n, limit int) bool {
	if n <= limit || i == n-1 {
		return true
	}
	return i*(limit-1)/(n-1) != (i-1)*(limit-1)/(n-1) || i == 0
}
