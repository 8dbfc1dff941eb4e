package autoregressive

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab/nn"
)

// TestSharing: loss and gradient of a batch whose sequences share their first positions are those of the sequences
// evaluated one by one, for trees of one level to several, few and many sequences, and shards of two sizes.
func TestSharing(t *testing.T) {
	for _, c := range []struct{ base, digits, batch, levels int }{
		{32, 2, 16, 1}, {32, 2, 200, 2}, {4, 3, 100, 4}, {2, 3, 130, 5}, {5, 1, 30, 1},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.Base, cfg.Digits, cfg.Batch, cfg.Hidden = c.base, c.digits, c.batch, 8
			p, err := NewPoints(cfg, blobBox, pcg(1, 1))
			if err != nil {
				t.Fatal(err)
			}
			if got := p.sharing().levels; got != c.levels {
				t.Errorf("a tree of %d levels, want %d", got, c.levels)
			}
			for i, rng := 0, pcg(2, 2); i < len(p.params.List()); i++ { // no zeros
				for k := range p.params.List()[i].Value {
					p.params.List()[i].Value[k] += float32(0.3 * rng.NormFloat64())
				}
			}
			batch := mat.NewDense(c.batch, 2, nil)
			for i, rng := 0, pcg(3, 3); i < 2*c.batch; i++ {
				batch.RawMatrix().Data[i] = rng.NormFloat64()
			}
			shared, err := p.newStep()
			if err != nil {
				t.Fatal(err)
			}
			p.fill(shared, batch)
			steps := p.steps()
			plain, err := nn.NewGroupedStep(&p.params, c.batch*steps, steps, func(g *nn.Graph) G.Nodes {
				return G.Nodes{nn.CrossEntropy(p.logits(g, g.Input("symbol", 1)), g.Input("target", 1))}
			})
			if err != nil {
				t.Fatal(err)
			}
			in, target := plain.Input("symbol"), plain.Input("target")
			digits := make([]int, steps)
			for r := range c.batch {
				i, j := p.quantizer.nearest(batch.At(r, 0), batch.At(r, 1))
				p.quantizer.encode(digits, i, j)
				in[r*steps] = float32(p.symbols)
				for k, d := range digits {
					if target[r*steps+k] = float32(d); k+1 < steps {
						in[r*steps+k+1] = float32(d)
					}
				}
			}
			got, want := gradientOf(t, shared, &p.params), gradientOf(t, plain, &p.params)
			for name, w := range want {
				var off, norm float64
				for i := range w {
					off = max(off, math.Abs(float64(got[name][i]-w[i])))
					norm = max(norm, math.Abs(float64(w[i])))
				}
				if off > 1e-5*max(norm, 0.1) {
					t.Errorf("%s: off by %.2g, of values up to %.2g", name, off, norm)
				}
			}
		})
	}
}

// gradientOf returns the loss of a step and its gradient by name: the momentum of SGD after one update.
func gradientOf(t *testing.T, step *nn.Step, ps *nn.Params) map[string][]float32 {
	t.Helper()
	losses, err := step.Gradient()
	if err != nil {
		t.Fatal(err)
	}
	sgd := nn.NewSGD(ps, nn.AdamConfig{})
	step.Update(sgd, 0, nil)
	all := map[string][]float32{"loss": {float32(losses[0])}}
	for _, s := range sgd.State("sgd") {
		all[s.Name] = s.Data
	}
	return all
}
