package nn

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
)

// ShardRows is the maximum number of rows of a shard, the part of a batch that a worker computes at a
// time, unless a group is larger. It determines the order of summation of the gradients, and so the
// bits.
const ShardRows = 128

// Step computes the loss of a batch and its gradient, and updates the parameters. The batch is split
// into shards of at most [ShardRows] rows, each with its own gradient over shared parameters. A worker
// computes its shards one after another in the same memory; a single worker adds up their gradients as it goes.
type Step struct {
	params   *Params
	batch    int
	loss     func(g *Graph) G.Nodes
	shards   []shard
	programs map[machineKey]*program
	inputs   map[string][]float32
	losses   []float64
	grad     []float32 // memory of the first shard; the sum after Gradient
	norms    []float64 // squared norm of each chunk of grad
	update   update
	sharing  bool // the shards have one gradient, that of the first

	factors factors // of products in bfloat16

	// Method values, stored because creating one allocates.
	runShard, runSum, runUpdate func(i, worker int)
}

// NotFiniteError names the first tensor with a NaN or an infinity.
type NotFiniteError struct {
	Tensor string
	Value  float64
}

func (e *NotFiniteError) Error() string { return fmt.Sprintf("%s is %v", e.Tensor, e.Value) }

// NewStep compiles a step for batches of the given size. loss builds the graph of a shard and returns
// losses, 1 x 1 means over its rows: the first is minimised, the others are reported. It fails if
// there is no loss, one is not 1 x 1, or an operation has no derivative.
func NewStep(ps *Params, batch int, loss func(g *Graph) G.Nodes) (*Step, error) {
	return NewGroupedStep(ps, batch, 1, loss)
}

// NewGroupedStep is [NewStep] for batches of groups of consecutive rows, such as the positions of a
// sequence, which are not split. It also fails if batch is not a multiple of group.
func NewGroupedStep(ps *Params, batch, group int, loss func(g *Graph) G.Nodes) (*Step, error) {
	return NewShardedStep(ps, batch, group, ShardRows, loss)
}

// NewShardedStep is [NewGroupedStep] with another maximum than [ShardRows]: fewer rows if a row is
// expensive, such as a whole video, so that every core has a shard. It too determines the bits.
func NewShardedStep(ps *Params, batch, group, shardRows int, loss func(g *Graph) G.Nodes) (*Step, error) {
	if group < 1 || batch < 1 || batch%group != 0 {
		return nil, fmt.Errorf("nn: a batch of %d rows in groups of %d", batch, group)
	}
	if shardRows < 1 {
		return nil, fmt.Errorf("nn: shards of %d rows", shardRows)
	}
	ps.seal()
	s := &Step{params: ps, batch: batch, loss: loss, programs: map[machineKey]*program{}, inputs: map[string][]float32{}}
	groups, each := batch/group, max(1, shardRows/group)
	count := (groups + each - 1) / each
	for i := range count {
		lo, hi := i*groups/count*group, (i+1)*groups/count*group
		s.shards = append(s.shards, shard{lo: lo, hi: hi, weight: float64(hi-lo) / float64(batch)})
	}
	if err := s.prepare(1); err != nil {
		return nil, err
	}
	for i := range s.shards {
		s.allocate(&s.shards[i], i > 0)
	}
	s.grad = s.shards[0].grad
	s.losses = make([]float64, len(s.shards[0].losses))
	s.norms = make([]float64, chunks(len(s.grad)))
	s.runShard, s.runSum, s.runUpdate = s.shardGradient, s.sumChunk, s.update.run
	return s, nil
}

// Input returns the memory of a named input for the whole batch, batch x cols, to be filled before
// [Step.Gradient]. It panics if the graph has no such input.
func (s *Step) Input(name string) []float32 {
	in, ok := s.inputs[name]
	if !ok {
		panic(fmt.Sprintf("nn: the step has no input %q", name))
	}
	return in
}

// Gradient computes the losses, means over the batch, and the gradient of the first. The returned
// slice is overwritten by the next call. It fails if a value is not finite (a *[NotFiniteError]) or an
// operation fails; the parameters are unchanged.
func (s *Step) Gradient() ([]float64, error) {
	workers := maxWorkers(len(s.shards))
	if err := s.prepare(workers); err != nil {
		return nil, err
	}
	s.sharing = workers == 1
	for i := range s.shards {
		s.allocate(&s.shards[i], s.sharing && i > 0)
	}
	s.factors.packAll()
	parallel(len(s.shards), s.runShard)
	clear(s.losses)
	for i := range s.shards {
		sh := &s.shards[i]
		if sh.err != nil {
			return nil, sh.err
		}
		for j, l := range sh.losses {
			s.losses[j] += sh.weight * l
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

// overChunks calls f for each chunk of the gradient: in parallel, unless there is one shard, whose
// gradient is small and in the cache of one core.
func (s *Step) overChunks(f func(i, worker int)) {
	if len(s.shards) > 1 {
		parallel(len(s.norms), f)
		return
	}
	for i := range s.norms {
		f(i, 0)
	}
}

// sumChunk adds the gradients of the shards, in order, into the first.
func (s *Step) sumChunk(i, _ int) {
	lo, hi := chunkOf(i, len(s.grad))
	for j := 1; j < len(s.shards) && !s.sharing; j++ {
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

// notFinite returns the error that names the first tensor, in the order of computation, of all
// shards. It computes them again, since a shard's memory is used by the next.
func (s *Step) notFinite() error {
	first, cause := math.MaxInt, &NotFiniteError{"the gradient", s.norm()}
	for i := range s.shards {
		m := s.programs[machineKey{s.shards[i].rows(), 0}].machine
		found := finding{at: -1}
		m.search = &found
		s.shardGradient(i, 0)
		m.search = nil
		if found.at >= 0 && found.at < first {
			first, cause = found.at, &NotFiniteError{m.names[found.at], found.value}
		}
	}
	return cause
}

// Update applies the optimiser to the last gradient and updates the EMA, which may be nil. It panics
// if the optimiser is of other parameters.
func (s *Step) Update(o Optimizer, lr float64, ema *EMA) {
	if o.of() != s.params {
		panic("nn: Update with an optimiser of other parameters")
	}
	o.update(s, lr, ema)
}

// clipping returns the factor that clips the norm of the gradient to a limit, 0 for no limit.
func (s *Step) clipping(limit float64) float64 {
	if limit > 0 {
		if norm := s.norm(); norm > limit {
			return limit / norm
		}
	}
	return 1
}
