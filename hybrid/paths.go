package hybrid

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/diffusion"
)

// distillation trains a student on points of its teacher's paths, which are followed a pool at a
// time.
type distillation struct {
	cfg     ConsistencyConfig
	teacher *diffusion.Model
	student *diffusion.Tuning
	paths   pool
}

// pool is points of paths, their noise levels, their contexts as a network sees them and where the
// paths end, in the order in which they are learned from.
type pool struct{ x, u, contexts, ends []float32 }

const (
	poolBatches = 8 // of a pool
	poolPasses  = 3 // through a pool, each in an order of its own: paths cost more than steps
	perPath     = 4 // points of a pool for each path from noise: its beginning, one on its way,
	renoised    = 2 // and the student's own answers to its beginning, with fresh noise
	shortSteps  = 6 // of the teacher from there
)

// target is the student's loss: how far it is from where a path ends.
func (c ConsistencyConfig) target() diffusion.Loss {
	return diffusion.Loss{Name: "loss", Weight: 1, Of: diffusion.PseudoHuber(c.Huber)}
}

func newDistillation(cfg ConsistencyConfig, teacher *diffusion.Model) (*distillation, error) {
	student, err := diffusion.NewTuning(teacher, cfg.student(), cfg.target())
	return &distillation{cfg: cfg, teacher: teacher, student: student}, err
}

// Learn implements genlab.Learner. Of the batch the contexts alone count.
func (s *distillation) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	n, columns := batch.Dims()
	d := s.teacher.Dim()
	at := s.student.Steps() % (poolBatches * poolPasses)
	if at == 0 {
		s.paths = pool{}
		var contexts mat.Matrix
		if columns > d {
			contexts = batch.Slice(0, n, d, columns)
		}
		s.follow(n*poolBatches/perPath, contexts, rng)
	}
	if at %= poolBatches; at == 0 {
		s.paths.shuffle(rng)
	}
	part := func(values []float32) []float32 {
		each := len(values) / poolBatches
		return values[at*each : (at+1)*each]
	}
	copy(s.student.Input("target"), part(s.paths.ends))
	return s.student.Fit(part(s.paths.x), part(s.paths.u), part(s.paths.contexts))
}

// follow fills the pool with points of so many paths from noise to data, and of as many that begin
// where the student stands when it is sampled in several evaluations: at its own answer with fresh
// noise. Paths from noise stop at times of their own pool, so that the student learns of all levels.
func (s *distillation) follow(count int, contexts mat.Matrix, rng *rand.Rand) {
	d, sched := s.teacher.Dim(), s.teacher.Schedule()
	noise := normals(count, d, rng)
	teacher, student, shown := s.guided(count, contexts, rng)
	grid := diffusion.Karras.Grid(sched, (s.cfg.TeacherNFE+1)/2, 0)
	for i, shift := 1, rng.Float64(); i < len(grid)-2; i++ {
		grid[i] += shift * (grid[i+1] - grid[i])
	}
	way := s.way(teacher, grid, noise, rng)
	first, stops := make([]int, count), make([]int, count)
	for i := range stops {
		stops[i] = 1 + rng.IntN(len(way)-2) // the end itself has nothing to learn
	}
	levels := levelsOf(sched, grid)
	s.paths.add(way, levels, first, shown)
	s.paths.add(way, levels, stops, shown)
	answers := mat.NewDense(count, d, nil)
	student.Denoise(answers, noise, 1)
	for range renoised {
		least, most := s.cfg.fresh()
		from := least * math.Pow(most/least, rng.Float64())
		grid := make([]float64, shortSteps+1)
		for i := range shortSteps {
			grid[i] = diffusion.TimeOf(sched, from*math.Pow(lastStop/from, float64(i)/(shortSteps-1)))
		}
		x := mat.DenseCopyOf(answers)
		renoise(x, sched, grid[0], rng)
		s.paths.add(s.way(teacher, grid, x, rng), levelsOf(sched, grid), first, shown)
	}
}

// normals returns n x d draws of N(0, 1).
func normals(n, d int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i := range x.RawMatrix().Data {
		x.RawMatrix().Data[i] = rng.NormFloat64()
	}
	return x
}

// lastStop is the noise sigma/alpha from which short paths go to their end.
const lastStop = 0.004

// way is the points x at the times of a grid, by Heun's method, x itself the first.
func (s *distillation) way(den diffusion.Denoiser, grid []float64, x *mat.Dense, rng *rand.Rand) (way []*mat.Dense) {
	for _, x := range diffusion.Reverse(den, s.teacher.Schedule(), diffusion.Heun{}, grid, mat.DenseCopyOf(x), rng) {
		way = append(way, mat.DenseCopyOf(x))
	}
	return way
}

// levelsOf is log(sigma/alpha) at all times of a grid but the last.
func levelsOf(sched diffusion.Schedule, grid []float64) []float32 {
	var u []float32
	for _, t := range grid[:len(grid)-1] {
		alpha, sigma := sched.At(t)
		u = append(u, float32(math.Log(sigma/alpha)))
	}
	return u
}

// add appends the point of each path at its stop, with the path's context and its end.
func (p *pool) add(way []*mat.Dense, levels []float32, stops []int, contexts []float32) {
	for i, at := range stops {
		p.u = append(p.u, levels[at])
		for j, v := range way[at].RawRowView(i) {
			p.x = append(p.x, float32(v))
			p.ends = append(p.ends, float32(way[len(way)-1].At(i, j)))
		}
	}
	p.contexts = append(p.contexts, contexts...)
}

// shuffle puts the points in another order.
func (p *pool) shuffle(rng *rand.Rand) {
	rng.Shuffle(len(p.u), func(i, j int) {
		for _, values := range [][]float32{p.x, p.u, p.contexts, p.ends} {
			width := len(values) / len(p.u)
			a, b := values[i*width:(i+1)*width], values[j*width:(j+1)*width]
			for k := range a {
				a[k], b[k] = b[k], a[k]
			}
		}
	})
}

// guided is the denoisers of teacher and student for so many paths, in contexts taken in turn, some
// of them hidden, and what the networks see of those.
func (s *distillation) guided(count int, contexts mat.Matrix, rng *rand.Rand) (teacher, student diffusion.Denoiser, shown []float32) {
	if contexts == nil {
		return s.teacher, s.student.Average(), nil
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
	return s.teacher.Given(in).Denoiser(), s.student.Average().Given(in).By(Renoise{}, nil).Denoiser(), s.teacher.Shown(in)
}

// State is all that training needs to go on.
func (s *distillation) State() []checkpoint.Tensor {
	return slices.Concat(s.student.State(), s.paths.state())
}

func (p *pool) state() (all []checkpoint.Tensor) {
	for _, part := range []struct {
		name   string
		values []float32
	}{{"x", p.x}, {"levels", p.u}, {"contexts", p.contexts}, {"ends", p.ends}} {
		if len(part.values) > 0 {
			all = append(all, checkpoint.Tensor{Name: "paths/" + part.name, Shape: []int{len(part.values)}, Data: part.values})
		}
	}
	return all
}

// resumeDistillation continues from a saved State after the given number of steps.
func resumeDistillation(cfg ConsistencyConfig, teacher *diffusion.Model, saved []checkpoint.Tensor, steps int) (*distillation, error) {
	s := &distillation{cfg: cfg, teacher: teacher}
	var err error
	s.student, err = diffusion.ResumeTuning(cfg.student(), teacher.Parts(), without("paths", saved), steps, cfg.target())
	if err != nil {
		return nil, err
	}
	n, d, width := cfg.Teacher.Batch*poolBatches, teacher.Dim(), teacher.Parts().Width()
	s.paths = pool{make([]float32, n*d), make([]float32, n), make([]float32, n*width), make([]float32, n*d)}
	if err := checkpoint.Copy(s.paths.state(), checkpoint.Under("paths", saved)); err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	return s, nil
}

// without leaves out the tensors under a prefix.
func without(prefix string, all []checkpoint.Tensor) []checkpoint.Tensor {
	under := checkpoint.Under(prefix, all)
	return slices.DeleteFunc(slices.Clone(all), func(t checkpoint.Tensor) bool {
		return slices.ContainsFunc(under, func(u checkpoint.Tensor) bool { return u.Name == t.Name })
	})
}
