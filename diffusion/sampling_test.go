package diffusion

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/internal/race"
	"genlab/nn"
	"genlab/standardize"
)

var (
	_ Parallel = (*Model)(nil)
	_ Parallel = Mixture{}
)

// ways is one sampling for each sampler, of a network and of the exact denoiser.
func ways(t *testing.T, nfe int) (all []Sampling) {
	m := newTrainer(t, small()).Average()
	for i := range m.net.Parameters().List()[len(m.net.Parameters().List())-2].Value { // zero would hide the network
		m.net.Parameters().List()[len(m.net.Parameters().List())-2].Value[i] = float32(0.1 * pcg(1, uint64(i)).NormFloat64())
	}
	for _, name := range SamplerName("").Choices() {
		c := m.cfg
		c.Sampler, c.NFE = SamplerName(name), nfe
		s := m.SamplingWith(c)
		exact := s
		exact.Denoiser, exact.Scale = triangle(), standardize.Map{Shift: []float64{0, 0}, Scale: []float64{1, 1}}
		all = append(all, s, exact)
	}
	return all
}

// TestSampleIsTheSameOnAnyCores: to the bit, also where the last shard is a short one, and on a
// second call.
func TestSampleIsTheSameOnAnyCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, s := range ways(t, 7) {
		const n = 3*shardRows + 20
		runtime.GOMAXPROCS(1)
		want := s.Sample(n, pcg(1, 2))
		for _, cores := range []int{2, 3, 8} {
			runtime.GOMAXPROCS(cores)
			if !mat.Equal(s.Sample(n, pcg(1, 2)), want) {
				t.Errorf("%v of a %T: other rows on %d cores", s, s.Denoiser, cores)
			}
		}
		if mat.Equal(s.Sample(n, pcg(1, 3)), want) {
			t.Errorf("%v: the same rows from another seed", s)
		}
	}
}

// TestSampleInBF16: the samples are near those of float32 and have the same bits on any number of cores; the
// density has the bits of float32, and the weights are shared.
func TestSampleInBF16(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	const n = shardRows + 20
	m := ways(t, 7)[0].Denoiser.(*Model)
	fast := m.WithPrecision(nn.BFloat16)
	runtime.GOMAXPROCS(1)
	want := fast.Sample(n, pcg(1, 2))
	runtime.GOMAXPROCS(3)
	if !mat.Equal(fast.Sample(n, pcg(1, 2)), want) {
		t.Error("other rows on 3 cores")
	}
	exact := m.Sample(n, pcg(1, 2))
	var diff mat.Dense
	diff.Sub(exact, want)
	if off := mat.Norm(&diff, 2) / mat.Norm(exact, 2); !(off > 1e-6 && off < 0.02) {
		t.Errorf("the samples are %v of their norm away from float32's", off)
	}
	x := mat.NewDense(2, 2, []float64{0.1, 0.2, -1, 0.5})
	if !slices.Equal(fast.ProbabilityFlow().LogProb(x), m.ProbabilityFlow().LogProb(x)) {
		t.Error("another density in bf16")
	}
	if fast.WithPrecision(nn.BFloat16) != fast || fast.Parameters() != m.Parameters() {
		t.Error("the weights are copied")
	}
}

// TestShardsAreIndependent: no two begin, or go on, with the same noise.
func TestShardsAreIndependent(t *testing.T) {
	for _, s := range ways(t, 7) {
		x := s.Sample(2*shardRows, pcg(1, 2))
		if mat.Equal(x.Slice(0, shardRows, 0, 2), x.Slice(shardRows, 2*shardRows, 0, 2)) {
			t.Errorf("%v: two shards are the same", s)
		}
	}
}

// TestTrajectoryEndsInTheSample: what an animation shows last is what Sample returns.
func TestTrajectoryEndsInTheSample(t *testing.T) {
	for _, s := range ways(t, 7) {
		const n = shardRows + 20
		var times []float64
		var end *mat.Dense
		for time, x := range s.Trajectory(n, pcg(4, 4)) {
			times, end = append(times, time), mat.DenseCopyOf(x)
		}
		s.Scale.ToData(end)
		if !mat.Equal(end, s.Sample(n, pcg(4, 4))) {
			t.Errorf("%v: the trajectory ends elsewhere", s)
		}
		if len(times) != len(s.Grid) || times[0] != 1 || times[len(times)-1] != 0 {
			t.Errorf("%v: times %v", s, times)
		}
	}
}

// TestStepsDoNotAllocate: ten times the steps take no more memory.
func TestStepsDoNotAllocate(t *testing.T) {
	if race.Enabled {
		t.Skip("allocations cannot be counted under the race detector")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which empties the pools of working memory in between
	few, many := ways(t, 21), ways(t, 211)
	for i := 0; i < len(few); i += 2 { // those of the network
		count := func(s Sampling) float64 {
			return testing.AllocsPerRun(1, func() { s.Sample(2*shardRows, pcg(5, 5)) })
		}
		if a, b := count(few[i]), count(many[i]); b > a {
			t.Errorf("%v: %v allocations, %v of %v", few[i], a, b, many[i])
		}
	}
}

// TestSamplesBeginAsTheirNoise: Pairs returns the rows of Sample and noise that leads to them again, which is standard
// normal: its mean is zero within 4 standard errors.
func TestSamplesBeginAsTheirNoise(t *testing.T) {
	for _, s := range ways(t, 7) {
		const n = 2*shardRows + 20
		noise, x := s.Pairs(n, pcg(1, 2))
		if !mat.Equal(x, s.Sample(n, pcg(1, 2))) {
			t.Errorf("%v: Pairs returns other samples than Sample", s)
		}
		if !mat.Equal(x, s.From(noise, pcg(1, 2))) {
			t.Errorf("%v: the noise of the pairs leads to other samples", s)
		}
		if mat.Equal(x, s.From(normals(n, 2, pcg(3, 3)), pcg(1, 2))) {
			t.Errorf("%v: other noise leads to the same samples", s)
		}
		if mean := mat.Sum(noise) / (2 * n); !(mean < 4/24.5/1.41 && mean > -4/24.5/1.41) {
			t.Errorf("%v: noise of mean %v", s, mean)
		}
	}
}

// TestCheckGrid: times decrease from 1 to 0.
func TestCheckGrid(t *testing.T) {
	if err := CheckGrid([]float64{1, 0.3, 0}); err != nil {
		t.Error(err)
	}
	for _, grid := range [][]float64{nil, {1}, {0.9, 0}, {1, 0.1}, {1, 0.3, 0.3, 0}, {1, 0.2, 0.4, 0}} {
		if CheckGrid(grid) == nil {
			t.Errorf("%v passes for a grid", grid)
		}
	}
}

// TestEvaluations: the number of evaluations of a sampling process is that of its configuration.
func TestEvaluations(t *testing.T) {
	for _, s := range ways(t, 7) {
		if s.Evaluations() != 7 {
			t.Errorf("%v: %d evaluations, want 7", s, s.Evaluations())
		}
		if heun := s.Sampler == (Heun{}); heun != (s.Warning() != "") {
			t.Errorf("%v: warning %q", s, s.Warning())
		}
		if want := fmt.Sprintf("of %d steps", len(s.Grid)-1); !strings.HasSuffix(s.String(), want) {
			t.Errorf("%v, want %s", s, want)
		}
	}
}

// TestUnknownSamplers: a name that no sampler has is an error that lists those that there are.
func TestUnknownSamplers(t *testing.T) {
	c := DefaultConfig()
	c.Sampler = "euler"
	if _, _, _, err := c.sampler(); err == nil || !strings.Contains(err.Error(), "unipc") {
		t.Errorf("sampler euler: %v", err)
	}
}
