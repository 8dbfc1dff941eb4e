package nn

import (
	"errors"
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/internal/kernel"
)

// shard is a part of a batch, rows [lo, hi), with its own losses and gradient over shared parameters.
type shard struct {
	lo, hi int
	weight float64 // rows over batch
	losses []float64
	grad   []float32
	outs   []*tensor.Dense // the parts of grad that the operations of a program compute
	err    error
}

func (sh *shard) rows() int { return sh.hi - sh.lo }

// program is a compiled graph of a number of rows. A worker has one for each size of its shards, and
// runs one shard after another on it, in memory that is then still in its core's cache.
type program struct {
	machine *Machine
	inputs  []programInput
	losses  G.Nodes
	ops     []*op           // that write to the outs of a shard
	params  []*Param        // whose gradients these are
	beside  []*tensor.Dense // of each operation that cannot add to an out; else nil
	copies  []gradCopy
}

// programInput is an input of a program and that of the whole batch, from which it is copied before a run;
// one that is recorded is copied back after it.
type programInput struct {
	cols     int
	own      []float32
	whole    []float32
	recorded bool
}

// of returns the part of the whole batch that a shard has.
func (in programInput) of(sh *shard) []float32 { return in.whole[sh.lo*in.cols : sh.hi*in.cols] }

// gradCopy is the gradient of a parameter whose node cannot write to the memory of a shard directly.
type gradCopy struct {
	node *G.Node
	of   *Param
}

// prepare compiles what the shards need on so many workers, unless it has been.
func (s *Step) prepare(workers int) (err error) {
	for i := range s.shards {
		for w := range workers {
			key := machineKey{s.shards[i].rows(), w}
			if s.programs[key] == nil {
				if s.programs[key], err = s.compile(key.rows); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *Step) compile(rows int) (*program, error) {
	g := NewGraph(rows)
	p := &program{losses: s.loss(g)}
	if len(p.losses) == 0 {
		return nil, errors.New("nn: a step without a loss")
	}
	for i, n := range p.losses {
		if n.Shape().TotalSize() != 1 {
			return nil, fmt.Errorf("nn: loss %d has the shape %v", i, n.Shape())
		}
	}
	for name, l := range g.leaves {
		if !l.perRow {
			continue
		}
		if s.inputs[name] == nil {
			s.inputs[name] = make([]float32, s.batch*l.cols)
		}
		p.inputs = append(p.inputs, programInput{l.cols, l.f32, s.inputs[name], l.recorded})
	}
	var used []*Param
	var wrt G.Nodes
	for _, param := range s.params.list {
		if n := g.params[param]; n != nil {
			used, wrt = append(used, param), append(wrt, n)
		}
	}
	weight := float32(float64(rows) / float64(s.batch))
	grads, err := g.gradients(p.losses[0], g.constantLike(p.losses[0], weight), wrt)
	if err != nil {
		return nil, err
	}
	outs := slices.Clone(p.losses)
	// Machines compute outputs in this order. The parameters of the last layers come first: their gradients
	// are then computed as soon as backpropagation passes, while their inputs are in the cache.
	for i, param := range slices.Backward(used) {
		if grads[i] == nil {
			continue // the loss does not depend on it
		}
		outs = append(outs, grads[i])
		if o, own := grads[i].Op().(*op); own && !slices.Contains(p.ops, o) {
			p.ops, p.params = append(p.ops, o), append(p.params, param)
			var own *tensor.Dense
			if o.more == nil || !addsAtOnce(grads[i]) {
				own = tensor.New(tensor.WithShape(param.Rows, param.Cols), tensor.Of(tensor.Float32))
			}
			p.beside = append(p.beside, own)
		} else {
			p.copies = append(p.copies, gradCopy{grads[i], param})
		}
	}
	if p.machine, err = Compile(g, outs...); err != nil {
		return nil, err
	}
	p.machine.setPrecision(s.params.Precision, &s.factors)
	for i, param := range used {
		if grads[i] != nil {
			p.machine.names[p.machine.slots[grads[i]]] = "the gradient of " + param.Name
		}
	}
	p.machine.names[p.machine.slots[p.losses[0]]] = "the loss"
	return p, nil
}

// addsAtOnce reports whether the product of a node has few enough terms for the kernels to sum them before they
// add to the output.
func addsAtOnce(n *G.Node) bool {
	return children(n)[0].Shape().TotalSize()/n.Shape()[0] <= kernel.GemmTerms
}

// allocate allocates the losses of a shard, and its gradient unless the shards share that of the first.
func (s *Step) allocate(sh *shard, shared bool) {
	p := s.programs[machineKey{sh.rows(), 0}]
	if sh.losses == nil {
		sh.losses = make([]float64, len(p.losses))
	}
	if sh.grad != nil || shared {
		return
	}
	sh.grad = make([]float32, len(s.params.flat))
	for _, param := range p.params {
		sh.outs = append(sh.outs, tensor.New(tensor.WithShape(param.Rows, param.Cols), tensor.WithBacking(param.in(sh.grad))))
	}
}

// in returns the part of a parameter in memory laid out as that of its set.
func (p *Param) in(flat []float32) []float32 {
	return flat[p.at : p.at+len(p.Value) : p.at+len(p.Value)]
}

// shardGradient computes the losses and the gradient of a shard. If the shards share a gradient, it adds to that of
// the shards before.
func (s *Step) shardGradient(i, worker int) {
	sh, into := &s.shards[i], &s.shards[i]
	if s.sharing {
		into = &s.shards[0]
	}
	adding := s.sharing && i > 0
	p := s.programs[machineKey{sh.rows(), worker}]
	for _, in := range p.inputs {
		if !in.recorded {
			copy(in.own, in.of(sh))
		}
	}
	for k, o := range p.ops {
		if o.adding = adding && p.beside[k] == nil; adding && !o.adding {
			o.setOut(p.beside[k])
		} else {
			o.setOut(into.outs[k])
		}
	}
	if sh.err = p.machine.RunAll(); sh.err != nil {
		return
	}
	for _, in := range p.inputs {
		if in.recorded {
			copy(in.of(sh), in.own)
		}
	}
	for k, own := range p.beside {
		if adding && own != nil {
			sum := into.outs[k].Float32s()
			kernel.Add(sum, sum, own.Float32s())
		}
	}
	for _, c := range p.copies {
		if sum := c.of.in(into.grad); adding {
			kernel.Add(sum, sum, p.machine.float32s(c.node))
		} else {
			copy(sum, p.machine.float32s(c.node))
		}
	}
	for j, n := range p.losses {
		sh.losses[j] = float64(p.machine.float32s(n)[0])
	}
}
