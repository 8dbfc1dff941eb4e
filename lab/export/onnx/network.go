package onnx

import (
	"fmt"
	"math"
	"slices"

	"genlab/checkpoint"
	"genlab/nn"
)

// tensors are the tensors of a checkpoint or of a part of it.
type tensors []checkpoint.Tensor

// has reports whether there is a tensor of a name.
func (t tensors) has(name string) bool {
	return slices.ContainsFunc(t, func(x checkpoint.Tensor) bool { return x.Name == name })
}

// get returns a tensor by its name. Models check their tensors when they are loaded, so that a missing one is a fault here.
func (t tensors) get(name string) checkpoint.Tensor {
	i := slices.IndexFunc(t, func(x checkpoint.Tensor) bool { return x.Name == name })
	if i < 0 {
		panic("onnx: the checkpoint has no tensor " + name)
	}
	return t[i]
}

// activation returns act(x) of float32 values.
func (g *graph) activation(act nn.Activation, x value) value {
	switch act {
	case nn.Identity:
		return x
	case nn.SiLU:
		return g.mul(x, g.op("Sigmoid", x))
	case nn.ReLU:
		return g.op("Relu", x)
	case nn.LeakyReLU:
		return g.with("LeakyRelu", []attribute{{"alpha", float32(nn.LeakySlope)}}, x)
	case nn.Tanh:
		return g.op("Tanh", x)
	case nn.GELU:
		cubic := g.sum(x, g.mul(g.f32(0.044715), g.mul(x, g.square(x))))
		return g.mul(x, g.op("Sigmoid", g.mul(g.f32(2*math.Sqrt(2/math.Pi)), cubic)))
	case nn.Softplus:
		return g.op("Softplus", x)
	case nn.Sigmoid:
		return g.op("Sigmoid", x)
	}
	panic(fmt.Sprintf("onnx: unknown activation %v", act))
}

// slope returns act'(z) of float32 values.
func (g *graph) slope(act nn.Activation, z value) value {
	one := g.f32(1)
	positive := func(yes, no float64) value {
		return g.op("Where", g.op("Greater", z, g.f32(0)), g.f32(yes), g.f32(no))
	}
	switch act {
	case nn.SiLU:
		s := g.op("Sigmoid", z)
		return g.mul(s, g.sum(one, g.mul(z, g.sub(one, s))))
	case nn.ReLU:
		return positive(1, 0)
	case nn.LeakyReLU:
		return positive(1, nn.LeakySlope)
	case nn.Tanh:
		return g.sub(one, g.square(g.op("Tanh", z)))
	case nn.GELU:
		a := 2 * math.Sqrt(2/math.Pi)
		s := g.op("Sigmoid", g.mul(g.f32(a), g.sum(z, g.mul(g.f32(0.044715), g.mul(z, g.square(z))))))
		inner := g.mul(g.f32(a), g.sum(one, g.mul(g.f32(3*0.044715), g.square(z))))
		return g.mul(s, g.sum(one, g.mul(g.mul(z, g.sub(one, s)), inner)))
	case nn.Softplus:
		return g.op("Sigmoid", z)
	case nn.Sigmoid:
		s := g.op("Sigmoid", z)
		return g.mul(s, g.sub(one, s))
	}
	return one // of the identity
}

// mlp is a multilayer perceptron whose tensors are NAME1.weight, NAME1.bias, ...
type mlp struct {
	weights, biases []checkpoint.Tensor
	act             nn.Activation
}

func (t tensors) mlp(name string, act nn.Activation) mlp {
	m := mlp{act: act}
	for i := 1; t.has(fmt.Sprintf("%s%d.weight", name, i)); i++ {
		m.weights = append(m.weights, t.get(fmt.Sprintf("%s%d.weight", name, i)))
		m.biases = append(m.biases, t.get(fmt.Sprintf("%s%d.bias", name, i)))
	}
	return m
}

// inputs returns the number of inputs.
func (m mlp) inputs() int { return m.weights[0].Shape[0] }

// dense returns x·W + b.
func (g *graph) dense(x value, w, b checkpoint.Tensor) value {
	return g.with("Gemm", nil, x, g.weights(w), g.weights(b))
}

// apply returns the output of the network for float32 inputs.
func (m mlp) apply(g *graph, x value) value { return m.after(g, g.dense(x, m.weights[0], m.biases[0])) }

// after returns the output for the first layer before its activation.
func (m mlp) after(g *graph, z value) value {
	for i := 1; i < len(m.weights); i++ {
		z = g.dense(g.activation(m.act, z), m.weights[i], m.biases[i])
	}
	return z
}

// withTangents returns the output and its directional derivatives, for the first layer before its activation and the
// derivatives of that.
func (m mlp) withTangents(g *graph, z value, tangents []value) (value, []value) {
	for i := 1; i < len(m.weights); i++ {
		slope := g.slope(m.act, z)
		next := make([]value, len(tangents))
		for k, t := range tangents {
			next[k] = g.op("MatMul", g.mul(slope, t), g.weights(m.weights[i]))
		}
		z, tangents = g.dense(g.activation(m.act, z), m.weights[i], m.biases[i]), next
	}
	return z, tangents
}

// fourier returns x | sin(x·B) | cos(x·B), or x where the tensors have no such frequencies.
func (g *graph) fourier(t tensors, name string, x value) value {
	if !t.has(name) {
		return x
	}
	angles := g.op("MatMul", x, g.weights(t.get(name)))
	return g.concat(1, x, g.op("Sin", angles), g.op("Cos", angles))
}

// toData and fromData map standardised float64 coordinates to those of the data and back.
func (g *graph) toData(shift, scale []float64, z value) value {
	return g.sum(g.row64(shift), g.mul(g.row64(scale), z))
}

func (g *graph) fromData(shift, scale []float64, x value) value {
	return g.div(g.sub(x, g.row64(shift)), g.row64(scale))
}

// logNormal is log N(z; 0, I) of each row of float64 values of d columns: rows x 1, of two axes or as many as z has.
func (g *graph) logNormal(z value, d int) value {
	return g.sub(g.mul(g.f64(-0.5), g.rowSum(g.square(z))), g.f64(float64(d)/2*math.Log(2*math.Pi)))
}

// finite returns log p (rows x 1), with -Inf where it is NaN although the point x has none: so far out that it overflows.
func (g *graph) finite(logp, x value) value {
	far := g.op("And", g.op("IsNaN", logp), g.op("Not", g.undefined(x)))
	return g.op("Where", far, g.f64(math.Inf(-1)), logp)
}

// undefined reports whether a row of x has a NaN: rows x 1, boolean.
func (g *graph) undefined(x value) value {
	return g.op("Greater", g.rowSum(g.cast(g.op("IsNaN", x), Float32)), g.f32(0))
}
