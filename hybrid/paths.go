package hybrid

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/diffusion"
	"genlab/internal/state"
)

// distillation trains a student on points of its teacher's paths, which are followed a pool at a
// time.
type distillation struct {
	cfg     ConsistencyConfig
	teacher *diffusion.Model
	student *diffusion.Regression
	paths   pool
}

// pool is points of paths, their noise levels, their contexts as a network sees them and where the
// paths end, in the order in which they are learned from.
type pool struct{ x, u, contexts, ends []float32 }

const (
	poolBatches = 16 // of a pool
	perPath     = 4  // points of a path in a pool, the first of them pure noise
)

func newDistillation(cfg ConsistencyConfig, teacher *diffusion.Model) (*distillation, error) {
	student, err := diffusion.NewRegression(teacher, cfg.student(), cfg.Huber)
	return &distillation{cfg: cfg, teacher: teacher, student: student}, err
}

// Learn implements genlab.Learner. Of the batch the contexts alone count.
func (s *distillation) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	n, columns := batch.Dims()
	d := s.teacher.Dim()
	at := s.student.Steps() % poolBatches
	if at == 0 {
		s.paths = pool{}
		var contexts mat.Matrix
		if columns > d {
			contexts = batch.Slice(0, n, d, columns)
		}
		s.follow(n*poolBatches/perPath, contexts, rng)
	}
	part := func(values []float32) []float32 {
		each := len(values) / poolBatches
		return values[at*each : (at+1)*each]
	}
	return s.student.Fit(part(s.paths.x), part(s.paths.u), part(s.paths.contexts), part(s.paths.ends))
}

// follow fills the pool with points of so many paths from noise to data. Paths stop at times of
// their own pool, so that the student learns of all levels.
func (s *distillation) follow(count int, contexts mat.Matrix, rng *rand.Rand) {
	d, sched := s.teacher.Dim(), s.teacher.Schedule()
	noise := mat.NewDense(count, d, nil)
	for i := range noise.RawMatrix().Data {
		noise.RawMatrix().Data[i] = rng.NormFloat64()
	}
	den, shown := s.guided(count, contexts, rng)
	width := len(shown) / count
	grid := diffusion.Karras.Grid(sched, (s.cfg.TeacherNFE+1)/2, 0)
	for i, shift := 1, rng.Float64(); i < len(grid)-2; i++ {
		grid[i] += shift * (grid[i+1] - grid[i])
	}
	var way []*mat.Dense
	for _, x := range diffusion.Reverse(den, sched, diffusion.Heun{}, grid, noise, rng) {
		way = append(way, mat.DenseCopyOf(x))
	}
	last, p := len(way)-1, &s.paths
	for i := range count * perPath {
		at, path := 0, i/perPath
		if i%perPath > 0 {
			at = 1 + rng.IntN(last-1) // the end itself has nothing to learn
		}
		alpha, sigma := sched.At(grid[at])
		p.u = append(p.u, float32(math.Log(sigma/alpha)))
		p.contexts = append(p.contexts, shown[path*width:(path+1)*width]...)
		for j, v := range way[at].RawRowView(path) {
			p.x = append(p.x, float32(v))
			p.ends = append(p.ends, float32(way[last].At(path, j)))
		}
	}
}

// guided is the teacher's denoiser for so many paths, in contexts taken in turn, some of them
// hidden, and what the network sees of those.
func (s *distillation) guided(count int, contexts mat.Matrix, rng *rand.Rand) (diffusion.Denoiser, []float32) {
	if contexts == nil {
		return s.teacher, nil
	}
	n, c := contexts.Dims()
	in := mat.NewDense(count, c, nil)
	for i := range count {
		for j := range c {
			in.Set(i, j, contexts.At(i%n, j))
		}
		if rng.Float64() < s.cfg.Teacher.LabelDropout {
			in.Set(i, 0, math.NaN())
		}
	}
	given := s.teacher.Given(in)
	return given.Denoiser(), s.teacher.Shown(in)
}

// State is all that training needs to go on.
func (s *distillation) State() []state.Tensor {
	return slices.Concat(s.student.State(), s.paths.state())
}

func (p *pool) state() (all []state.Tensor) {
	for _, part := range []struct {
		name   string
		values []float32
	}{{"x", p.x}, {"levels", p.u}, {"contexts", p.contexts}, {"ends", p.ends}} {
		if len(part.values) > 0 {
			all = append(all, state.Tensor{Name: "paths/" + part.name, Shape: []int{len(part.values)}, Data: part.values})
		}
	}
	return all
}

// resumeDistillation continues from a saved State after the given number of steps.
func resumeDistillation(cfg ConsistencyConfig, teacher *diffusion.Model, saved []state.Tensor, steps int) (*distillation, error) {
	s := &distillation{cfg: cfg, teacher: teacher}
	var err error
	s.student, err = diffusion.ResumeRegression(cfg.student(), teacher.Parts(), cfg.Huber, without("paths", saved), steps)
	if err != nil {
		return nil, err
	}
	n, d, width := cfg.Teacher.Batch*poolBatches, teacher.Dim(), teacher.Parts().Width()
	s.paths = pool{make([]float32, n*d), make([]float32, n), make([]float32, n*width), make([]float32, n*d)}
	if err := state.Copy(s.paths.state(), state.Under("paths", saved)); err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	return s, nil
}

// without leaves out the tensors under a prefix.
func without(prefix string, all []state.Tensor) []state.Tensor {
	under := state.Under(prefix, all)
	return slices.DeleteFunc(slices.Clone(all), func(t state.Tensor) bool {
		return slices.ContainsFunc(under, func(u state.Tensor) bool { return u.Name == t.Name })
	})
}
