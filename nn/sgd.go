package nn

import "genlab/checkpoint"

// SGD is stochastic gradient descent with momentum: m <- Beta1·m + g, p <- p - lr·(m + WeightDecay·p),
// with weight decay of matrices only.
type SGD struct {
	*Adam  // its configuration, its m for the momentum, and which values decay
	run    func(i, worker int)
	step   *Step
	lr     float64
	scale  float64 // of the gradient
	ema    []float32
	follow float64 // decay of the average
}

// NewSGD returns an optimiser that has taken no step.
func NewSGD(ps *Params, cfg AdamConfig) *SGD {
	o := &SGD{Adam: NewAdam(ps, cfg)}
	o.v = nil
	o.run = o.chunk
	return o
}

func (o *SGD) update(s *Step, lr float64, ema *EMA) {
	o.steps++
	o.step, o.lr, o.scale = s, lr, s.clipping(o.cfg.Clip)
	o.ema, o.follow = ema.of(o.params, o.steps)
	s.overChunks(o.run)
}

func (o *SGD) chunk(i, _ int) {
	p, g := o.params.flat, o.step.grad
	beta, scale := float32(o.cfg.Beta1), float32(o.scale)
	lo, hi := chunkOf(i, len(p))
	for _, s := range o.spans {
		end := min(s.end, hi)
		decay := float32(0)
		if s.decays {
			decay = float32(o.cfg.WeightDecay)
		}
		for ; lo < end; lo++ {
			o.m[lo] = beta*o.m[lo] + scale*g[lo]
			p[lo] -= float32(o.lr) * (o.m[lo] + decay*p[lo])
			if o.ema != nil {
				o.ema[lo] += float32(1-o.follow) * (p[lo] - o.ema[lo])
			}
		}
	}
}

// State returns the momentum of each parameter under prefix/momentum/name.
func (o *SGD) State(prefix string) []checkpoint.Tensor {
	var s []checkpoint.Tensor
	for _, p := range o.params.list {
		s = append(s, p.tensor(prefix+"/momentum", o.m))
	}
	return s
}
