package stage_test

import (
	"math"
	"testing"

	"genlab/lab/live/stage"
)

// TestInside: each view shows what its model is: densities have mass one, the reverse process ends in the samples of the
// model, the probabilities of digits sum to one and lead to the point, and grids have lines that are finite.
func TestInside(t *testing.T) {
	s, d := opened(t, stage.Options{}, small("flow", "gan", "vae", "autoregressive", "diffusion"))
	look := func(status int, ask map[string]any, into any) {
		t.Helper()
		call(t, s, status, "POST", "api/stages/"+d.ID+"/inside", ask, into)
	}
	for _, panel := range []string{"flow", "vae", "autoregressive", "diffusion"} {
		var a struct {
			Grid gridOf
			Kind string
		}
		look(200, map[string]any{"panel": panel, "view": "density", "size": 96}, &a)
		if m := mass(a.Grid, d.Data.Box); m < 0.7 || m > 1.03 { // untrained models are wider than the box
			t.Errorf("the %s density of %s has mass %v", a.Kind, panel, m)
		}
	}
	for _, panel := range []string{"flow", "gan", "vae"} {
		var a struct {
			Layers []struct {
				Title string
				Lines [][][2]float64
			}
		}
		look(200, map[string]any{"panel": panel, "view": "grid"}, &a)
		if len(a.Layers) < 2 || len(a.Layers[0].Lines) != 30 {
			t.Errorf("%s: %d layers", panel, len(a.Layers))
		}
	}
	var digits struct {
		Base  int
		Steps []struct {
			Probabilities []float64
			Chosen        int
			Cell          [4]float64
		}
		Point   [2]float64
		LogProb float64 `json:"log_prob"`
	}
	look(200, map[string]any{"panel": "autoregressive", "view": "digits", "seed": 4}, &digits)
	logp := 0.0
	for _, c := range digits.Steps {
		sum := 0.0
		for _, p := range c.Probabilities {
			sum += p
		}
		logp += math.Log(c.Probabilities[c.Chosen])
		if math.Abs(sum-1) > 1e-3 || digits.Point[0] < c.Cell[0] || digits.Point[0] > c.Cell[1] || digits.Point[1] < c.Cell[2] || digits.Point[1] > c.Cell[3] {
			t.Errorf("probabilities sum to %v, point %v in cell %v", sum, digits.Point, c.Cell)
		}
	}
	last := digits.Steps[len(digits.Steps)-1].Cell
	if got := logp - math.Log((last[1]-last[0])*(last[3]-last[2])); math.Abs(got-digits.LogProb) > 0.01 {
		t.Errorf("the digits have log density %v, the point %v", got, digits.LogProb)
	}

	var reverse struct {
		Times  []float64
		Frames []string
		Range  [4]float64
		NFE    int
	}
	for nfe, frames := range map[int]int{1: 2, 7: 8, 1000: 60} {
		look(200, map[string]any{"panel": "diffusion", "view": "reverse", "nfe": nfe, "points": 5}, &reverse)
		if n := len(reverse.Times); n != frames || len(reverse.Frames) != n || reverse.Times[0] != 1 || reverse.Times[n-1] != 0 || reverse.NFE != nfe {
			t.Errorf("%d evaluations: %d times, %d frames", nfe, n, len(reverse.Frames))
		}
		if x := unpacked(t, reverse.Frames[0], reverse.Range); len(x) != 5 {
			t.Errorf("%d points", len(x))
		}
	}
	s2, d2 := opened(t, stage.Options{}, small("flow-matching"))
	call(t, s2, 200, "POST", "api/stages/"+d2.ID+"/inside", map[string]any{"panel": "flow-matching", "view": "reverse", "nfe": 6, "sampler": "euler"}, &reverse)
	if len(reverse.Times) != 7 || reverse.Times[0] != 1 || reverse.NFE != 6 {
		t.Errorf("flow matching: times %v, %d evaluations", reverse.Times, reverse.NFE)
	}
	var latent struct {
		Ellipses []struct{ Cov [3]float64 }
		Bound    map[string]float64
	}
	look(200, map[string]any{"panel": "vae", "view": "latent", "points": 30}, &latent)
	for _, e := range latent.Ellipses {
		if !(e.Cov[0] > 0 && e.Cov[2] > 0 && e.Cov[0]*e.Cov[2] > e.Cov[1]*e.Cov[1]) {
			t.Errorf("the covariance %v is not positive definite", e.Cov)
		}
	}
	if b := latent.Bound; len(latent.Ellipses) != 30 || math.Abs(b["elbo"]-b["reconstruction"]+b["kl"]) > 1e-9 || b["elbo"] > b["log_p"]+0.05 {
		t.Errorf("the bound is %v", b)
	}
	var critic struct{ Grid, Slope gridOf }
	look(200, map[string]any{"panel": "gan", "view": "critic"}, &critic)
	if critic.Grid.High <= critic.Grid.Low || critic.Slope.Low < 0 {
		t.Errorf("the critic is from %v to %v, its slope from %v", critic.Grid.Low, critic.Grid.High, critic.Slope.Low)
	}
	look(400, map[string]any{"panel": "gan", "view": "density"}, nil)
	look(400, map[string]any{"panel": "kde", "view": "density"}, nil)
	look(409, map[string]any{"panel": "diffusion", "view": "reverse", "label": "3"}, nil)
	look(400, map[string]any{"panel": "diffusion", "view": "reverse", "sampler": "euler"}, nil)
}
