package autoregressive

import (
	"math"
	"math/rand/v2"
)

// Choice is the choice of a digit while a point is sampled.
type Choice struct {
	Axis          int       // 0 for a digit of x, 1 for one of y
	Place         int       // of the digit in its coordinate, from 1, the most significant
	Probabilities []float64 // of each digit, given those before
	Digit         int       // that was chosen
	Cell          Box       // of the points that have the digits chosen so far
}

// Choices samples one point as [Points.Sample] does, and returns the choices of its digits in their order with the
// point. The probabilities of the chosen digits multiply to that of the last cell, over which the point is uniform.
func (p *Points) Choices(rng *rand.Rand) (choices []Choice, x, y float64) {
	q := &p.quantizer
	d := p.newDecoder(nil)
	var u []float64 // Sample takes those of all digits first
	for range 2 * q.digits {
		u = append(u, rng.Float64())
	}
	lowest, known := [2]int{}, [2]int{} // the bins of the digits so far, and the number of those
	for k := range 2 * q.digits {
		c := Choice{Probabilities: make([]float64, q.base)}
		for axis := range 2 {
			if known[axis] < q.digits && q.position(axis, known[axis]) == k {
				c.Axis = axis
			}
		}
		logSoftmax(c.Probabilities, d.step()[:q.base])
		for i, l := range c.Probabilities {
			c.Probabilities[i] = math.Exp(l)
		}
		c.Digit = d.pick(0, Sampling{Temperature: 1}, u[k])
		d.append(0, c.Digit)
		known[c.Axis]++
		c.Place = known[c.Axis]
		lowest[c.Axis] = lowest[c.Axis]*q.base + c.Digit
		span := func(axis int) (first, last int) {
			size := power(q.base, q.digits-known[axis])
			return lowest[axis] * size, (lowest[axis]+1)*size - 1
		}
		i0, i1 := span(0)
		j0, j1 := span(1)
		c.Cell = Box{q.x.at(i0, 0), q.x.at(i1, 1), q.y.at(j0, 0), q.y.at(j1, 1)}
		choices = append(choices, c)
	}
	return choices, q.x.at(lowest[0], rng.Float64()), q.y.at(lowest[1], rng.Float64())
}
