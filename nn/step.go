package nn

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
)

// ShardRows is the largest number of rows of a batch that one worker computes at a time,
// unless a group is larger. It is a constant of the method: other shards would add gradients
// in another order.
const ShardRows = 128

// Step computes a loss over a batch and its gradient, and updates the parameters. The batch
// is cut into shards of at most ShardRows rows, each with a graph and a gradient of its own
// over shared parameters.
type Step struct {
	params *Params
	batch  int
	shards []shard
	inputs map[string][]float32
	losses []float64
	grad   []float32 // the first shard's memory; the sum after Gradient
	norms  []float64 // squared norm of each chunk of grad
	update update

	// Kept, because a method value made anew is an allocation.
	runShard, runSum, runUpdate func(i, worker int)
}

// NotFiniteError says which tensor was the first to hold a NaN or an infinity.
type NotFiniteError struct {
	Tensor string
	Value  float64
}

func (e *NotFiniteError) Error() string { return fmt.Sprintf("%s is %v", e.Tensor, e.Value) }

// NewStep compiles a step over batches of the given size. loss builds the formula over a
// graph whose inputs have the rows of one shard; it returns 1 x 1 means over those rows, the
// first of which is minimised and the others reported.
func NewStep(ps *Params, batch int, loss func(g *Graph) G.Nodes) (*Step, error) {
	return NewGroupedStep(ps, batch, 1, loss)
}

// NewGroupedStep is NewStep where each group of consecutive rows, such as the time steps of a
// sequence, stays in one shard. batch is a multiple of group.
func NewGroupedStep(ps *Params, batch, group int, loss func(g *Graph) G.Nodes) (*Step, error) {
	return NewShardedStep(ps, batch, group, ShardRows, loss)
}

// NewShardedStep is NewGroupedStep with another number than ShardRows: fewer where a row is much
// work, such as a whole film, so that every core has a shard. It is a constant of the method as well.
func NewShardedStep(ps *Params, batch, group, most int, loss func(g *Graph) G.Nodes) (*Step, error) {
	if group < 1 || batch < 1 || batch%group != 0 {
		return nil, fmt.Errorf("nn: a batch of %d rows in groups of %d", batch, group)
	}
	if most < 1 {
		return nil, fmt.Errorf("nn: shards of %d rows", most)
	}
	ps.seal()
	s := &Step{params: ps, batch: batch, inputs: map[string][]float32{}}
	groups, each := batch/group, max(1, most/group)
	count := (groups + each - 1) / each
	for i := range count {
		if err := s.addShard(i*groups/count*group, (i+1)*groups/count*group, loss); err != nil {
			return nil, err
		}
	}
	s.grad = s.shards[0].grad
	s.losses = make([]float64, len(s.shards[0].losses))
	s.norms = make([]float64, chunks(len(s.grad)))
	s.runShard, s.runSum, s.runUpdate = s.shardGradient, s.sumChunk, s.update.run
	return s, nil
}

// Input returns the memory of a named input for the whole batch, batch x cols: fill it before
// Gradient. It panics where the formula has no such input.
func (s *Step) Input(name string) []float32 {
	in, ok := s.inputs[name]
	if !ok {
		panic(fmt.Sprintf("nn: the step has no input %q", name))
	}
	return in
}

// Gradient computes the losses, means over the batch, and the first one's gradient. The
// slice is overwritten by the next call. On an error (a NotFiniteError, or an operation's)
// there is no gradient, and the parameters are as they were.
func (s *Step) Gradient() ([]float64, error) {
	parallel(len(s.shards), s.runShard)
	clear(s.losses)
	for i := range s.shards {
		sh := &s.shards[i]
		if sh.err != nil {
			return nil, sh.err
		}
		for j, n := range sh.losses {
			s.losses[j] += sh.weight * float64(sh.machine.float32s(n)[0])
		}
	}
	s.overChunks(s.runSum)
	sum := s.norm()
	for _, l := range s.losses {
		sum += math.Abs(l)
	}
	if math.IsNaN(sum) || math.IsInf(sum, 0) {
		return nil, s.notFinite()
	}
	return s.losses, nil
}

// overChunks calls f for each chunk of the gradient. A batch of one shard is small, and its
// gradient is in one core's cache: sharing would cost more than it gains.
func (s *Step) overChunks(f func(i, worker int)) {
	if len(s.shards) > 1 {
		parallel(len(s.norms), f)
		return
	}
	for i := range s.norms {
		f(i, 0)
	}
}

// sumChunk adds the shards' gradients, in their order, into the first.
func (s *Step) sumChunk(i, _ int) {
	lo, hi := chunkOf(i, len(s.grad))
	for j := 1; j < len(s.shards); j++ {
		kernel.Add(s.grad[lo:hi], s.grad[lo:hi], s.shards[j].grad[lo:hi])
	}
	s.norms[i] = kernel.SumSquares(s.grad[lo:hi])
}

func (s *Step) norm() float64 {
	var sum float64
	for _, n := range s.norms {
		sum += n
	}
	return math.Sqrt(sum)
}

// notFinite names the earliest tensor of all shards. A shard's later ones are no cause: the
// first shard holds the sum of all gradients.
func (s *Step) notFinite() error {
	first, cause := math.MaxInt, &NotFiniteError{"the gradient", s.norm()}
	for i := range s.shards {
		m := s.shards[i].machine
		if at, v := m.firstNotFinite(); at >= 0 && at < first {
			first, cause = at, &NotFiniteError{m.names[at], v}
		}
	}
	return cause
}

// Update moves the parameters along the last Gradient, and the average with them; ema may be
// nil.
func (s *Step) Update(o Optimizer, lr float64, ema *EMA) {
	if o.of() != s.params {
		panic("nn: the optimiser is another set's")
	}
	o.update(s, lr, ema)
}

// clipping is the factor that brings the norm of the gradient down to a limit, 0 for none.
func (s *Step) clipping(limit float64) float64 {
	if limit > 0 {
		if norm := s.norm(); norm > limit {
			return limit / norm
		}
	}
	return 1
}
