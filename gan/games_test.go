package gan

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/nn"
	"genlab/standardize"
)

// games is what testdata/torch_games.py computed: losses of a critic with given weights at given points.
type games struct {
	Data, Fake []float64
	Cases      []struct {
		Name                     string
		Weights, CriticGradients [][]float64
		Critic, Generator        float64
		GeneratorGradient        []float64
	}
}

func singles(v []float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}

// TestGamesAgreeWithPyTorch: losses, their gradients at every weight of the critic, and the generator's gradient at its
// samples, of the relativistic objective with R1 and R2, of the hinge loss with spectral normalisation, of the non-saturating
// one with packs of three, and of one that looks two steps ahead.
func TestGamesAgreeWithPyTorch(t *testing.T) {
	b, err := os.ReadFile("testdata/torch_games.json")
	if err != nil {
		t.Fatal(err)
	}
	var all games
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	for _, want := range all.Cases {
		t.Run(want.Name, func(t *testing.T) {
			c := small()
			c.Batch, c.Hidden, c.Layers, c.Features, c.Objective, c.Activation = 6, 5, 2, 0, "non-saturating", nn.LeakyReLU
			switch want.Name {
			case "relativistic":
				c.Objective, c.Lambda = "relativistic", 0.3
			case "hinge":
				c.Objective = "hinge"
			case "packed":
				c.Pack = 3
			case "unrolled":
				c.Unroll, c.UnrollLR = 2, 0.5
			}
			critic, err := NewCritic(c, standardize.Identity(2), pcg(1, 1))
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range critic.params.List() {
				copy(p.Value, singles(want.Weights[i]))
			}
			for _, n := range critic.norms {
				for range 500 {
					n.iterate()
				}
			}
			tr, err := NewCriticTrainer(critic, c, critic.FakeInput)
			if err != nil {
				t.Fatal(err)
			}
			var ps nn.Params
			made := ps.New("made", 6, 2)
			copy(made.Value, singles(all.Fake))
			g := nn.NewGraph64(6)
			data, fake := g.Table("data", 6, 2, singles(all.Data)), g.Param(made)
			value := func(x *G.Node) *G.Node { return critic.apply(g, x) }
			loss := tr.objective.Critic(newCriticOutput(g, value, data, fake, nil, critic.pack, 1))[0].Node
			generator := generatorLossAt(tr, g, fake, data)
			var wrt G.Nodes
			for _, p := range critic.params.List() {
				wrt = append(wrt, g.Param(p))
			}
			ofCritic, err := g.Grad(loss, nil, wrt...)
			if err != nil {
				t.Fatal(err)
			}
			ofPoints, err := g.Grad(generator, nil, fake)
			if err != nil {
				t.Fatal(err)
			}
			m, err := nn.Compile(g, append(append(G.Nodes{loss, generator}, ofCritic...), ofPoints...)...)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.RunAll(); err != nil {
				t.Fatal(err)
			}
			agree := func(what string, n *G.Node, want ...float64) {
				t.Helper()
				for i, got := range m.Value(n).(*tensor.Dense).Float64s() {
					if math.Abs(got-want[i]) > 2e-6 {
						t.Errorf("%s[%d] is %v, PyTorch has %v", what, i, got, want[i])
						return
					}
				}
			}
			agree("the critic's loss", loss, want.Critic)
			agree("the generator's loss", generator, want.Generator)
			for i, p := range critic.params.List() {
				agree("the gradient of "+p.Name, ofCritic[i], want.CriticGradients[i]...)
			}
			agree("the generator's gradient", ofPoints[0], want.GeneratorGradient...)
		})
	}
}

// generatorLossAt is [CriticTrainer.GeneratorLoss] with the data of a node.
func generatorLossAt(t *CriticTrainer, g *nn.Graph, fake, data *G.Node) *G.Node {
	weights := t.unroll(g, fake, data)
	c := t.Model()
	return t.objective.Generator(c.applyWith(g, fake, weights), func() *G.Node { return c.applyWith(g, data, weights) })
}

// TestSpectralNorm: while the critic trains, the largest singular value of each normalised layer stays near 1, so that its
// values change by at most the change of its features.
func TestSpectralNorm(t *testing.T) {
	c := small()
	c.Objective = "hinge"
	tr := newTrainer(t, c, scale)
	learn(t, tr, data, 50, pcg(1, 0), pcg(2, 0))
	for i, n := range tr.Model().Critic().norms {
		w := mat.NewDense(n.w.Rows, n.w.Cols, widen(n.w.Value))
		var svd mat.SVD
		if !svd.Factorize(w, mat.SVDNone) {
			t.Fatal("no singular values")
		}
		var vw, sigma mat.Dense
		vw.Mul(mat.NewDense(1, len(n.v), widen(n.v)), w)
		sigma.Mul(&vw, mat.NewDense(len(n.u), 1, widen(n.u)))
		if ratio := svd.Values(nil)[0] / sigma.At(0, 0); !(ratio > 0.999 && ratio < 1.05) {
			t.Errorf("layer %d: a largest singular value of %v after normalisation", i+1, ratio)
		}
	}
}
