package inside

import (
	"strconv"

	"gonum.org/v1/gonum/mat"

	"genlab/diffusion"
	"genlab/diffusion/matching"
	"genlab/internal/config"
	"genlab/lab/live/pack"
	"genlab/train"
)

const (
	reverseFrames = 60 // that are kept
	reverseScored = 1000
)

// MaxNFE is the largest number of network evaluations for a sample.
const MaxNFE = 1000

// reverse returns the points of the reverse process on its way from noise to data, with any sampler and number of
// evaluations, and the energy distance of the result.
func (s Subject) reverse(r Request) (Answer, error) {
	process, nfe, err := s.sampling(r)
	if err != nil {
		return nil, err
	}
	points := size(r.Points, 1, 1000, 300)
	reach := pack.Wider(pack.Wider(s.Box))
	var times []float64
	var frames []string
	steps := len(process.Grid) - 1
	at := 0
	for t, z := range process.Trajectory(points, train.NewStream(max(1, r.Seed), "reverse").Rand) {
		if kept(at, steps+1, reverseFrames) {
			x := mat.DenseCopyOf(z)
			process.Scale.ToData(x)
			times, frames = append(times, t), append(frames, pack.Points(s.Data.Project(x), reach))
		}
		at++
	}
	answer := Answer{
		"times": times, "frames": frames, "nfe": nfe, "sampler": process.String(), "range": pack.Corners(reach), "box": pack.Corners(pack.Inflated(s.Box, 0.25)),
	}
	if s.Score != nil && r.Label == "" {
		answer["figures"] = s.Score(func(n int) *mat.Dense {
			return s.Data.Project(process.Sample(min(reverseScored, n), train.NewStream(s.Seed, "sample").Rand))
		})
	}
	return answer, nil
}

// sampling returns the sampling process that a request asks for and its number of evaluations.
func (s Subject) sampling(r Request) (process diffusion.Sampling, nfe int, err error) {
	if m, err := library[*matching.Model](s.Model); err == nil {
		c := m.Config()
		if err := r.ask(&c); err != nil {
			return process, 0, err
		}
		asked, err := c.NFE, c.Validate()
		for d := 1; err != nil && d < 4; d++ { // solvers take up to four evaluations a step
			if c.NFE = asked - d; c.NFE < 1 {
				c.NFE = asked + d
			}
			err = c.Validate()
		}
		if err != nil {
			return process, 0, bad("%v", err)
		}
		return m.SamplingWith(c), m.Evaluations(c), nil
	}
	m, err := library[*diffusion.Model](s.Model)
	if err != nil {
		return process, 0, err
	}
	c := m.Config()
	if err := r.ask(&c); err != nil {
		return process, 0, err
	}
	if c.Sampler == "heun" && c.NFE%2 == 0 {
		c.NFE-- // two evaluations a step, one in the last
	}
	if r.Label != "" && r.Guidance != nil {
		c.Guidance = *r.Guidance
	}
	if err := c.Validate(); err != nil {
		return process, 0, bad("%v", err)
	}
	if r.Label == "" {
		return m.SamplingWith(c), c.NFE, nil
	}
	class, err := s.Task.Label(r.Label)
	if err != nil || !m.Config().Conditional {
		return process, 0, conflict("samples of a label need a model that is trained with conditional on data with labels")
	}
	given := m.Given(mat.NewDense(1, 1, []float64{float64(class)})).With(c)
	return given.Sampling(), given.NetworkEvaluations(), nil
}

// ask sets the sampler and the number of evaluations of a configuration to those of a request.
func (r Request) ask(c any) error {
	set := map[string]string{}
	if r.NFE != 0 {
		set["nfe"] = strconv.Itoa(min(r.NFE, MaxNFE))
	}
	if r.Sampler != "" {
		set["sampler"] = r.Sampler
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
