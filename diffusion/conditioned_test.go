package diffusion

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/gentest"
	"genlab/standardize"
)

var (
	_ genlab.Sampler                   = (*Conditioned)(nil)
	_ genlab.Conditional[*Conditioned] = (*Model)(nil)
	_ Differentiable                   = given{}
	_ Parallel                         = given{}
	_ Parallel                         = (*Guided)(nil)
)

// labelled is the triangle with the component as the label, in the coordinates of newTrainer's
// model.
func labelled(n int, rng *rand.Rand) *mat.Dense {
	m := triangle()
	x := mat.NewDense(n, 3, nil)
	for i := range n {
		k := rng.IntN(3)
		x.SetRow(i, []float64{
			1 + 2*(m.Means.At(k, 0)+m.Sigma*rng.NormFloat64()),
			-2 + 0.5*(m.Means.At(k, 1)+m.Sigma*rng.NormFloat64()), float64(k)})
	}
	return x
}

// component is the label of the nearest mean.
func component(x []float64) (nearest int) {
	m, least := triangle(), math.Inf(1)
	for k := range 3 {
		d := math.Hypot((x[0]-1)/2-m.Means.At(k, 0), (x[1]+2)/0.5-m.Means.At(k, 1))
		if d < least {
			nearest, least = k, d
		}
	}
	return nearest
}

func conditional() Config {
	c := small()
	c.Conditional, c.LabelDropout = true, 0.2
	return c
}

// newLabelled is a trainer of three classes, whose last layer is not the zero it begins as.
func newLabelled(t *testing.T, c Config) *Trainer {
	t.Helper()
	m, err := NewConditional(c, standardize.Map{Shift: []float64{1, -2}, Scale: []float64{2, 0.75}}, 3, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.net.Parameters().List()[2*c.Layers:] {
		for j := range p.Value {
			p.Value[j] += float32(0.1 * pcg(7, uint64(j)).NormFloat64())
		}
	}
	tr, err := NewTrainer(m)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func one(label int) *mat.Dense { return mat.NewDense(1, 1, []float64{float64(label)}) }

// TestLabelsAreLearnt: given a label, 9 samples in 10 are of its component, and its density is the
// highest at 9 of its points in 10, after so short a training (of the truth all but a 1e-5th, and
// all; without the label it would be a third); given none, all components come, with a share of a third each within
// 4 standard errors of 1000 samples and a tenth for what the short training leaves.
func TestLabelsAreLearnt(t *testing.T) {
	c := conditional()
	tr := newLabelled(t, c)
	d, noise := pcg(4, 4), pcg(5, 5)
	for range c.Steps {
		if _, err := tr.Learn(labelled(c.Batch, d), noise); err != nil {
			t.Fatal(err)
		}
	}
	m := tr.Average()
	for k := range 3 {
		own := 0
		x := m.Given(one(k)).Sample(500, pcg(6, uint64(k)))
		for i := range 500 {
			if component(x.RawRowView(i)) == k {
				own++
			}
		}
		if own < 450 {
			t.Errorf("%d of 500 samples of label %d are of its component", own, k)
		}
	}
	var counts [3]int
	x := m.Sample(1000, pcg(7, 7))
	for i := range 1000 {
		counts[component(x.RawRowView(i))]++
	}
	for k, n := range counts {
		if !(math.Abs(float64(n)/1000-1./3) <= 0.06+0.1) {
			t.Errorf("%d of 1000 samples without a label are of component %d", n, k)
		}
	}
	// Labels row by row.
	context := mat.NewDense(300, 1, nil)
	for i := range 300 {
		context.Set(i, 0, float64(i%3))
	}
	x = m.Given(context).Sample(300, pcg(8, 8))
	own := 0
	for i := range 300 {
		if component(x.RawRowView(i)) == i%3 {
			own++
		}
	}
	if own < 270 {
		t.Errorf("%d of 300 rows are of their own label's component", own)
	}
	points := labelled(60, pcg(9, 9))
	z := points.Slice(0, 60, 0, 2)
	var logp [3][]float64
	for k := range 3 {
		logp[k] = m.Given(one(k)).ProbabilityFlow().LogProb(z)
	}
	own = 0
	for i := range 60 {
		if logp[int(points.At(i, 2))][i] == max(logp[0][i], logp[1][i], logp[2][i]) {
			own++
		}
	}
	if own < 54 {
		t.Errorf("the density of %d of 60 points is highest given their own label", own)
	}
}

// TestGuidanceOfOneIsNone: to the bit, and in one pass; 0 is the model without the label.
func TestGuidanceOfOneIsNone(t *testing.T) {
	m := newLabelled(t, conditional()).Average()
	for _, name := range SamplerName("").Choices() {
		c := m.cfg
		c.Sampler, c.NFE = SamplerName(name), 9
		plain := m.SamplingWith(c)
		free := plain.Sample(300, pcg(1, 1))
		plain.Denoiser = given{m, []float32{0, 1, 0}}
		want := plain.Sample(300, pcg(1, 1))
		draw := func(scale float64) (*mat.Dense, int) {
			c.Guidance = scale
			l := m.Given(one(1)).With(c)
			return l.Sample(300, pcg(1, 1)), l.NetworkEvaluations()
		}
		if x, evaluations := draw(1); !mat.Equal(x, want) || evaluations != 9 {
			t.Errorf("%s: a scale of 1 changes the sample, or takes %d evaluations for 9", name, evaluations)
		}
		if x, evaluations := draw(0); !mat.Equal(x, free) || evaluations != 9 {
			t.Errorf("%s: a scale of 0 is not the model without a label, or takes %d evaluations for 9", name, evaluations)
		}
		if x, evaluations := draw(2); mat.Equal(x, want) || evaluations != 18 {
			t.Errorf("%s: a scale of 2 changes nothing, or takes %d evaluations for 18", name, evaluations)
		}
	}
}

// counting counts the network evaluations of the denoisers that it stands for.
type counting struct {
	Denoiser
	n *int
}

func (c counting) Denoise(dst, x *mat.Dense, t float64) {
	*c.n++
	c.Denoiser.Denoise(dst, x, t)
}

// TestNetworkEvaluationsAreCounted: the number that is reported is the number that was taken.
func TestNetworkEvaluationsAreCounted(t *testing.T) {
	for scale, each := range map[float64]int{0: 1, 1: 1, 0.5: 2, 3: 2} {
		for _, s := range samplers {
			c := DefaultConfig()
			c.Sampler, c.NFE = s.Name, 9
			sampler, steps, _, err := c.sampler()
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			g := &Guided{With: counting{triangle(), &n}, Without: counting{triangle(), &n}, Scale: scale}
			x := normals(20, 2, pcg(1, 1))
			for range Reverse(g, cosine, sampler, UniformTime.Grid(cosine, steps, 0), x, pcg(2, 2)) {
			}
			if n != 9*each || g.NetworkEvaluations() != each {
				t.Errorf("%s at scale %v: %d forward passes for 9 evaluations, and %d are reported for one", s.Name, scale, n, g.NetworkEvaluations())
			}
		}
	}
}

// TestGuidedIsItsFormula: also in place, and where the number of rows changes.
func TestGuidedIsItsFormula(t *testing.T) {
	with, without := triangle(), triangle()
	with.Weights = []float64{1, 1e-300, 1e-300}
	g := &Guided{With: with, Without: without, Scale: 2.5}
	for _, n := range []int{30, 7, 30} {
		x := normals(n, 2, pcg(1, uint64(n)))
		var a, b mat.Dense
		denoise(with, &a, x, 0.4)
		denoise(without, &b, x, 0.4)
		g.Denoise(x, x, 0.4)
		for i := range n {
			for j := range 2 {
				want := b.At(i, j) + 2.5*(a.At(i, j)-b.At(i, j))
				if !(math.Abs(x.At(i, j)-want) <= 1e-12) {
					t.Fatalf("%v, want %v", x.At(i, j), want)
				}
			}
		}
	}
}

// TestGuidedOrders: a guided denoiser is a denoiser, and samplers keep their order with it.
func TestGuidedOrders(t *testing.T) {
	with := triangle()
	with.Weights = []float64{0.8, 0.1, 0.1}
	g := &Guided{With: with, Without: triangle(), Scale: 1.5}
	exact := last(g, DPMSolver{Order: 3}, begun(0.9, 0.1, 8192), nil)
	for _, c := range []struct {
		s     Sampler
		order float64
	}{{DDIM{}, 1}, {Heun{}, 2}, {DPMSolver{Order: 2}, 2}} {
		var errs [2]float64
		for i := range errs {
			var diff mat.Dense
			diff.Sub(last(g, c.s, begun(0.9, 0.1, 256<<i), nil), exact)
			errs[i] = mat.Norm(&diff, 2)
		}
		if order := math.Log2(errs[0] / errs[1]); !(math.Abs(order-c.order) <= 0.15) {
			t.Errorf("%v: order %.3f, want %v", c.s, order, c.order)
		}
	}
}

// TestLabelledIsASampler: as every distribution, on any cores.
func TestLabelledIsASampler(t *testing.T) {
	m := newLabelled(t, conditional()).Average()
	c := m.cfg
	c.NFE, c.Guidance = 5, 2
	gentest.Sampler(t, m.Given(one(2)).With(c), 2)
}

// TestLabelsOfOneRowAreThoseOfAll: the formula of training, with a label for each row, agrees with
// that of sampling, and with that of the flow.
func TestLabelsOfOneRowAreThoseOfAll(t *testing.T) {
	m := newLabelled(t, conditional()).Model()
	x := normals(6, 2, pcg(1, 2))
	for label := -1; label < 3; label++ { // -1 is none
		g := given{m, nil}
		if label >= 0 {
			g.context = make([]float32, 3)
			g.context[label] = 1
		}
		var a, b mat.Dense
		denoise(g, &a, x, 0.37)
		b.ReuseAs(6, 2)
		g.DenoiseTrace(&b, x, slices.Repeat([]float64{0.37}, 6), make([]float64, 6))
		if !mat.EqualApprox(&a, &b, 1e-4) {
			t.Errorf("label %d: %v, %v", label, mat.Formatted(&a), mat.Formatted(&b))
		}
		var free mat.Dense
		if denoise(m, &free, x, 0.37); mat.Equal(&free, &a) != (label == -1) {
			t.Errorf("label %d gives what no label gives: %v", label, label != -1)
		}
	}
}

// TestShareOfHiddenLabels: the network is shown all labels but the share that is hidden, within 5
// standard errors of a binomial.
func TestShareOfHiddenLabels(t *testing.T) {
	c := conditional()
	tr := newLabelled(t, c)
	noise := pcg(5, 5)
	const batches = 100
	hidden := 0
	for i := range batches {
		batch := labelled(c.Batch, pcg(4, uint64(i)))
		tr.fill(batch, noise)
		for k, row := range slices.Collect(slices.Chunk(tr.step.Input("context"), 3)) {
			switch at := slices.Index(row, 1); {
			case at < 0:
				hidden++
			case at != int(batch.At(k, 2)):
				t.Fatalf("row %d of label %v is shown as %d", k, batch.At(k, 2), at)
			}
		}
	}
	n := float64(batches * c.Batch)
	if want := c.LabelDropout * n; !(math.Abs(float64(hidden)-want) <= 5*math.Sqrt(want*(1-c.LabelDropout))) {
		t.Errorf("%d of %v labels are hidden, want %v", hidden, n, want)
	}
}

// TestConditionalStateKeepsItsClasses: also where no label is in sight.
func TestConditionalStateKeepsItsClasses(t *testing.T) {
	tr := newLabelled(t, conditional())
	var saved []checkpoint.Tensor
	for _, s := range tr.State() {
		s.Data = slices.Clone(s.Data)
		saved = append(saved, s)
	}
	m, err := Load(conditional(), saved)
	if err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(m.Given(one(2)).Sample(20, pcg(1, 1)), tr.Average().Given(one(2)).Sample(20, pcg(1, 1))) {
		t.Error("the loaded model draws other samples given a label")
	}
	if _, err := Resume(conditional(), saved, 3); err != nil {
		t.Error(err)
	}
	if _, err := Load(small(), saved); err == nil {
		t.Error("a checkpoint with labels is loaded into a model without")
	}
}

// TestVectorsAreWhatTheyShow: a model of vectors that are one-hot is the model of labels, to the bit, in
// training and in samples.
func TestVectorsAreWhatTheyShow(t *testing.T) {
	c := conditional()
	c.PosteriorTarget = false // labels have one, vectors do not
	byLabel := newLabelled(t, c)
	m, err := NewWith(c, Components{Context: Vector(3)}, byLabel.Model().scale, pcg(9, 9))
	if err != nil {
		t.Fatal(err)
	}
	m.net.Parameters().CopyFrom(byLabel.Model().net.Parameters())
	if err := checkpoint.Copy(m.net.Fixed(), byLabel.Model().net.Fixed()); err != nil {
		t.Fatal(err)
	}
	byVector, err := NewTrainer(m)
	if err != nil {
		t.Fatal(err)
	}
	hot := func(labels mat.Matrix) *mat.Dense {
		n, _ := labels.Dims()
		x := mat.NewDense(n, 3, nil)
		for i := range n {
			x.Set(i, int(labels.At(i, 0)), 1)
		}
		return x
	}
	for i := range 3 {
		batch := labelled(c.Batch, pcg(4, uint64(i)))
		a, _ := byLabel.Learn(batch, pcg(5, uint64(i)))
		var wide mat.Dense
		wide.Augment(batch.Slice(0, c.Batch, 0, 2), hot(batch.Slice(0, c.Batch, 2, 3)))
		if b, _ := byVector.Learn(&wide, pcg(5, uint64(i))); a[0] != b[0] {
			t.Fatalf("step %d: losses %v and %v", i, a, b)
		}
	}
	for label := range 3 {
		a, b := byLabel.Average().Given(one(label)), byVector.Average().Given(hot(one(label)))
		if !mat.Equal(a.Sample(5, pcg(3, 3)), b.Sample(5, pcg(3, 3))) {
			t.Errorf("samples of label %d differ", label)
		}
	}
	saved := byVector.State()
	if _, err := LoadWith(c, Components{Context: Vector(3)}, saved); err != nil {
		t.Error(err)
	}
	if _, err := LoadWith(c, Components{Context: Vector(4)}, saved); err == nil {
		t.Error("a checkpoint of vectors of 3 is loaded into a model of vectors of 4")
	}
}

// TestAnyNetworkIsEvaluated: a network without an evaluator of its own is run row by row, and says
// the same, with contexts and without.
func TestAnyNetworkIsEvaluated(t *testing.T) {
	m := newLabelled(t, conditional()).Model()
	plain, err := evaluatorOf(struct{ Network }{m.net}, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	x := []float32{1, -1, 0.3, 0.2, -2, 0.7}
	for _, context := range [][]float32{nil, {0, 1, 0}, nil} {
		a, b := make([]float32, 6), make([]float32, 6)
		if err := errors.Join(m.forward.run(3, x, -1.3, context, a), plain.run(3, x, -1.3, context, b)); err != nil {
			t.Fatal(err)
		}
		for i := range a {
			if !(math.Abs(float64(a[i]-b[i])) <= 1e-4) {
				t.Errorf("context %v: %v and %v", context, a, b)
			}
		}
	}
}

func TestLabelMisuse(t *testing.T) {
	m := newLabelled(t, conditional()).Average()
	for name, f := range map[string]func(){
		"label 3":    func() { m.Given(one(3)) },
		"label -1":   func() { m.Given(one(-1)) },
		"label 0.5":  func() { m.Given(mat.NewDense(1, 1, []float64{0.5})) },
		"2 columns":  func() { m.Given(mat.NewDense(1, 2, nil)) },
		"5 rows":     func() { m.Given(mat.NewDense(2, 1, nil)).Sample(5, pcg(1, 1)) },
		"2 labels":   func() { m.Given(mat.NewDense(2, 1, nil)).ProbabilityFlow() },
		"0 classes":  func() { newTrainer(t, small()).Average().Given(one(0)) },
		"2 columns ": func() { newLabelled(t, conditional()).fill(data(conditional().Batch, pcg(1, 1)), pcg(1, 1)) },
	} {
		message := func() (s string) {
			defer func() { s, _ = recover().(string) }()
			f()
			return ""
		}()
		if !strings.HasPrefix(message, "diffusion: ") {
			t.Errorf("%s: the panic says %q", name, message)
		}
	}
	if _, err := NewConditional(small(), standardize.Identity(2), 3, pcg(1, 1)); err == nil {
		t.Error("classes for a model that is not conditional")
	}
	if _, err := New(conditional(), standardize.Identity(2), pcg(1, 1)); err == nil {
		t.Error("a conditional model without classes")
	}
}
