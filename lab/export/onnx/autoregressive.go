package onnx

import (
	"fmt"
	"math"

	"genlab/autoregressive"
	"genlab/checkpoint"
)

// transformer is a causal transformer over symbols.
type transformer struct {
	cfg     autoregressive.Config
	ema     tensors
	symbols int // without the start symbol, the last row of the token embedding
	classes int // columns of the logits
	context int
}

func newTransformer(cfg autoregressive.Config, saved tensors, text bool) transformer {
	t := transformer{cfg: cfg, ema: checkpoint.Out("ema", saved)}
	t.symbols, t.context = t.ema.get("token").Shape[0]-1, t.ema.get("position").Shape[0]-1
	if t.classes = t.symbols; text {
		t.classes++ // of unknown characters
	}
	return t
}

// norm is a layer normalisation; its gain is stored less one.
func (t transformer) norm(g *graph, x value, name string) value {
	gain := t.ema.get(name + ".gain")
	whole := checkpoint.Tensor{Name: name + ".gain+1", Shape: []int{gain.Shape[1]}, Data: make([]float32, len(gain.Data))}
	for i, v := range gain.Data {
		whole.Data[i] = v + 1
	}
	bias := t.ema.get(name + ".bias")
	bias.Shape = whole.Shape
	eps := float32(autoregressive.Constants()["norm_eps"])
	return g.with("LayerNormalization", []attribute{{"axis", -1}, {"epsilon", eps}}, x, g.weights(whole), g.weights(bias))
}

func (t transformer) dense(g *graph, x value, name string) value {
	return g.sum(g.op("MatMul", x, g.weights(t.ema.get(name+".weight"))), g.weights(t.ema.get(name+".bias")))
}

// logits returns those of the next symbol after tokens (n x length, the start symbol first): n x length x classes, float32.
func (t transformer) logits(g *graph, tokens value) value {
	length := g.op("Slice", g.op("Shape", tokens), g.ints(1), g.ints(2))
	head := func(v value) value { return g.op("Slice", v, g.ints(0), length, g.ints(0)) }
	x := g.sum(g.op("Gather", g.weights(t.ema.get("token")), tokens), head(g.weights(t.ema.get("position"))))
	steps, width := t.context+1, t.cfg.Hidden/t.cfg.Heads
	mask := make([]float32, steps*steps)
	for i := range steps {
		for j := i + 1; j < steps; j++ {
			mask[i*steps+j] = float32(math.Inf(-1))
		}
	}
	causal := g.op("Slice", head(g.constant([]int{steps, steps}, mask)), g.ints(0), length, g.ints(1))
	byHead, transposed := attribute{"perm", []int{0, 2, 1, 3}}, attribute{"perm", []int{0, 2, 3, 1}}
	for i := 1; i <= t.cfg.Layers; i++ {
		name := fmt.Sprintf("block%d.", i)
		qkv := t.dense(g, t.norm(g, x, name+"norm1"), name+"attention")
		part := func(k int, order attribute) value {
			d := t.cfg.Hidden
			v := g.op("Slice", qkv, g.ints(k*d), g.ints((k+1)*d), g.ints(2))
			return g.with("Transpose", []attribute{order}, g.op("Reshape", v, g.ints(0, 0, t.cfg.Heads, width)))
		}
		scores := g.mul(g.op("MatMul", part(0, byHead), part(1, transposed)), g.f32(1/math.Sqrt(float64(width))))
		weights := g.with("Softmax", []attribute{{"axis", -1}}, g.sum(scores, causal))
		mixed := g.with("Transpose", []attribute{byHead}, g.op("MatMul", weights, part(2, byHead)))
		x = g.sum(x, t.dense(g, g.op("Reshape", mixed, g.ints(0, 0, t.cfg.Hidden)), name+"projection"))
		wide := g.activation(t.cfg.Activation, t.dense(g, t.norm(g, x, name+"norm2"), name+"widen"))
		x = g.sum(x, t.dense(g, wide, name+"narrow"))
	}
	x = t.norm(g, x, "norm")
	out := t.ema.has("head")
	if !out { // tied to the token embedding
		table := g.op("Slice", g.weights(t.ema.get("token")), g.ints(0), g.ints(t.classes), g.ints(0))
		return g.op("MatMul", x, g.with("Transpose", []attribute{{"perm", []int{1, 0}}}, table))
	}
	return g.op("MatMul", x, g.with("Transpose", []attribute{{"perm", []int{1, 0}}}, g.weights(t.ema.get("head"))))
}

// network is the graph of the network alone.
func (t transformer) network() *graph {
	g := newGraph("network", fmt.Sprintf("The transformer: the logits of the next symbol after each. The start symbol is %d.", t.symbols))
	tokens := g.input("tokens", Int64, fmt.Sprintf("at most %d symbols, of which the first is the start symbol", t.context+1), "n", "length")
	g.output(t.logits(g, tokens), "logits", Float32, "of the next symbol", "n", "length", t.classes)
	return g
}

// begin returns a column of start symbols, for as many rows as v has.
func (t transformer) begin(g *graph, v value) value {
	rows := g.op("Slice", g.op("Shape", v), g.ints(0), g.ints(1))
	return g.op("Expand", g.constant([]int{1, 1}, []int64{int64(t.symbols)}), g.concat(0, rows, g.ints(1)))
}
