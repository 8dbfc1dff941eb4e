package hybrid

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab"
	"genlab/checkpoint"
	"genlab/datasets"
	"genlab/diffusion"
	"genlab/gentest"
	"genlab/standardize"
)

var (
	_ genlab.Learner = (*Captioned)(nil)
	_ genlab.Sampler = (*CaptionedModel)(nil)
)

func smallCaptioned() CaptionedConfig {
	c := DefaultCaptioned()
	c.Points.Steps, c.Points.Batch, c.Points.Hidden, c.Points.Warmup, c.Points.EMA, c.Points.NFE = 20, 64, 16, 5, 0.9, 5
	c.TextSteps, c.TextHidden = 10, 16
	return c
}

func newCaptioned(t testing.TB, c CaptionedConfig) (*Captioned, genlab.Sampler) {
	t.Helper()
	ds, err := datasets.ByName("captions")
	if err != nil {
		t.Fatal(err)
	}
	dist, err := ds.WithLabels()
	if err != nil {
		t.Fatal(err)
	}
	scale, err := standardize.Fit(ds.Sampler.Sample(5000, pcg(1, 3)))
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewCaptioned(c, datasets.Prompts(), scale, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	return tr, dist
}

func trainedCaptioned(t testing.TB, c CaptionedConfig) *CaptionedModel {
	t.Helper()
	tr, dist := newCaptioned(t, c)
	learn(t, tr, dist, c.Points.Batch, c.Steps(), pcg(2, 2), pcg(3, 3))
	m, err := LoadCaptioned(c, datasets.Prompts(), tr.State())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestEmbeddingsAreIndependent: what is said of a prompt depends on neither the prompts beside it nor its
// case and white space, in any pooling, and of words alone not on the other words.
func TestEmbeddingsAreIndependent(t *testing.T) {
	for _, pooling := range []Pooling{Words, Mean, Last} {
		c := smallCaptioned()
		c.Pooling = pooling
		m := trainedCaptioned(t, c)
		var all []string
		for _, p := range datasets.Captions() {
			all = append(all, p.String())
		}
		many, err := m.Embed(all...)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range all {
			one, err := m.Embed(" " + strings.ToUpper(strings.ReplaceAll(p, " ", "  ")))
			if err != nil {
				t.Fatal(err)
			}
			if !mat.Equal(one, many.Slice(i, i+1, 0, c.ContextWidth)) {
				t.Errorf("%s: %q is heard as %v, and as %v among others", pooling, p, one.RawRowView(0), many.RawRowView(i))
			}
		}
		if pooling != Words {
			continue
		}
		// one - two is the same everywhere: labels 0 to 8 say one point, 9 to 17 two points.
		for i := range 9 {
			for j := range c.ContextWidth {
				if d, want := many.At(i, j)-many.At(9+i, j), many.At(0, j)-many.At(9, j); d-want > 1e-4 || want-d > 1e-4 {
					t.Errorf("place %d: the counts differ by %v, elsewhere by %v", i, d, want)
				}
			}
		}
	}
}

// TestPromptsOutsideTheGrammar: words that it does not know are heard, letters that it does not know
// are named, with the words that it knows.
func TestPromptsOutsideTheGrammar(t *testing.T) {
	m := trainedCaptioned(t, smallCaptioned())
	if _, err := m.Given("left two tin points"); err != nil {
		t.Error(err)
	}
	for prompt, want := range map[string]string{"two zebras": "'z'", "": "0 characters", "2 points": "'2'"} {
		if _, err := m.Given(prompt); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "three, ") && !strings.HasSuffix(err.Error(), "three") {
			t.Errorf("%q: %v, want %s and the words", prompt, err, want)
		}
	}
}

// TestHeldOutPromptsAreRefused: neither phase can learn from a prompt that was held out.
func TestHeldOutPromptsAreRefused(t *testing.T) {
	c := smallCaptioned()
	for _, steps := range []int{0, c.TextSteps} {
		tr, dist := newCaptioned(t, c)
		learn(t, tr, dist, c.Points.Batch, steps, pcg(2, 2), pcg(3, 3))
		batch := dist.Sample(c.Points.Batch, pcg(2, 2))
		batch.Set(0, 2, float64(slices.Index(datasets.Prompts(), "")))
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.Contains(r.(string), "no prompt") {
					t.Errorf("after %d steps: %v", steps, r)
				}
			}()
			tr.Learn(batch, pcg(3, 3))
		}()
	}
}

// TestCaptionedResumesBitwise: in each phase and between them, with noise on what is said; what is
// saved at a stop can be loaded.
func TestCaptionedResumesBitwise(t *testing.T) {
	c := smallCaptioned()
	c.ContextNoise = 0.1
	_, dist := newCaptioned(t, c)
	training[*Captioned]{
		begin: func() *Captioned { tr, _ := newCaptioned(t, c); return tr },
		resume: func(saved []checkpoint.Tensor, steps int) (*Captioned, error) {
			return ResumeCaptioned(c, datasets.Prompts(), saved, steps)
		},
		dist: dist, batch: 64, steps: c.Steps(),
	}.resumesBitwise(t, []int{4, 10, 11, 23}, func(at int, saved []checkpoint.Tensor, _, _ *Captioned) {
		if _, err := LoadCaptioned(c, datasets.Prompts(), saved); err != nil {
			t.Errorf("stopped at %d: %v", at, err)
		}
	})
}

// TestPrincipalAxesAreSaved: what the points were learned in the context of is what is loaded, not what this
// machine finds anew.
func TestPrincipalAxesAreSaved(t *testing.T) {
	c := smallCaptioned()
	tr, dist := newCaptioned(t, c)
	learn(t, tr, dist, 64, c.TextSteps+1, pcg(1, 0), pcg(2, 0))
	saved := copied(tr.State())
	for _, s := range saved {
		if s.Name == "ear/axes" {
			for i := range s.Data {
				s.Data[i] *= -1
			}
		}
	}
	m, err := LoadCaptioned(c, datasets.Prompts(), saved)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ResumeCaptioned(c, datasets.Prompts(), saved, c.TextSteps+1)
	if err != nil {
		t.Fatal(err)
	}
	was, _ := tr.encoder.Embed("two points")
	was.Scale(-1, was)
	for _, e := range []*textEncoder{m.textEncoder, again.encoder} {
		if said, err := e.Embed("two points"); err != nil || !mat.Equal(was, said) {
			t.Errorf("%v, %v: want %v", mat.Formatted(said), err, mat.Formatted(was))
		}
	}
}

// TestCaptionedTypes: a model samples; a prompt given, its probability flow has a density.
func TestCaptionedTypes(t *testing.T) {
	m := trainedCaptioned(t, smallCaptioned())
	gentest.Sampler(t, m, 2)
	for _, capability := range []reflect.Type{reflect.TypeFor[genlab.LogProber](), reflect.TypeFor[genlab.LogBounder]()} {
		if reflect.TypeOf(m).Implements(capability) {
			t.Errorf("%T is a %v", m, capability)
		}
	}
	q, err := m.Given("two points upper left")
	if err != nil {
		t.Fatal(err)
	}
	gentest.Sampler(t, q, 2)
	x := mat.NewDense(2, 2, []float64{-3.1, 2.5, 2, -2})
	given, free := q.ProbabilityFlow().LogProb(x), m.Points.ProbabilityFlow().LogProb(x)
	for i := range given {
		if math.IsNaN(given[i]) || given[i] == free[i] {
			t.Errorf("log p is %v given a prompt, %v without", given, free)
		}
	}
}

func TestCaptionedValidateNamesTheField(t *testing.T) {
	for want, change := range map[string]func(*CaptionedConfig){
		"hidden is 0":             func(c *CaptionedConfig) { c.Points.Hidden = 0 },
		"conditional is false":    func(c *CaptionedConfig) { c.Points.Conditional = false },
		"text-steps is 0":         func(c *CaptionedConfig) { c.TextSteps = 0 },
		"text-hidden is 7":        func(c *CaptionedConfig) { c.TextHidden = 7 },
		"context-width is 33":     func(c *CaptionedConfig) { c.ContextWidth = 33 },
		"context-noise is -1":     func(c *CaptionedConfig) { c.ContextNoise = -1 },
		"shapes is -1":            func(c *CaptionedConfig) { c.Shapes = -1 },
		`unknown pooling "first"`: func(c *CaptionedConfig) { c.Pooling = "first" },
	} {
		c := DefaultCaptioned()
		if change(&c); c.Validate() == nil || !strings.Contains(c.Validate().Error(), want) {
			t.Errorf("%v, want %s", c.Validate(), want)
		}
	}
	if err := DefaultCaptioned().Validate(); err != nil {
		t.Error(err)
	}
	c := smallCaptioned()
	c.ContextWidth = 7 // three words of three: two directions each
	tr, dist := newCaptioned(t, c)
	learn(t, tr, dist, 64, 1, pcg(1, 1), pcg(2, 2))
	if _, err := LoadCaptioned(c, datasets.Prompts(), tr.State()); err == nil || !strings.Contains(err.Error(), "have rank 6") {
		t.Errorf("7 directions: %v", err)
	}
	if _, err := NewCaptioned(smallCaptioned(), []string{"Two  points"}, standardize.Identity(2), pcg(1, 1)); err == nil || !strings.Contains(err.Error(), "lower case") {
		t.Errorf("a prompt that is not as it is read: %v", err)
	}
}

// refinement is of a model of the prompt and a check.
func refinement(t testing.TB, verify Verifier) Refinement {
	t.Helper()
	q, err := trainedCaptioned(t, smallCaptioned()).Given("two points upper left")
	if err != nil {
		t.Fatal(err)
	}
	return Refinement{Model: q, Verify: verify, Noise: 0.2}
}

// TestRefinementLeavesWhatIsRight: pictures without misfits cost nothing and stay what they are, and of
// the others corrections move the misfits alone.
func TestRefinementLeavesWhatIsRight(t *testing.T) {
	right := func(x mat.Matrix) (bad []int) {
		for i := range 8 {
			if x.At(i, 0) > 0 {
				bad = append(bad, i)
			}
		}
		return bad
	}
	r := refinement(t, right)
	first := r.Pictures(20, 8, pcg(5, 5))
	before := make([]*mat.Dense, len(first))
	for i, d := range first {
		if before[i] = mat.DenseCopyOf(d.Points); i%2 == 0 {
			for k := range 8 {
				d.Points.Set(k, 0, -1)
			}
			first[i].Misfits = 0
			before[i] = mat.DenseCopyOf(d.Points)
		}
	}
	for name, do := range map[string]func([]Picture, int) []Picture{
		"corrections": func(f []Picture, b int) []Picture { return r.Correct(f, b, pcg(6, 6)) },
		"best of":     func(f []Picture, b int) []Picture { return r.BestOf(f, b, pcg(6, 6)) },
	} {
		const budget = 400
		improved := 0
		for i, d := range do(first, budget) {
			if !mat.Equal(first[i].Points, before[i]) {
				t.Fatalf("%s: first picture %d has changed", name, i)
			}
			if d.Misfits != len(right(d.Points)) || d.Misfits > first[i].Misfits {
				t.Errorf("%s: picture %d has %d misfits, says %d and had %d", name, i, len(right(d.Points)), d.Misfits, first[i].Misfits)
			}
			if first[i].Misfits == 0 {
				if !mat.Equal(d.Points, before[i]) || d.Evaluations != first[i].Evaluations {
					t.Errorf("%s: picture %d was right, and is changed or paid for", name, i)
				}
				continue
			}
			if d.Misfits < first[i].Misfits {
				improved++
			}
			spent := d.Evaluations - first[i].Evaluations
			if most := budget + 8*r.Model.NetworkEvaluations(); spent < 1 || name == "corrections" && spent > budget || spent > most {
				t.Errorf("%s: picture %d took %d evaluations of %d", name, i, spent, budget)
			}
			for k := range 8 {
				if name == "corrections" && before[i].At(k, 0) <= 0 && !slices.Equal(before[i].RawRowView(k), d.Points.RawRowView(k)) {
					t.Errorf("row %d of picture %d fitted, and is moved", k, i)
				}
			}
		}
		if improved < 5 {
			t.Errorf("%s: %d of 10 pictures improved", name, improved)
		}
	}
}

// TestRefinementEnds: with a check that every picture fails it spends its budget and no more,
// and what the loop says it took is what the network was asked.
func TestRefinementEnds(t *testing.T) {
	r := refinement(t, func(x mat.Matrix) []int { return []int{0, 1, 2} })
	first := r.Pictures(1, 8, pcg(5, 5))
	if want := 8 * 5; first[0].Evaluations != want {
		t.Errorf("a picture took %d evaluations, want %d", first[0].Evaluations, want)
	}
	got := r.Correct(first, 3000, pcg(6, 6))
	if spent := got[0].Evaluations - first[0].Evaluations; spent > 3000 || spent < 3000-15 {
		t.Errorf("%d of 3000 evaluations", spent)
	}
	if !mat.Equal(got[0].Points, first[0].Points) {
		t.Error("a picture that is no better is kept")
	}
}

// TestResampleKeepsTheDistribution: points of a distribution that are taken back to any level and denoised are of it.
func TestResampleKeepsTheDistribution(t *testing.T) {
	const n, s = 4000, 0.3
	q, err := trainedCaptioned(t, smallCaptioned()).Given("one point upper left")
	if err != nil {
		t.Fatal(err)
	}
	sampling := q.Sampling()
	sampling.Scale = standardize.Identity(2)
	sampling.Denoiser = diffusion.Mixture{Schedule: sampling.Schedule, Means: mat.NewDense(1, 2, nil), Weights: []float64{1}, Sigma: s}
	for _, level := range []float64{1, 0.6, 0.2} {
		x := mat.NewDense(n, 2, nil)
		rng := pcg(7, 7)
		for i := range x.RawMatrix().Data {
			x.RawMatrix().Data[i] = s * rng.NormFloat64()
		}
		grid := []float64{level}
		for i := 1; i <= 50; i++ {
			grid = append(grid, level*float64(50-i)/50)
		}
		resample(sampling, grid, x, rng)
		var square float64
		for _, v := range x.RawMatrix().Data {
			square += v * v / (2 * n * s * s)
		}
		// 5 standard errors of a variance of 8000 numbers, and a percent for 50 steps.
		if off := math.Abs(square - 1); off > 5*math.Sqrt(2./(2*n))+0.01 {
			t.Errorf("from level %v the variance is %v of the true one", level, square)
		}
	}
}
