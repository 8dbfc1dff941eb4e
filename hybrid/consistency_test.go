package hybrid

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"genlab"
	"genlab/diffusion"
	"genlab/internal/affine"
	"genlab/internal/gentest"
	"genlab/internal/state"
)

var (
	_ genlab.Learner    = (*Consistency)(nil)
	_ genlab.Sampler    = (*ConsistencyModel)(nil)
	_ diffusion.Sampler = Renoise{}
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
	law, classes := ds.Law, 0
	if c.Teacher.Conditional {
		with, err := ds.WithLabels()
		if err != nil {
			t.Fatal(err)
		}
		law, classes = with, len(ds.Labels)
	}
	tr, err := NewConsistency(c, scale, classes, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	return tr, law
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

// TestRenoiseKeepsTheLaw: a student that makes no mistake has the data's law in any number of evaluations.
func TestRenoiseKeepsTheLaw(t *testing.T) {
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
		sampling.Denoiser, sampling.Scale = flowOfNormal{s, sampling.Schedule}, affine.Identity(2)
		x := sampling.Sample(n, pcg(2, 2))
		for j := range 2 {
			// 5 standard errors of a variance.
			if got := stat.Variance(mat.Col(nil, j, x), nil) / (s * s); math.Abs(got-1) > 5*math.Sqrt(2./n) {
				t.Errorf("%d evaluations: the variance is %v of the law's", evaluations, got)
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

// TestPathsEndWhereTheTeacherDoes: what the student is asked for at pure noise are the teacher's own
// samples of it, and the same end all along a path.
func TestPathsEndWhereTheTeacherDoes(t *testing.T) {
	c := smallConsistency()
	c.TeacherNFE = 65 // a network of 20 steps bends its paths
	tr, law := newConsistency(t, c)
	learn(t, tr, law, 64, 20, pcg(1, 1), pcg(2, 2))
	d, err := newDistillation(c, tr.teacher.Average())
	if err != nil {
		t.Fatal(err)
	}
	d.follow(100, nil, pcg(3, 3))
	p := d.paths
	if len(p.x) != 800 || len(p.u) != 400 || len(p.ends) != 800 {
		t.Fatalf("a pool of %d, %d and %d values", len(p.x), len(p.u), len(p.ends))
	}
	s := tr.teacher.Average().Sampling()
	levels := map[float32]bool{}
	for i, u := range p.u {
		levels[u] = true
		if first := i % perPath; first == 0 {
			if u != p.u[0] || u < 5 {
				t.Fatalf("row %d begins at a level of %v", i, u)
			}
		} else if p.ends[2*i] != p.ends[2*(i-first)] || u >= p.u[0] {
			t.Fatalf("row %d, at %v, ends elsewhere than its path", i, u)
		}
	}
	if len(levels) != 33 { // 65 evaluations are 33 steps, which begin at as many levels
		t.Errorf("%d levels", len(levels))
	}
	// An independent way to the ends: many small steps of DDIM.
	var x, ends *mat.Dense
	for i := 0; i < 400; i += perPath {
		row := []float64{float64(p.x[2*i]), float64(p.x[2*i+1]), float64(p.ends[2*i]), float64(p.ends[2*i+1])}
		one, two := mat.NewDense(1, 2, row[:2]), mat.NewDense(1, 2, row[2:])
		if x == nil {
			x, ends = one, two
			continue
		}
		var a, b mat.Dense
		a.Stack(x, one)
		b.Stack(ends, two)
		x, ends = &a, &b
	}
	grid := diffusion.Karras.Grid(s.Schedule, 400, 0)
	for range diffusion.Reverse(tr.teacher.Average(), s.Schedule, diffusion.DDIM{}, grid, x, pcg(4, 4)) {
	}
	x.Sub(x, ends)
	if off := mat.Norm(x, 2) / math.Sqrt(100); off > 0.1 {
		t.Errorf("the ends are %v from those of small steps", off)
	}
}

// TestGuidedPaths: what a student of a conditional teacher learns from ends where the teacher's guided
// flow of the label does, and without a label where the teacher's own does.
func TestGuidedPaths(t *testing.T) {
	c := smallConsistency()
	c.Teacher.Conditional, c.Teacher.Guidance, c.TeacherNFE = true, 2, 65
	tr, law := newConsistency(t, c)
	learn(t, tr, law, 64, 20, pcg(1, 1), pcg(2, 2))
	teacher := tr.teacher.Average()
	d, err := newDistillation(c, teacher)
	if err != nil {
		t.Fatal(err)
	}
	d.follow(100, mat.NewDense(2, 1, []float64{0, 1}), pcg(3, 3))
	p, hidden := d.paths, 0
	for i := 0; i < 400; i += perPath {
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
			t.Errorf("path %d in the context %v ends %v from the guided flow", i/perPath, p.contexts[2*i:2*i+2], off)
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
	tr, law := newConsistency(t, c)
	learn(t, tr, law, 64, c.Steps(), pcg(1, 1), pcg(2, 2))
	tr.student.paths = pool{}
	tr.student.follow(500, nil, pcg(3, 3))
	p := tr.student.paths
	off := func(m *diffusion.Model) (sum float64) {
		for i := 0; i < 2000; i += perPath {
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
// without labels.
func TestConsistencyResumesBitwise(t *testing.T) {
	resumesBitwise(t, smallConsistency())
	c := smallConsistency()
	c.Teacher.Conditional, c.Teacher.Guidance = true, 2
	resumesBitwise(t, c)
}

func resumesBitwise(t *testing.T, c ConsistencyConfig) {
	t.Helper()
	whole, law := newConsistency(t, c)
	learn(t, whole, law, 64, c.Steps(), pcg(1, 0), pcg(2, 0))
	for _, at := range []int{7, 20, 36, 41} {
		part, _ := newConsistency(t, c)
		data, noise := pcg(1, 0), pcg(2, 0)
		learn(t, part, law, 64, at, data, noise)
		var saved []state.Tensor
		for _, s := range part.State() {
			s.Data = slices.Clone(s.Data)
			saved = append(saved, s)
		}
		again, err := ResumeConsistency(c, saved, at)
		if err != nil {
			t.Fatal(err)
		}
		learn(t, again, law, 64, c.Steps()-at, data, noise)
		for i, s := range whole.State() {
			if !slices.Equal(s.Data, again.State()[i].Data) {
				t.Errorf("resumed at %d: %s differs", at, s.Name)
			}
		}
		m, err := LoadConsistency(c, again.State())
		if err != nil {
			t.Fatal(err)
		}
		last := whole.student.student.Average()
		x, y := mat.NewDense(3, 2, []float64{1, 2, 3, 4, 5, 6}), mat.NewDense(3, 2, nil)
		m.Student.Denoise(y, x, 0.5)
		last.Denoise(x, x, 0.5)
		if !mat.Equal(x, y) {
			t.Errorf("resumed at %d: the loaded student is another", at)
		}
	}
}

func TestConsistencyValidateNamesTheField(t *testing.T) {
	for want, change := range map[string]func(*ConsistencyConfig){
		"hidden is 0":         func(c *ConsistencyConfig) { c.Teacher.Hidden = 0 },
		"teacher-nfe is 8":    func(c *ConsistencyConfig) { c.TeacherNFE = 8 },
		"evaluations is 0":    func(c *ConsistencyConfig) { c.Evaluations = 0 },
		"huber is 0":          func(c *ConsistencyConfig) { c.Huber = 0 },
		"renoise is 0":        func(c *ConsistencyConfig) { c.Renoise = 0 },
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
