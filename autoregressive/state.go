package autoregressive

import (
	"math"
	"slices"

	"genlab/checkpoint"
)

// Fixed returns the tensors of a checkpoint besides the weights: the edges of the box, box/edges, as sums
// of three float32. Only where those do not hold them to the last bit, box/exact has them, and only where
// the model has tails box/bulk has the edges of the bulk, both by [checkpoint.Exact].
func (p *Points) Fixed() []checkpoint.Tensor {
	box, bulk := p.quantizer.box.edges(), p.quantizer.bulk.edges()
	t := checkpoint.Tensor{Name: "box/edges", Shape: []int{4, len(split(0))}}
	for _, v := range box {
		s := split(v)
		t.Data = append(t.Data, s[:]...)
	}
	state := []checkpoint.Tensor{t}
	if joined(t) != box {
		state = append(state, checkpoint.Exact("box/exact", box[:]))
	}
	if bulk != box {
		state = append(state, checkpoint.Exact("box/bulk", bulk[:]))
	}
	return state
}

// split writes a float64 as a sum of the float32 that checkpoints hold.
func split(v float64) (parts [3]float32) {
	for i := range parts {
		parts[i] = float32(max(-math.MaxFloat32, min(math.MaxFloat32, v)))
		v -= float64(parts[i])
	}
	return parts
}

// joined returns the sums of the parts.
func joined(t checkpoint.Tensor) (v [4]float64) {
	for i := range v {
		for _, part := range t.Data[3*i : 3*i+3] {
			v[i] += float64(part)
		}
	}
	return v
}

// boxFromState returns what Fixed saved.
func boxFromState(saved []checkpoint.Tensor) (box, bulk Box, err error) {
	saved = checkpoint.Under("box", saved)
	live := []checkpoint.Tensor{{Name: "box/edges", Shape: []int{4, 3}, Data: make([]float32, 12)}}
	for _, name := range []string{"box/exact", "box/bulk"} {
		if slices.ContainsFunc(saved, func(t checkpoint.Tensor) bool { return t.Name == name }) {
			live = append(live, checkpoint.Exact(name, make([]float64, 4)))
		}
	}
	if err := checkpoint.Copy(live, saved); err != nil {
		return Box{}, Box{}, err
	}
	box = boxOf(joined(live[0]))
	bulk = box
	for _, t := range live[1:] {
		if v := boxOf([4]float64(checkpoint.Float64s(t))); t.Name == "box/bulk" {
			bulk = v
		} else {
			box, bulk = v, v
		}
	}
	return box, bulk, nil
}
