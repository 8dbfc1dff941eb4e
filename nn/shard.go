package nn

import (
	"errors"
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// shard is a part of a batch, with its own graph and gradient over shared parameters.
type shard struct {
	machine *Machine
	losses  G.Nodes
	weight  float64 // rows over batch
	grad    []float32
	copies  []gradCopy
	err     error
}

// gradCopy is a gradient whose node cannot write to the memory of the shard directly.
type gradCopy struct {
	node *G.Node
	to   []float32
}

func (s *Step) addShard(lo, hi int, loss func(g *Graph) G.Nodes) error {
	g := NewGraph(hi - lo)
	g.input = func(name string, cols int) []float32 {
		whole := s.inputs[name]
		if whole == nil {
			whole = make([]float32, s.batch*cols)
			s.inputs[name] = whole
		}
		return whole[lo*cols : hi*cols : hi*cols]
	}
	sh := shard{losses: loss(g), weight: float64(hi-lo) / float64(s.batch), grad: make([]float32, len(s.params.flat))}
	if len(sh.losses) == 0 {
		return errors.New("nn: a step without a loss")
	}
	for i, n := range sh.losses {
		if n.Shape().TotalSize() != 1 {
			return fmt.Errorf("nn: loss %d has the shape %v", i, n.Shape())
		}
	}
	var used []*Param
	var wrt G.Nodes
	for _, p := range s.params.list {
		if n := g.params[p]; n != nil {
			used, wrt = append(used, p), append(wrt, n)
		}
	}
	grads, err := g.gradients(sh.losses[0], g.constantLike(sh.losses[0], float32(sh.weight)), wrt)
	if err != nil {
		return err
	}
	outs := slices.Clone(sh.losses)
	for i, p := range used {
		if grads[i] == nil {
			continue // the loss does not depend on it
		}
		outs = append(outs, grads[i])
		to := sh.grad[p.at : p.at+len(p.Value) : p.at+len(p.Value)]
		if o, own := grads[i].Op().(*op); own && o.out == nil {
			o.out = tensor.New(tensor.WithShape(p.Rows, p.Cols), tensor.WithBacking(to))
		} else {
			sh.copies = append(sh.copies, gradCopy{grads[i], to})
		}
	}
	sh.machine, err = Compile(g, outs...)
	if err != nil {
		return err
	}
	sh.machine.setPrecision(s.params.Precision, &s.factors)
	for i, p := range used {
		if grads[i] != nil {
			sh.machine.names[sh.machine.slots[grads[i]]] = "the gradient of " + p.Name
		}
	}
	sh.machine.names[sh.machine.slots[sh.losses[0]]] = "the loss"
	s.shards = append(s.shards, sh)
	return nil
}

func (s *Step) shardGradient(i, _ int) {
	sh := &s.shards[i]
	if sh.err = sh.machine.RunAll(); sh.err != nil {
		return
	}
	for _, c := range sh.copies {
		copy(c.to, sh.machine.float32s(c.node))
	}
}
