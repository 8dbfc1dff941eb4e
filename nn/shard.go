package nn

import (
	"errors"
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
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
	ops     []*op    // that write to the outs of a shard
	params  []*Param // whose gradients these are
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

// allocate allocates the losses and the gradient of a shard.
func (s *Step) allocate(sh *shard) {
	p := s.programs[machineKey{sh.rows(), 0}]
	sh.losses, sh.grad = make([]float64, len(p.losses)), make([]float32, len(s.params.flat))
	for _, param := range p.params {
		sh.outs = append(sh.outs, tensor.New(tensor.WithShape(param.Rows, param.Cols), tensor.WithBacking(param.in(sh.grad))))
	}
}

// in returns the part of a parameter in memory laid out as that of its set.
func (p *Param) in(flat []float32) []float32 {
	return flat[p.at : p.at+len(p.Value) : p.at+len(p.Value)]
}

func (s *Step) shardGradient(i, worker int) {
	sh := &s.shards[i]
	p := s.programs[machineKey{sh.rows(), worker}]
	for _, in := range p.inputs {
		if !in.recorded {
			copy(in.own, in.of(sh))
		}
	}
	for k, o := range p.ops {
		o.setOut(sh.outs[k])
	}
	if sh.err = p.machine.RunAll(); sh.err != nil {
		return
	}
	for _, in := range p.inputs {
		if in.recorded {
			copy(in.of(sh), in.own)
		}
	}
	for _, c := range p.copies {
		copy(c.of.in(sh.grad), p.machine.float32s(c.node))
	}
	for j, n := range p.losses {
		sh.losses[j] = float64(p.machine.float32s(n)[0])
	}
}
