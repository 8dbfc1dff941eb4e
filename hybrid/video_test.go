package hybrid

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/gentest"
	"genlab/nn"
	"genlab/standardize"
)

var (
	_ genlab.Learner    = (*diffusion.Trainer)(nil)
	_ diffusion.Network = (*spacetime)(nil)
)

func smallVideo() VideoConfig {
	c := DefaultVideo()
	c.Diffusion.Steps, c.Diffusion.Batch, c.Diffusion.Hidden, c.Diffusion.Layers, c.Diffusion.Warmup, c.Diffusion.EMA = 40, 24, 16, 1, 5, 0.9
	c.Heads, c.Patch = 2, 8
	return c
}

func newVideo(t testing.TB, c VideoConfig) *diffusion.Trainer {
	t.Helper()
	scale, err := standardize.Fit(datasets.Bounce{}.Sample(5000, pcg(1, 3)))
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewVideo(c, scale, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// shaken is a transformer whose layers of zeros are none.
func shaken(c VideoConfig) *spacetime {
	s := newSpacetime(c, pcg(1, 1))
	rng := pcg(2, 2)
	for _, p := range s.params.List() {
		for i := range p.Value {
			p.Value[i] += float32(0.1 * rng.NormFloat64())
		}
	}
	return s
}

// predicted is what a transformer says of videos (videos x columns, at one level each).
func predicted(t testing.TB, s *spacetime, videos, levels []float32) []float32 {
	t.Helper()
	d := s.cfg.columns()
	f, err := nn.NewForward(func(g *nn.Graph) G.Nodes {
		return G.Nodes{s.Predict(g, g.Input("x", d), g.Input("u", 1), nil)}
	})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float32, len(videos))
	if err := f.Run(len(levels), nn.Columns{"x": videos, "u": levels}, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func draws(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

func apartBy(a, b []float32) (most float64) {
	for i, v := range a {
		most = max(most, math.Abs(float64(v-b[i])))
	}
	return most
}

// TestVideoGradient: the transformer's gradient at every parameter and at the videos, against central
// differences in float64.
func TestVideoGradient(t *testing.T) {
	c := VideoConfig{Diffusion: smallVideo().Diffusion, Heads: 2, Frames: 6, Coordinates: 2, Patch: 3}
	c.Diffusion.Hidden, c.Diffusion.TimeFeatures, c.Diffusion.Features = 4, 4, 2
	s := shaken(c)
	const videos = 2
	d := c.columns()
	x, u := draws(pcg(3, 3), videos*d), []float32{-0.5, 0.4}
	g := nn.NewGraph64(videos)
	at := g.Table("x", videos, d, x)
	loss := nn.MSE(s.Predict(g, at, g.Table("u", videos, 1, u), nil), g.Table("target", videos, d, draws(pcg(4, 4), videos*d)))
	wrt := G.Nodes{at}
	memory, names := [][]float32{x}, []string{"videos"}
	for _, p := range s.params.List() {
		wrt, memory, names = append(wrt, g.Param(p)), append(memory, p.Value), append(names, p.Name)
	}
	grads, err := g.Grad(loss, nil, wrt...)
	if err != nil {
		t.Fatal(err)
	}
	machine, err := nn.Compile(g, append(grads, loss)...)
	if err != nil {
		t.Fatal(err)
	}
	value := func() float64 {
		if err := machine.RunAll(); err != nil {
			t.Fatal(err)
		}
		return machine.Value(loss).Data().([]float64)[0]
	}
	for i, values := range memory {
		value()
		exact := slices.Clone(machine.Value(grads[i]).Data().([]float64))
		for j, was := range values {
			const h = 1.0 / 2048
			values[j] = was + h
			up, plus := value(), float64(values[j])
			values[j] = was - h
			down, minus := value(), float64(values[j])
			values[j] = was
			if numeric := (up - down) / (plus - minus); !(math.Abs(numeric-exact[j]) <= 2e-5*(1+math.Abs(exact[j]))) {
				t.Fatalf("%s[%d]: gradient %v, difference %v", names[i], j, exact[j], numeric)
			}
		}
	}
}

// TestTokensHavePositions: without the embedding of places, coordinates in another order give the
// same predictions in that order; with it they do not.
func TestTokensHavePositions(t *testing.T) {
	s := shaken(smallVideo())
	c, d := s.cfg, s.cfg.columns()
	x, u := draws(pcg(3, 3), d), []float32{-0.5}
	moved := func(x []float32) []float32 { // the coordinates one further
		y := make([]float32, d)
		for i := range y {
			y[i] = x[i/c.Coordinates*c.Coordinates+(i+1)%c.Coordinates]
		}
		return y
	}
	if off := apartBy(moved(predicted(t, s, x, u)), predicted(t, s, moved(x), u)); off < 1e-2 {
		t.Errorf("coordinates have no places: %v", off)
	}
	clear(s.position.Value)
	if off := apartBy(moved(predicted(t, s, x, u)), predicted(t, s, moved(x), u)); off > 1e-5 {
		t.Errorf("coordinates in another order: %v off", off)
	}
}

// TestTokensAttendWithinTheirVideo: each value of a video, and its level, has a say in each answer of
// its video and in none of another's.
func TestTokensAttendWithinTheirVideo(t *testing.T) {
	s := shaken(smallVideo())
	d := s.cfg.columns()
	const videos = 3
	x, u := draws(pcg(3, 3), videos*d), []float32{-1, 0, 1}
	y := predicted(t, s, x, u)
	check := func(what string, video int) {
		z := predicted(t, s, x, u)
		for i := range z {
			if same := z[i] == y[i]; same != (i/d != video) {
				t.Fatalf("%s changed: answer %d of video %d is the same: %v", what, i%d, i/d, same)
			}
		}
	}
	for _, at := range []int{d, d + 17, 2*d - 1} {
		was := x[at]
		x[at]++
		check("a value", 1)
		x[at] = was
	}
	u[2] = 0.5
	check("a level", 2)
	clear(s.differences) // of which the level is the unit: it also sets the normalisations
	y = predicted(t, s, x, u)
	u[2] = 1
	check("a level without motion", 2)
}

// TestAccelerationsAreThoseOfTheVideo: points that move evenly have no change of velocity, one that turns has
// it where it turns, and noise of any level has changes of size one.
func TestAccelerationsAreThoseOfTheVideo(t *testing.T) {
	s := newSpacetime(smallVideo(), pcg(1, 1))
	c, d := s.cfg, s.cfg.columns()
	f, err := nn.NewForward(func(g *nn.Graph) G.Nodes {
		m := s.accelerations(g, nn.Permute(g.Input("x", d), s.major), g.Input("u", 1))
		return G.Nodes{nn.Reshape(m, d*len(lags))}
	})
	if err != nil {
		t.Fatal(err)
	}
	motion := func(x []float32, u float32) []float32 {
		out := make([]float32, d*len(lags))
		if err := f.Run(1, nn.Columns{"x": x, "u": []float32{u}}, out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	video := make([]float32, d)
	for i := range video {
		video[i] = float32(i/c.Coordinates)/8 + float32(i%c.Coordinates)
	}
	for i, v := range motion(video, -3) {
		if v != 0 {
			t.Fatalf("points that move evenly: change %d is %v", i, v)
		}
	}
	const turn = 5 // of the first coordinate, in its first token
	for f := turn + 1; f < c.Frames; f++ {
		video[f*c.Coordinates] = float32(2*turn-f) / 8
	}
	for i, v := range motion(video, -5) {
		token, lag, frame := i/(c.Patch*len(lags)), i/c.Patch%len(lags), i%c.Patch
		off := frame + token*c.Patch - turn
		inside := token*c.Patch+frame >= lags[lag] && token*c.Patch+frame < c.Frames-lags[lag]
		if seen := token < c.Frames/c.Patch && inside && max(off, -off) < lags[lag]; seen != (v < -2) || !seen && v != 0 {
			t.Errorf("token %d, lag %d, frame %d: %v", token, lags[lag], frame, v)
		}
	}
	rng := pcg(5, 5)
	for _, u := range []float64{-5, -1, 2} {
		sigma := 1 / math.Sqrt(1+math.Exp(-2*u))
		var all []float64
		for range 100 {
			for i := range video {
				video[i] = float32(sigma * rng.NormFloat64())
			}
			for _, v := range motion(video, float32(u)) {
				if v != 0 {
					all = append(all, clipAt*math.Atanh(float64(v)/clipAt))
				}
			}
		}
		if sd := stat.StdDev(all, nil); !(math.Abs(sd-1) <= 0.03) {
			t.Errorf("noise at level %v has changes of %v", u, sd)
		}
	}
}

// TestVideoLearns: a tiny training lowers the loss, and leaves a Sampler of videos.
func TestVideoLearns(t *testing.T) {
	c := smallVideo()
	c.Diffusion.Steps = 120
	tr := newVideo(t, c)
	data, noise := pcg(1, 0), pcg(2, 0)
	var losses []float64
	for range c.Diffusion.Steps {
		l, err := tr.Learn(datasets.Bounce{}.Sample(c.Diffusion.Batch, data), noise)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, l[0].Value)
	}
	if first, last := stat.Mean(losses[:10], nil), stat.Mean(losses[110:], nil); last > 0.8*first {
		t.Errorf("the loss went from %v to %v", first, last)
	}
	m := tr.Average().Config()
	m.NFE = 3
	gentest.Sampler(t, tr.Average().SamplingWith(m), c.columns())
}

// TestVideoResumesBitwise: and the model that is loaded samples the same videos.
func TestVideoResumesBitwise(t *testing.T) {
	c := smallVideo()
	training[*diffusion.Trainer]{
		begin: func() *diffusion.Trainer { return newVideo(t, c) },
		resume: func(saved []checkpoint.Tensor, steps int) (*diffusion.Trainer, error) {
			return ResumeVideo(c, saved, steps)
		},
		dist: datasets.Bounce{}, batch: c.Diffusion.Batch, steps: c.Diffusion.Steps,
	}.resumesBitwise(t, []int{17}, func(_ int, _ []checkpoint.Tensor, whole, again *diffusion.Trainer) {
		m, err := LoadVideo(c, again.State())
		if err != nil {
			t.Fatal(err)
		}
		if !mat.Equal(m.Sample(3, pcg(3, 3)), whole.Average().Sample(3, pcg(3, 3))) {
			t.Error("the loaded model draws other videos")
		}
	})
}

func TestVideoValidateNamesTheField(t *testing.T) {
	for want, change := range map[string]func(*VideoConfig){
		"hidden is 0":         func(c *VideoConfig) { c.Diffusion.Hidden = 0 },
		"heads is 3":          func(c *VideoConfig) { c.Heads, c.Diffusion.Hidden = 3, 64 },
		"patch is 5":          func(c *VideoConfig) { c.Patch = 5 },
		"frames is 0":         func(c *VideoConfig) { c.Frames = 0 },
		"coordinates is -1":   func(c *VideoConfig) { c.Coordinates = -1 },
		"conditional is true": func(c *VideoConfig) { c.Diffusion.Conditional = true },
	} {
		c := DefaultVideo()
		if change(&c); c.Validate() == nil || !strings.Contains(c.Validate().Error(), want) {
			t.Errorf("%v, want %s", c.Validate(), want)
		}
	}
	if err := DefaultVideo().Validate(); err != nil {
		t.Error(err)
	}
	if _, err := NewVideo(DefaultVideo(), standardize.Identity(2), pcg(1, 1)); err == nil || !strings.Contains(err.Error(), "64 columns, but the data have 2") {
		t.Errorf("videos of points of the plane: %v", err)
	}
}
