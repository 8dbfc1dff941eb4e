package vae

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/internal/kernel"
	"genlab/nn"
)

// network is a multilayer perceptron with a linear skip connection to its first outputs, the mean.
type network struct {
	net  nn.MLP
	skip *nn.Param // in x mean; nil for none
}

// newNetwork returns a network with out outputs, of which the first are a mean.
func (m *Model) newNetwork(name string, in, mean, out int, rng *rand.Rand) network {
	last := nn.Init(nn.Xavier)
	if m.cfg.Start == Identity {
		last = nn.Zero
	}
	widths := slices.Concat([]int{in}, slices.Repeat([]int{m.cfg.Hidden}, m.cfg.Layers), []int{out})
	n := network{net: nn.NewMLP(&m.params, name, widths, m.cfg.Activation, last, rng)}
	if m.cfg.Start == Identity {
		n.skip = m.params.New(name+".skip", in, mean)
		for i := range min(in, mean) {
			n.skip.Value[i*mean+i] = 1
		}
	}
	return n
}

// setScale initialises the biases of outputs [from, to), which pass through a softplus, such that
// their initial value is scale.
func (n network) setScale(from, to int, scale float64) {
	bias := n.net[len(n.net)-1].B.Value
	for i := from; i < to; i++ {
		bias[i] = float32(inverseSoftplus(scale))
	}
}

// apply returns the mean, rows x mean, and the other outputs, rows x (out - mean).
func (n network) apply(g *nn.Graph, x *G.Node, mean int) (first, rest *G.Node) {
	h := n.net.Apply(g, x)
	first, rest = nn.Cols(h, 0, mean), nn.Cols(h, mean, h.Shape()[1])
	if n.skip != nil {
		first = nn.Add(first, nn.MatMul(x, g.Param(n.skip), false, false))
	}
	return first, rest
}

func (n network) flops() int {
	flops := n.net.FLOPs()
	if n.skip != nil {
		flops += 2 * n.skip.Rows * n.skip.Cols
	}
	return flops
}

// scaleOf maps an unconstrained output to a scale above floor: floor + log(1 + exp(raw)). It grows
// linearly; an exponential could make training diverge in a single step.
func scaleOf(raw *G.Node, floor float64) *G.Node {
	return nn.Shift(floor, nn.Act(raw, kernel.Softplus))
}

func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// inverseSoftplus is the x with softplus(x) = y, y > 0.
func inverseSoftplus(y float64) float64 { return y + math.Log(-math.Expm1(-y)) }

// narrow returns the rows of z in float32. It panics unless there are latent columns.
func narrow(z mat.Matrix, latent int) []float32 {
	n, d := z.Dims()
	if d != latent {
		panic(fmt.Sprintf("vae: z with %d columns for a model of %d latent dimensions", d, latent))
	}
	out := make([]float32, 0, n*d)
	for i := range n {
		for j := range d {
			out = append(out, float32(z.At(i, j)))
		}
	}
	return out
}

func widen(n, d int, values []float32) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i, v := range values {
		x.RawMatrix().Data[i] = float64(v)
	}
	return x
}

// must is for graphs whose shapes are fixed when the model is made: running them cannot fail.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
