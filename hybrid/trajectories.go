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

// distillation trains a student on points of trajectories of its teacher, which are computed a pool at a
// time.
type distillation struct {
	cfg     ConsistencyConfig
	teacher *diffusion.Model
	student *diffusion.FineTuner
	pool    pool
}

// pool holds points of trajectories, their noise levels and encoded contexts, and the endpoints of the
// trajectories, in training order.
type pool struct{ x, u, contexts, ends []float32 }

const (
	poolBatches  = 8 // in a pool
	restartSteps = 6 // of the teacher from a re-noised prediction of the student
)

// loss returns the student's loss, the distance from the endpoint.
func (c ConsistencyConfig) loss() diffusion.Loss {
	return diffusion.Loss{Name: "loss", Weight: 1, Build: diffusion.PseudoHuber(c.Huber)}
}

// perPath returns the points in a pool for each trajectory from noise: its start, one on its way, and the student's own
// predictions from its start, with new noise. A student for one evaluation only needs the start alone.
func (c ConsistencyConfig) perPath() int {
	if c.single() {
		return 1
	}
	return 2 + c.Restarts
}

// epochs returns the epochs over a pool, each in a new order. Trajectories cost more than steps: where a trajectory gives
// one point, that point is used as often as by default the four of a trajectory are together.
func (c ConsistencyConfig) epochs() int {
	if c.single() {
		return 12
	}
	return 3
}

func newDistillation(cfg ConsistencyConfig, teacher *diffusion.Model) (*distillation, error) {
	student, err := diffusion.NewFineTuner(teacher, cfg.student(), cfg.loss())
	return &distillation{cfg: cfg, teacher: teacher, student: student}, err
}

// Learn implements genlab.Learner. Of the batch it uses the contexts only.
func (s *distillation) Learn(batch *mat.Dense, rng *rand.Rand) (genlab.Losses, error) {
	n, columns := batch.Dims()
	d := s.teacher.Dim()
	at := s.student.Steps() % (poolBatches * s.cfg.epochs())
	if at == 0 {
		s.pool = pool{}
		var contexts mat.Matrix
		if columns > d {
			contexts = batch.Slice(0, n, d, columns)
		}
		s.fill(n*poolBatches/s.cfg.perPath(), contexts, rng)
	}
	if at %= poolBatches; at == 0 {
		s.pool.shuffle(rng)
	}
	part := func(values []float32) []float32 {
		each := len(values) / poolBatches
		return values[at*each : (at+1)*each]
	}
	copy(s.student.Input("target"), part(s.pool.ends))
	return s.student.Fit(part(s.pool.x), part(s.pool.u), part(s.pool.contexts))
}

// fill fills the pool from count trajectories from noise to data, and, unless one evaluation is all, as many for each of the restarts: from
// the student's prediction with new noise, where multistep sampling evaluates it. The grid of the
// trajectories from noise is jittered, so that the pools cover all noise levels.
func (s *distillation) fill(count int, contexts mat.Matrix, rng *rand.Rand) {
	d, sched := s.teacher.Dim(), s.teacher.Schedule()
	noise := normals(count, d, rng)
	teacher, student, encoded := s.denoisers(count, contexts, rng)
	sampler, grid := s.cfg.solver(s.teacher)
	for i, shift := 1, rng.Float64(); i < len(grid)-2; i++ {
		grid[i] += shift * (grid[i+1] - grid[i])
	}
	trajectory := s.trajectory(teacher, sampler, grid, noise, rng)
	starts := make([]int, count)
	levels := noiseLevels(sched, grid)
	s.pool.add(trajectory, levels, starts, encoded)
	if s.cfg.single() {
		return
	}
	inner := make([]int, count)
	for i := range inner {
		inner[i] = 1 + rng.IntN(len(trajectory)-2) // not the endpoint, where there is nothing to learn
	}
	s.pool.add(trajectory, levels, inner, encoded)
	predictions := mat.NewDense(count, d, nil)
	student.Denoise(predictions, noise, 1)
	for range s.cfg.Restarts {
		least, most := s.cfg.restartRange()
		from := least * math.Pow(most/least, rng.Float64())
		grid := make([]float64, restartSteps+1)
		for i := range restartSteps {
			grid[i] = diffusion.TimeOfNoise(sched, from*math.Pow(lastNoise/from, float64(i)/(restartSteps-1)))
		}
		x := mat.DenseCopyOf(predictions)
		diffuse(x, sched, grid[0], rng)
		s.pool.add(s.trajectory(teacher, diffusion.Heun{}, grid, x, rng), noiseLevels(sched, grid), starts, encoded)
	}
}

// normals returns an n x d sample of N(0, 1).
func normals(n, d int, rng *rand.Rand) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i := range x.RawMatrix().Data {
		x.RawMatrix().Data[i] = rng.NormFloat64()
	}
	return x
}

// lastNoise is the noise level σ/α of the last evaluation of a restarted trajectory.
const lastNoise = 0.004

// solver returns the sampler of the trajectories from noise, and their times.
func (c ConsistencyConfig) solver(teacher *diffusion.Model) (diffusion.Sampler, []float64) {
	if c.TeacherSampler == "heun" {
		return diffusion.Heun{}, diffusion.Karras.Grid(teacher.Schedule(), (c.TeacherNFE+1)/2, 0)
	}
	of := teacher.Config()
	of.Sampler, of.NFE, of.Spacing, of.Eta = c.TeacherSampler, c.TeacherNFE, diffusion.Auto, 0
	s := teacher.SamplingWith(of)
	return s.Sampler, s.Grid
}

// trajectory returns the points at the times of a grid, starting from x.
func (s *distillation) trajectory(den diffusion.Denoiser, sampler diffusion.Sampler, grid []float64, x *mat.Dense, rng *rand.Rand) (points []*mat.Dense) {
	for _, x := range diffusion.Reverse(den, s.teacher.Schedule(), sampler, grid, mat.DenseCopyOf(x), rng) {
		points = append(points, mat.DenseCopyOf(x))
	}
	return points
}

// noiseLevels returns log(σ/α) at all times of a grid but the last.
func noiseLevels(sched diffusion.Schedule, grid []float64) []float32 {
	var u []float32
	for _, t := range grid[:len(grid)-1] {
		alpha, sigma := sched.At(t)
		u = append(u, float32(math.Log(sigma/alpha)))
	}
	return u
}

// add appends one point of each trajectory, at the given index, with its context and endpoint.
func (p *pool) add(trajectory []*mat.Dense, levels []float32, at []int, contexts []float32) {
	for i, at := range at {
		p.u = append(p.u, levels[at])
		for j, v := range trajectory[at].RawRowView(i) {
			p.x = append(p.x, float32(v))
			p.ends = append(p.ends, float32(trajectory[len(trajectory)-1].At(i, j)))
		}
	}
	p.contexts = append(p.contexts, contexts...)
}

// shuffle permutes the points.
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

// denoisers returns those of teacher, with guidance, and student for count trajectories, and the encoded
// contexts: those of a batch in turn, a random fraction of them dropped.
func (s *distillation) denoisers(count int, contexts mat.Matrix, rng *rand.Rand) (teacher, student diffusion.Denoiser, encoded []float32) {
	if contexts == nil {
		return s.teacher, s.student.Average(), nil
	}
	n, c := contexts.Dims()
	in := mat.NewDense(count, c, nil)
	for i := range count {
		in.SetRow(i, mat.Row(nil, i%n, contexts))
		if rng.Float64() < s.cfg.Teacher.LabelDropout {
			in.Set(i, 0, math.NaN())
		}
	}
	return s.teacher.Given(in).Denoiser(), s.student.Average().Given(in).WithSampler(MultistepConsistency{}, nil).Denoiser(), s.teacher.EncodeContexts(in)
}

// State returns the tensors from which training resumes.
func (s *distillation) State() []checkpoint.Tensor {
	return slices.Concat(s.student.State(), s.pool.state())
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

// resumeDistillation continues from a saved State after a number of steps.
func resumeDistillation(cfg ConsistencyConfig, teacher *diffusion.Model, saved []checkpoint.Tensor, steps int) (*distillation, error) {
	s := &distillation{cfg: cfg, teacher: teacher}
	var err error
	s.student, err = diffusion.ResumeFineTuner(cfg.student(), teacher.Components(), without("paths", saved), steps, cfg.loss())
	if err != nil {
		return nil, err
	}
	n, d, width := cfg.Teacher.Batch*poolBatches, teacher.Dim(), teacher.Components().ContextWidth()
	s.pool = pool{make([]float32, n*d), make([]float32, n), make([]float32, n*width), make([]float32, n*d)}
	if err := checkpoint.Copy(s.pool.state(), checkpoint.Under("paths", saved)); err != nil {
		return nil, fmt.Errorf("hybrid: %w", err)
	}
	return s, nil
}

// without returns the tensors that are not under a prefix.
func without(prefix string, all []checkpoint.Tensor) []checkpoint.Tensor {
	under := checkpoint.Under(prefix, all)
	return slices.DeleteFunc(slices.Clone(all), func(t checkpoint.Tensor) bool {
		return slices.ContainsFunc(under, func(u checkpoint.Tensor) bool { return u.Name == t.Name })
	})
}
