package hybrid

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab"
	"genlab/checkpoint"
	"genlab/diffusion"
	"genlab/gentest"
	"genlab/standardize"
)

var (
	_ genlab.Learner    = (*Consistency)(nil)
	_ genlab.Sampler    = (*ConsistencyModel)(nil)
	_ diffusion.Sampler = MultistepConsistency{}
)

func smallConsistency() ConsistencyConfig {
	c := DefaultConsistency()
	c.Teacher.Steps, c.Teacher.Batch, c.Teacher.Hidden, c.Teacher.Warmup, c.Teacher.EMA = 20, 64, 32, 5, 0.9
	c.StudentSteps, c.TeacherNFE = 40, 9
	return c
}

func newConsistency(t testing.TB, c ConsistencyConfig) (*Consistency, genlab.Sampler) {
	t.Helper()
	ds, scale := moons(t)
	dist, classes := ds.Sampler, 0
	if c.Teacher.Conditional {
		with, err := ds.WithLabels()
		if err != nil {
			t.Fatal(err)
		}
		dist, classes = with, len(ds.Labels)
	}
	tr, err := NewConsistency(c, scale, classes, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	return tr, dist
}

// flowOfNormal is where the probability flow of N(0, s²I) ends, which is known: each point keeps
// its place among the standard deviations.
type flowOfNormal struct {
	s     float64
	sched diffusion.Schedule
}

func (f flowOfNormal) Denoise(dst, x *mat.Dense, t float64) {
	alpha, sigma := f.sched.At(t)
	dst.Scale(f.s/math.Hypot(alpha*f.s, sigma), x)
}

// TestMultistepConsistencyIsExact: a student that makes no mistake has the data's distribution in any number of evaluations.
func TestMultistepConsistencyIsExact(t *testing.T) {
	const n, s = 20_000, 0.3
	m := untrained(t)
	for _, evaluations := range []int{1, 2, 5} {
		sampling := m.Sampling(evaluations)
		if len(sampling.Grid) != evaluations+1 || sampling.Grid[0] != 1 || sampling.Grid[evaluations] != 0 {
			t.Fatalf("%d evaluations at %v", evaluations, sampling.Grid)
		}
		for i, at := range sampling.Grid[1:] {
			if at >= sampling.Grid[i] {
				t.Errorf("%d evaluations at %v", evaluations, sampling.Grid)
			}
		}
		sampling.Denoiser, sampling.Scale = flowOfNormal{s, sampling.Schedule}, standardize.Identity(2)
		x := sampling.Sample(n, pcg(2, 2))
		for j := range 2 {
			// 5 standard errors of a variance.
			if got := stat.Variance(mat.Col(nil, j, x), nil) / (s * s); !(math.Abs(got-1) <= 5*math.Sqrt(2./n)) {
				t.Errorf("%d evaluations: the variance is %v of the true one", evaluations, got)
			}
		}
	}
}

func untrained(t testing.TB) *ConsistencyModel {
	t.Helper()
	tr, _ := newConsistency(t, smallConsistency())
	m, err := LoadConsistency(smallConsistency(), tr.State())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestTrajectoriesEndWhereTheTeacherDoes: what the student is asked for at pure noise are the teacher's own
// samples of it, the same end further along a path, and at its own predictions with fresh noise where
// the teacher goes from there.
func TestTrajectoriesEndWhereTheTeacherDoes(t *testing.T) {
	c := smallConsistency()
	c.TeacherNFE = 65 // a network of 20 steps bends its paths
	tr, dist := newConsistency(t, c)
	learn(t, tr, dist, 64, 20, pcg(1, 1), pcg(2, 2))
	teacher := tr.teacher.Average()
	d, err := newDistillation(c, teacher)
	if err != nil {
		t.Fatal(err)
	}
	const paths = 100
	d.fill(paths, nil, pcg(3, 3))
	p, each := d.pool, c.perPath()
	if len(p.x) != 2*each*paths || len(p.u) != each*paths || len(p.ends) != 2*each*paths {
		t.Fatalf("a pool of %d, %d and %d values", len(p.x), len(p.u), len(p.ends))
	}
	levels := map[float32]bool{}
	for i := range paths {
		on := i + paths
		levels[p.u[on]] = true
		if p.u[i] != p.u[0] || p.u[i] < 5 || p.u[on] >= p.u[0] {
			t.Fatalf("path %d begins at a level of %v and goes on at %v", i, p.u[i], p.u[on])
		}
		if p.ends[2*i] != p.ends[2*on] || p.ends[2*i+1] != p.ends[2*on+1] {
			t.Fatalf("path %d ends elsewhere further on", i)
		}
	}
	if len(levels) < 25 || len(levels) > 32 { // of the 32 steps that do not begin in noise
		t.Errorf("%d levels", len(levels))
	}
	// An independent way to the ends: many small steps of DDIM, from each kind of beginning.
	for kind, steps := range map[int]int{0: 400, 2: 400, 3: 400} {
		x, ends := mat.NewDense(paths, 2, nil), mat.NewDense(paths, 2, nil)
		for i := range paths {
			at := 2 * (kind*paths + i)
			x.SetRow(i, []float64{float64(p.x[at]), float64(p.x[at+1])})
			ends.SetRow(i, []float64{float64(p.ends[at]), float64(p.ends[at+1])})
		}
		grid, from := diffusion.Karras.Grid(teacher.Schedule(), steps, 0), math.Exp(float64(p.u[kind*paths]))
		if kind > 0 {
			if least, most := c.restartRange(); from < least*0.99 || from > most*1.01 {
				t.Fatalf("fresh noise of %v", from)
			}
			for i := range grid {
				grid[i] = diffusion.TimeOfNoise(teacher.Schedule(), from) * (1 - float64(i)/float64(steps))
			}
		}
		for range diffusion.Reverse(teacher, teacher.Schedule(), diffusion.DDIM{}, grid, x, pcg(4, 4)) {
		}
		x.Sub(x, ends)
		if off := mat.Norm(x, 2) / math.Sqrt(paths); off > 0.1 {
			t.Errorf("the ends are %v from those of small steps from %v", off, from)
		}
	}
}

// TestRestartsAreTheStudentsPredictions: with little fresh noise they lie where the student, and
// not the teacher, takes the noise; with labels, in the context of their path.
func TestRestartsAreTheStudentsPredictions(t *testing.T) {
	const paths = 200
	for _, conditional := range []bool{false, true} {
		c := smallConsistency()
		if c.Teacher.Conditional = conditional; conditional {
			c.Teacher.Steps = 300 // enough that a label counts
		}
		tr, dist := newConsistency(t, c)
		learn(t, tr, dist, 64, c.Teacher.Steps+10, pcg(1, 1), pcg(2, 2))
		d := tr.student
		d.pool = pool{}
		var contexts mat.Matrix
		if conditional {
			contexts = mat.NewDense(2, 1, []float64{0, 1})
		}
		d.fill(paths, contexts, pcg(3, 3))
		var off float64
		for i := range paths {
			var den diffusion.Denoiser = d.student.Average()
			if conditional {
				label := math.NaN()
				if shown := d.pool.contexts[2*i : 2*i+2]; shown[0] == 1 || shown[1] == 1 {
					label = float64(shown[1])
				}
				den = d.student.Average().Given(mat.NewDense(1, 1, []float64{label})).Denoiser()
			}
			y := mat.NewDense(1, 2, []float64{float64(d.pool.x[2*i]), float64(d.pool.x[2*i+1])})
			den.Denoise(y, y, 1)
			at := 2*paths + i
			ratio := math.Exp(float64(d.pool.u[at]))
			alpha := 1 / math.Hypot(1, ratio)
			off += math.Hypot(float64(d.pool.x[2*at])/alpha-y.At(0, 0), float64(d.pool.x[2*at+1])/alpha-y.At(0, 1)) / ratio / paths
		}
		// The mean length of a normal in the plane is √(π/2), its standard deviation √(2 - π/2); 5 standard errors.
		if want := math.Sqrt(math.Pi / 2); !(math.Abs(off-want) <= 5*math.Sqrt((2-math.Pi/2)/paths)) {
			t.Errorf("conditional %v: fresh beginnings are %v standard deviations of their noise from the student's answers, want %v", conditional, off, want)
		}
	}
}

// TestGuidedTrajectories: what a student of a conditional teacher learns from ends where the teacher's guided
// flow of the label does, and without a label where the teacher's own does.
func TestGuidedTrajectories(t *testing.T) {
	c := smallConsistency()
	c.Teacher.Conditional, c.Teacher.Guidance, c.TeacherNFE = true, 2, 65
	tr, dist := newConsistency(t, c)
	learn(t, tr, dist, 64, 20, pcg(1, 1), pcg(2, 2))
	teacher := tr.teacher.Average()
	d, err := newDistillation(c, teacher)
	if err != nil {
		t.Fatal(err)
	}
	d.fill(100, mat.NewDense(2, 1, []float64{0, 1}), pcg(3, 3))
	p, hidden := d.pool, 0
	for i := range 100 {
		var den diffusion.Denoiser = teacher
		switch shown := p.contexts[2*i : 2*i+2]; {
		case shown[0] == 1:
			den = teacher.Given(mat.NewDense(1, 1, nil)).Denoiser()
		case shown[1] == 1:
			den = teacher.Given(mat.NewDense(1, 1, []float64{1})).Denoiser()
		default:
			hidden++
		}
		x := mat.NewDense(1, 2, []float64{float64(p.x[2*i]), float64(p.x[2*i+1])})
		for range diffusion.Reverse(den, teacher.Schedule(), diffusion.Heun{}, diffusion.Karras.Grid(teacher.Schedule(), 33, 0), x, pcg(4, 4)) {
		}
		if off := math.Hypot(x.At(0, 0)-float64(p.ends[2*i]), x.At(0, 1)-float64(p.ends[2*i+1])); off > 0.1 {
			t.Errorf("path %d in the context %v ends %v from the guided flow", i, p.contexts[2*i:2*i+2], off)
		}
	}
	if hidden < 3 || hidden > 35 { // of 100 with a share of 0.15: 5 standard errors
		t.Errorf("%d of 100 paths have no label", hidden)
	}
}

// TestStudentLearns: distilled for a while, one evaluation of the student is nearer to the ends of
// the teacher's paths than one of the teacher.
func TestStudentLearns(t *testing.T) {
	c := smallConsistency()
	c.Teacher.Steps, c.StudentSteps = 300, 400
	tr, dist := newConsistency(t, c)
	learn(t, tr, dist, 64, c.Steps(), pcg(1, 1), pcg(2, 2))
	tr.student.pool = pool{}
	tr.student.fill(500, nil, pcg(3, 3))
	p := tr.student.pool
	off := func(m *diffusion.Model) (sum float64) {
		for i := range 500 {
			x := mat.NewDense(1, 2, []float64{float64(p.x[2*i]), float64(p.x[2*i+1])})
			m.Denoise(x, x, 1)
			sum += math.Hypot(x.At(0, 0)-float64(p.ends[2*i]), x.At(0, 1)-float64(p.ends[2*i+1]))
		}
		return sum / 500
	}
	if student, teacher := off(tr.student.student.Average()), off(tr.teacher.Average()); student > teacher/2 {
		t.Errorf("the student is %v off, the teacher %v", student, teacher)
	}
}

// TestConsistencyTypes: few evaluations leave samples and nothing else.
func TestConsistencyTypes(t *testing.T) {
	m := untrained(t)
	gentest.Sampler(t, m, 2)
	for _, capability := range []reflect.Type{reflect.TypeFor[genlab.LogProber](), reflect.TypeFor[genlab.LogBounder]()} {
		if reflect.TypeOf(m).Implements(capability) {
			t.Errorf("%T is a %v", m, capability)
		}
	}
}

// TestConsistencyResumesBitwise: in the teacher's steps, between, in the middle of a pool, with and
// without labels; the student that is loaded is the one that learned.
func TestConsistencyResumesBitwise(t *testing.T) {
	guided := smallConsistency()
	guided.Teacher.Conditional, guided.Teacher.Guidance = true, 2
	for _, c := range []ConsistencyConfig{smallConsistency(), guided} {
		_, dist := newConsistency(t, c)
		training[*Consistency]{
			begin: func() *Consistency { tr, _ := newConsistency(t, c); return tr },
			resume: func(saved []checkpoint.Tensor, steps int) (*Consistency, error) {
				return ResumeConsistency(c, saved, steps)
			},
			dist: dist, batch: 64, steps: c.Steps(),
		}.resumesBitwise(t, []int{7, 20, 36, 41}, func(at int, _ []checkpoint.Tensor, whole, again *Consistency) {
			m, err := LoadConsistency(c, again.State())
			if err != nil {
				t.Fatal(err)
			}
			samePredictions(t, at, m.Student, whole.student.student.Average())
		})
	}
}

func TestConsistencyValidateNamesTheField(t *testing.T) {
	for want, change := range map[string]func(*ConsistencyConfig){
		"hidden is 0":         func(c *ConsistencyConfig) { c.Teacher.Hidden = 0 },
		"teacher-nfe is 8":    func(c *ConsistencyConfig) { c.TeacherNFE = 8 },
		"evaluations is 0":    func(c *ConsistencyConfig) { c.Evaluations = 0 },
		"huber is 0":          func(c *ConsistencyConfig) { c.Huber = 0 },
		"restart-noise is 0":  func(c *ConsistencyConfig) { c.RestartNoise = 0 },
		"student-steps is -1": func(c *ConsistencyConfig) { c.StudentSteps = -1 },
		"student-lr is NaN":   func(c *ConsistencyConfig) { c.StudentLR = math.NaN() },
	} {
		c := DefaultConsistency()
		if change(&c); c.Validate() == nil || !strings.Contains(c.Validate().Error(), want) {
			t.Errorf("%v, want %s", c.Validate(), want)
		}
	}
	if err := DefaultConsistency().Validate(); err != nil {
		t.Error(err)
	}
}

// TestRestartsDivideAPool: every batch of a pool is full, or the configuration is an error that says what to do.
func TestRestartsDivideAPool(t *testing.T) {
	c := smallConsistency()
	for restarts, valid := range map[int]bool{0: true, 1: false, 2: true, 6: true} {
		if c.Restarts = restarts; (c.Validate() == nil) != valid {
			t.Errorf("restarts %d: %v", restarts, c.Validate())
		}
	}
	c.Restarts = 0
	tr, dist := newConsistency(t, c)
	learn(t, tr, dist, c.Teacher.Batch, c.Steps(), pcg(1, 1), pcg(2, 2))
	if n := len(tr.student.pool.u); n != c.Teacher.Batch*poolBatches {
		t.Errorf("a pool of %d points", n)
	}
	for _, u := range tr.student.pool.u {
		if u != tr.student.pool.u[0] {
			t.Fatal("a student for one evaluation learns from more than the starts of trajectories")
		}
	}
	if c.Evaluations = 2; c.Validate() == nil || !strings.Contains(c.Validate().Error(), "evaluations is 2") {
		t.Errorf("%v, want an error about evaluations", c.Validate())
	}
}
