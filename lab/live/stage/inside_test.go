package stage_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"genlab/lab/live/inside"
	"genlab/lab/live/stage"
	"genlab/lab/models"
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
	for _, panel := range []string{"flow", "gan"} {
		var a struct {
			Z, X        string
			Base, Range [4]float64
		}
		look(200, map[string]any{"panel": panel, "view": "origins", "points": 3000}, &a)
		z, x := unpacked(t, a.Z, a.Base), unpacked(t, a.X, a.Range)
		var squares float64
		for _, v := range z {
			squares += (v[0]*v[0] + v[1]*v[1]) / 2
		}
		// The mean of 6000 squares of N(0, 1) has a standard error of 0.018.
		if v := squares / float64(len(z)); len(z) != 3000 || len(x) != 3000 || math.Abs(v-1) > 0.08 {
			t.Errorf("%s: the noise of %d of %d samples has variance %v", panel, len(z), len(x), v)
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
	for _, c := range []struct {
		sampler         string
		nfe, steps, got int
	}{{"euler", 6, 6, 6}, {"rk4", 11, 2, 8}, {"rk4", 1, 1, 4}, {"midpoint", 5, 2, 4}} { // as many evaluations as the solver takes in whole steps
		call(t, s2, 200, "POST", "api/stages/"+d2.ID+"/inside", map[string]any{"panel": "flow-matching", "view": "reverse", "nfe": c.nfe, "sampler": c.sampler}, &reverse)
		if len(reverse.Times) != c.steps+1 || reverse.Times[0] != 1 || reverse.NFE != c.got {
			t.Errorf("flow matching, %s with %d: times %v, %d evaluations", c.sampler, c.nfe, reverse.Times, reverse.NFE)
		}
	}
	var latent struct {
		Ellipses []struct {
			X, Y float64
			Cov  [3]float64
			Data [2]float64
			ELBO float64
			LogP float64 `json:"log_p"`
		}
		Bound   map[string]float64
		Decoder struct {
			Side   int
			Box    [4]float64
			Values []byte
		}
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
	for _, e := range latent.Ellipses {
		// The bound of a point is a mean of 256, and the density a sum over the codes of the decoder's grid.
		if e.ELBO > e.LogP+0.2 {
			t.Errorf("a point has the bound %v above its log density %v", e.ELBO, e.LogP)
		}
		if got := summed(latent.Decoder.Values, latent.Decoder.Side, latent.Decoder.Box, e.Data); math.Abs(got-e.LogP) > 0.01 {
			t.Errorf("the decoder's grid gives the log density %v, want %v", got, e.LogP)
		}
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

// TestViewsWithoutAModel: before the first step and after a divergence, each view of each model is shown or refused with a
// sentence that says what to do; none is a fault of the program.
func TestViewsWithoutAModel(t *testing.T) {
	for _, m := range models.All {
		name := m.About().Name
		views := inside.Views(name)
		if len(views) == 0 {
			continue
		}
		set := small(name)
		if name == "kde" {
			set.Models[0].Set = map[string]string{"batch": "32"}
		}
		s, d := opened(t, stage.Options{}, set)
		look := func(when string) (refused int) {
			t.Helper()
			for _, view := range views {
				text := must(json.Marshal(map[string]any{"panel": name, "view": view, "nfe": 3, "size": 16, "points": 20}))
				r := s.Handle("POST", "api/stages/"+d.ID+"/inside", nil, text)
				var a struct{ Error string }
				if err := json.Unmarshal(r.Body, &a); err != nil || r.Status != 200 && (r.Status != 409 || len(a.Error) < 40) {
					t.Errorf("%s: %s of %s is answered with %d %.200s", when, view, name, r.Status, r.Body)
				}
				if r.Status == 409 {
					refused++
				}
			}
			return refused
		}
		if refused := look("at step 0"); (refused > 0) != (name == "kde") {
			t.Errorf("at step 0, %d views of %s are refused", refused, name)
		}
		if name == "kde" { // it has no learning rate
			continue
		}
		set.Models[0].Set["lr"] = "1e30"
		call(t, s, 200, "PUT", "api/stages/"+d.ID, set, nil)
		control(t, s, d.ID, stage.Control{Do: "step", Steps: 300})
		f := frameAt(t, s, d.ID, name, func(f shownFrame) bool { return f.State != "" || f.Step == 300 })
		if refused := look("diverged, " + f.State); refused < len(views) || !strings.HasPrefix(f.State, "diverged") {
			t.Errorf("%s is %q, and %d of %d views are refused", name, f.State, refused, len(views))
		}
	}
}

// summed returns log p(x), the sum of p(z)·p(x|z) over the cells of a decoder.
func summed(values []byte, side int, box [4]float64, x [2]float64) float64 {
	width := (box[1] - box[0]) / float64(side)
	sum := 0.0
	for k := range side * side {
		var v [4]float64 // means and standard deviations
		for i := range v {
			v[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(values[4*(4*k+i):])))
		}
		z := [2]float64{box[0] + (float64(k%side)+.5)*width, box[2] + (float64(k/side)+.5)*width}
		logp := -2 * math.Log(2*math.Pi)
		for i := range 2 {
			r := (x[i] - v[i]) / v[2+i]
			logp -= z[i]*z[i]/2 + r*r/2 + math.Log(v[2+i])
		}
		sum += math.Exp(logp) * width * width
	}
	return math.Log(sum)
}
