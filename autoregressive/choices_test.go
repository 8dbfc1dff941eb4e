package autoregressive_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/autoregressive"
)

// TestChoicesAreThoseOfASample: the point is that of Sample from the same generator, in every cell on the way, and the
// probabilities of its digits multiply to its density times the area of the last cell.
func TestChoicesAreThoseOfASample(t *testing.T) {
	for _, interleaved := range []bool{true, false} {
		cfg := autoregressive.DefaultConfig()
		cfg.Hidden, cfg.Layers, cfg.Base, cfg.Digits, cfg.Interleaved = 16, 1, 5, 3, interleaved
		p, err := autoregressive.NewPoints(cfg, autoregressive.Box{XMin: -2, XMax: 3, YMin: 1, YMax: 4}, rand.New(rand.NewPCG(1, 2)))
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(20) {
			choices, x, y := p.Choices(rand.New(rand.NewPCG(seed, 1)))
			want := p.Sample(1, rand.New(rand.NewPCG(seed, 1)))
			if x != want.At(0, 0) || y != want.At(0, 1) {
				t.Fatalf("interleaved %v: (%v, %v), but Sample gives %v", interleaved, x, y, mat.Formatted(want))
			}
			logp := 0.0
			before := p.Box()
			for k, c := range choices {
				sum := 0.0
				for _, v := range c.Probabilities {
					sum += v
				}
				b := c.Cell
				if math.Abs(sum-1) > 1e-6 || x < b.XMin || x > b.XMax || y < b.YMin || y > b.YMax ||
					b.XMin < before.XMin-1e-12 || b.XMax > before.XMax+1e-12 || b.YMin < before.YMin-1e-12 || b.YMax > before.YMax+1e-12 {
					t.Fatalf("choice %d: probabilities sum to %v, cell %v in %v, point (%v, %v)", k, sum, b, before, x, y)
				}
				if share := (b.XMax - b.XMin) * (b.YMax - b.YMin) / ((before.XMax - before.XMin) * (before.YMax - before.YMin)); !(math.Abs(share*5-1) <= 1e-9) {
					t.Fatalf("choice %d: the cell %v is %v of %v, want a fifth", k, b, share, before)
				}
				logp += math.Log(c.Probabilities[c.Digit])
				before = b
			}
			got := logp - math.Log((before.XMax-before.XMin)*(before.YMax-before.YMin))
			if of := p.LogProb(want)[0]; math.Abs(got-of) > 1e-4 {
				t.Errorf("log density %v, but LogProb gives %v", got, of)
			}
		}
	}
}
