package masked

import (
	"encoding/json"
	"errors"
	"math"
	"math/bits"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"genlab/alphabet"
	"genlab/checkpoint"
	"genlab/nn"
)

func pcg(a, b uint64) *rand.Rand { return rand.New(rand.NewPCG(a, b)) }

// tiny is a configuration whose texts can be enumerated.
func tiny() Config {
	c := DefaultConfig()
	c.Hidden, c.Layers, c.Heads, c.Context, c.Block, c.Steps, c.Batch, c.Warmup, c.EMA = 8, 1, 2, 4, 3, 200, 16, 1, 0
	return c
}

// rough returns a model whose conditional distributions are far from uniform and disagree between orders.
func rough(t *testing.T, c Config, letters string, seed uint64) *Text {
	t.Helper()
	m, err := New(c, alphabet.Alphabet(letters), pcg(seed, 1))
	if err != nil {
		t.Fatal(err)
	}
	rng := pcg(seed, 2)
	for _, s := range m.net.params.State("") {
		for i := range s.Data {
			s.Data[i] += float32(0.5 * rng.NormFloat64())
		}
	}
	return m
}

// texts yields all windows of classes symbols that agree with begin at its positions.
func texts(begin []int, length, classes int) (all [][]int) {
	if len(begin) == length {
		return [][]int{slices.Clone(begin)}
	}
	for c := range classes {
		all = append(all, texts(append(slices.Clone(begin), c), length, classes)...)
	}
	return all
}

// permutations of 0 to n-1.
func permutations(n int) (all [][]int) {
	if n == 0 {
		return [][]int{{}}
	}
	for _, p := range permutations(n - 1) {
		for at := range n {
			all = append(all, slices.Insert(slices.Clone(p), at, n-1))
		}
	}
	return all
}

// TestSumOverOrders: it is the mean over all permutations, and over all texts it sums to 1.
func TestSumOverOrders(t *testing.T) {
	m := rough(t, tiny(), "ab", 1)
	for lo := range 4 {
		total := 0.0
		for _, x := range texts([]int{1, 0, 1, 1}[:lo], 4, 3) {
			got := sumOverOrders(span{x, lo, 4, 0}, m.Mask(), m.Conditionals)
			total += math.Exp(got)
			mean, all := 0.0, permutations(4-lo)
			for _, order := range all {
				w, logp := slices.Clone(x), 0.0
				for i := lo; i < 4; i++ {
					w[i] = m.Mask()
				}
				for _, i := range order {
					logp += float64(m.Conditionals(w)[(lo+i)*3+x[lo+i]])
					w[lo+i] = x[lo+i]
				}
				mean += math.Exp(logp) / float64(len(all))
			}
			if math.Abs(got-math.Log(mean)) > 1e-5 {
				t.Fatalf("%v from %d: %v, the mean over orders is %v", x, lo, got, math.Log(mean))
			}
		}
		if math.Abs(total-1) > 1e-5 {
			t.Errorf("the texts after %d characters sum to %v", lo, total)
		}
	}
}

// cost is Σ over the masked characters of -log p given the others, in nats.
func cost(m *Text, x []int, lo, set int) (sum float64) {
	w := slices.Clone(x)
	for i := range len(x) - lo {
		if set>>i&1 == 1 {
			w[lo+i] = m.Mask()
		}
	}
	logp := m.Conditionals(w)
	for i := range len(x) - lo {
		if set>>i&1 == 1 {
			sum -= float64(logp[(lo+i)*m.net.classes+x[lo+i]])
		}
	}
	return sum
}

// continuousTime is the negative bound as it is defined: the integral over t of 1/t times the expectation over all masks,
// by the midpoint rule.
func continuousTime(m *Text, x []int, lo int) (bound float64) {
	const points = 2000
	n := len(x) - lo
	for set := 1; set < 1<<n; set++ {
		masked, c := bits.OnesCount(uint(set)), cost(m, x, lo, set)
		for i := range points {
			t := (float64(i) + 0.5) / points
			bound += c / t * math.Pow(t, float64(masked)) * math.Pow(1-t, float64(n-masked)) / points
		}
	}
	return bound
}

// TestBoundByEnumeration: the estimate is unbiased for the integral over t, which lies below log p.
func TestBoundByEnumeration(t *testing.T) {
	m := rough(t, tiny(), "ab", 2)
	const draws = 4000
	for _, lo := range []int{0, 1} {
		x := []int{1, 0, 0, 1}
		want := -continuousTime(m, x, lo)
		if exact := sumOverOrders(span{x, lo, 4, 0}, m.Mask(), m.Conditionals); want > exact || want < exact-3 {
			t.Errorf("from %d: a bound of %v on %v", lo, want, exact)
		}
		b := Bound{Text: m, Samples: draws}
		var sum, square float64
		rng := pcg(3, 3)
		const batches = 20
		for range batches {
			v := 0.0
			for _, share := range b.estimate([]span{{x, lo, 4, 0}}, 4-lo, m.Conditionals, rng) {
				v += share
			}
			sum, square = sum+v, square+v*v
		}
		mean := sum / batches
		se := math.Sqrt((square/batches-mean*mean)/(batches-1)) + 1e-5
		if math.Abs(mean-want) > 4*se || se > 0.02 {
			t.Errorf("from %d: %v ± %v, want %v", lo, mean, se, want)
		}
	}
}

// TestBoundOfSteps: that of k steps is the mean over all ways to reveal the characters in k groups.
func TestBoundOfSteps(t *testing.T) {
	c := tiny()
	c.Block = 4
	m := rough(t, c, "ab", 4)
	x := []int{0, 1, 1, 0}
	for steps := 1; steps <= 4; steps++ {
		want, all := 0.0, permutations(4)
		for _, order := range all {
			at, visible := 0, 0
			for _, st := range stages(4, steps) {
				w := slices.Clone(x)
				for i := range w {
					if visible>>i&1 == 0 {
						w[i] = m.Mask()
					}
				}
				logp := m.Conditionals(w)
				for _, i := range order[at : at+st.revealed] {
					want += float64(logp[i*3+x[i]]) / float64(len(all))
					visible |= 1 << i
				}
				at += st.revealed
			}
		}
		got := 0.0
		for _, share := range (Bound{Text: m, Steps: steps, Samples: 60000}).estimate([]span{{x, 0, 4, 0}}, 4, m.Conditionals, pcg(5, 5)) {
			got += share
		}
		if math.Abs(got-want) > 0.02 {
			t.Errorf("%d steps: %v, want %v", steps, got, want)
		}
	}
}

// TestExactConditionals: with those of a joint distribution the bound is log p itself, in one step the sum of the marginals.
func TestExactConditionals(t *testing.T) {
	m := rough(t, tiny(), "ab", 6)
	joint := map[[4]int]float64{}
	total, rng := 0.0, pcg(7, 7)
	for _, x := range texts(nil, 4, 3) {
		p := math.Exp(2 * rng.NormFloat64())
		joint[[4]int(x)] = p
		total += p
	}
	conditionals := func(symbols []int) []float32 {
		out := make([]float32, len(symbols)*3)
		for at := 0; at < len(symbols); at += 4 {
			var sums [4][3]float64
			for x, p := range joint {
				fits := true
				for i, s := range symbols[at : at+4] {
					fits = fits && (s == m.Mask() || s == x[i])
				}
				for i := range x {
					if fits {
						sums[i][x[i]] += p
					}
				}
			}
			for i := range sums {
				for c, p := range sums[i] {
					out[(at+i)*3+c] = float32(math.Log(p / (sums[i][0] + sums[i][1] + sums[i][2])))
				}
			}
		}
		return out
	}
	x := [4]int{1, 2, 0, 1}
	want := math.Log(joint[x] / total)
	s := span{x[:], 0, 4, 0}
	if got := sumOverOrders(s, m.Mask(), conditionals); math.Abs(got-want) > 1e-5 {
		t.Errorf("sum over orders %v, want %v", got, want)
	}
	sum := func(steps int) (v float64) {
		for _, share := range (Bound{Text: m, Steps: steps, Samples: 4000}).estimate([]span{s}, 4, conditionals, pcg(8, 8)) {
			v += share
		}
		return v
	}
	if got := sum(0); math.Abs(got-want) > 0.05 {
		t.Errorf("bound %v, want %v", got, want)
	}
	marginals := 0.0
	for i, l := range x {
		marginals += float64(conditionals([]int{3, 3, 3, 3})[i*3+l])
	}
	if got := sum(1); math.Abs(got-marginals) > 1e-4 {
		t.Errorf("bound of one step %v, want %v", got, marginals)
	}
}

// TestSamplesAgreeWithTheSum: frequencies of texts sampled one character at a time are the probabilities by the sum over
// orders, and those sampled at once the product of the marginals.
func TestSamplesAgreeWithTheSum(t *testing.T) {
	const n = 40000
	cfg := tiny()
	cfg.Block = 4
	m := rough(t, cfg, "ab", 9)
	for _, c := range []struct {
		d Decoding
		p func(x []int) float64
	}{
		{Decoding{Temperature: 1}, func(x []int) float64 {
			return sumOverOrders(span{x, 0, 4, 0}, m.Mask(), known(m, m.Conditionals))
		}},
		{Decoding{Temperature: 1, Steps: 1}, func(x []int) (logp float64) {
			at := known(m, m.Conditionals)(slices.Repeat([]int{m.Mask()}, 4))
			for i, s := range x {
				logp += float64(at[i*3+s])
			}
			return logp
		}},
		{Decoding{Temperature: 1, Order: LeftToRight}, func(x []int) (logp float64) {
			w := slices.Repeat([]int{m.Mask()}, 4)
			for i, s := range x {
				logp += float64(known(m, m.Conditionals)(w)[i*3+s])
				w[i] = s
			}
			return logp
		}},
	} {
		count := map[[4]int]int{}
		for _, x := range m.generate(make([][]int, n), 4, c.d, pcg(10, 10)) {
			count[[4]int(x)]++
		}
		chi := 0.0
		for _, x := range texts(nil, 4, 2) {
			want := n * math.Exp(c.p(x))
			d := float64(count[[4]int(x)]) - want
			chi += d * d / want
		}
		if chi > 15+5*math.Sqrt(30) {
			t.Errorf("%v: χ² = %v of 15 degrees of freedom", c.d, chi)
		}
	}
}

// known are conditionals without the class of unknown characters, which sampling leaves out.
func known(m *Text, of func([]int) []float32) func([]int) []float32 {
	return func(symbols []int) []float32 {
		logp := of(symbols)
		for at := 0; at < len(logp); at += m.net.classes {
			row := logp[at : at+m.net.classes]
			left := math.Log1p(-math.Exp(float64(row[m.net.unknown()])))
			for i := range row {
				row[i] -= float32(left)
			}
		}
		return logp
	}
}

// fixture is what testdata/torch_loss.py computed.
type fixture struct {
	Loss                  float64
	X                     [][]int
	Masked                [][]bool
	Parameters, Gradients map[string][]float64
}

// TestLossAgreesWithPyTorch: the loss and its gradient at every parameter, of the same weights, texts and masks.
func TestLossAgreesWithPyTorch(t *testing.T) {
	b, err := os.ReadFile("testdata/torch_loss.json")
	if err != nil {
		t.Fatal(err)
	}
	var f fixture
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	c := tiny()
	c.Context = len(f.X[0])
	m, err := New(c, alphabet.Alphabet("abc"), pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	g := nn.NewGraph64(len(f.X) * c.Context)
	var wrt G.Nodes
	for _, p := range m.net.params.List() {
		if len(f.Parameters[p.Name]) != len(p.Value) {
			t.Fatalf("%s has %d values, the fixture %d", p.Name, len(p.Value), len(f.Parameters[p.Name]))
		}
		for i, v := range f.Parameters[p.Name] {
			p.Value[i] = float32(v)
		}
		wrt = append(wrt, g.Param(p))
	}
	symbols, weights := make([]float32, g.Rows()), make([]float32, g.Rows()*4)
	for i, x := range f.X {
		count := 0
		for _, masked := range f.Masked[i] {
			if masked {
				count++
			}
		}
		for k, s := range x {
			at := i*c.Context + k
			symbols[at] = float32(s)
			if f.Masked[i][k] {
				symbols[at] = float32(m.Mask())
				weights[at*4+s] = float32(c.Context) / float32(count)
			}
		}
	}
	loss := m.loss(g, g.Table("symbol", g.Rows(), 1, symbols), g.Table("weight", g.Rows(), 4, weights))
	gradients, err := g.Grad(loss, nil, wrt...)
	if err != nil {
		t.Fatal(err)
	}
	machine, err := nn.Compile(g, append(G.Nodes{loss}, gradients...)...)
	if err != nil {
		t.Fatal(err)
	}
	if err := machine.RunAll(); err != nil {
		t.Fatal(err)
	}
	value := func(n *G.Node) []float64 { return machine.Value(n).(*tensor.Dense).Float64s() }
	if got := value(loss)[0]; math.Abs(got-f.Loss) > 1e-5 {
		t.Errorf("loss %v, PyTorch has %v", got, f.Loss)
	}
	for i, p := range m.net.params.List() {
		for j, got := range value(gradients[i]) {
			if want := f.Gradients[p.Name][j]; math.Abs(got-want) > 1e-5 {
				t.Fatalf("gradient of %s[%d] is %v, PyTorch has %v", p.Name, j, got, want)
			}
		}
	}
}

// TestTraining: the loss falls, a resumed training ends with the same bytes, and what is loaded is the average.
func TestTraining(t *testing.T) {
	c := tiny()
	c.Context, c.Block, c.EMA = 8, 4, 0.9
	a := alphabet.Alphabet("abc")
	windows, err := a.Windows(strings.Repeat("abcabc", 30), c.Context-1)
	if err != nil {
		t.Fatal(err)
	}
	learn := func(tr *Trainer, n int, data, noise *rand.Rand) (last float64) {
		for range n {
			losses, err := tr.Learn(windows.Sample(c.Batch, data), noise)
			if err != nil {
				t.Fatal(err)
			}
			last = losses[0].Value
		}
		return last
	}
	fresh := func() *Trainer {
		m, err := New(c, a, pcg(1, 1))
		if err != nil {
			t.Fatal(err)
		}
		tr, err := NewTrainer(m)
		if err != nil {
			t.Fatal(err)
		}
		return tr
	}
	whole := fresh()
	data, noise := pcg(2, 2), pcg(3, 3)
	first := learn(whole, 1, data, noise)
	last := learn(whole, 299, data, noise)
	if first < 1 || last > 0.6 { // whole windows start at one of three letters
		t.Errorf("loss from %v to %v", first, last)
	}
	part := fresh()
	data, noise = pcg(2, 2), pcg(3, 3)
	learn(part, 100, data, noise)
	var saved []checkpoint.Tensor
	for _, s := range part.State() {
		s.Data = slices.Clone(s.Data)
		saved = append(saved, s)
	}
	again, err := Resume(c, saved, 100)
	if err != nil {
		t.Fatal(err)
	}
	learn(again, 200, data, noise)
	for i, s := range whole.State() {
		if !slices.Equal(s.Data, again.State()[i].Data) {
			t.Fatalf("%s differs after resuming", s.Name)
		}
	}
	loaded, err := Load(c, whole.State())
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range Random.Choices() {
		got, err := loaded.ContinueAll([]string{"abcabc", "bcab"}, 9, Decoding{Steps: 1, Order: Order(order), Temperature: 0}, pcg(4, 4))
		if err != nil || got[0] != "abcabcabc" || got[1] != "cabcabcab" {
			t.Errorf("%s order continues with %q, %v", order, got, err)
		}
	}
	v := loaded.LogBound("abcabcabcabc!", pcg(5, 5))
	if len(v) != 13 || v[12] > -math.Log(1e6) || math.IsInf(v[12], 0) {
		t.Errorf("bound %v, the last character is unknown", v)
	}
	if got := loaded.LogBound("", pcg(1, 1)); len(got) != 0 {
		t.Errorf("the bound of no text is %v", got)
	}
	var unknown *alphabet.UnknownCharacterError
	if _, err := loaded.ContinueAll([]string{"ab?"}, 3, c.Decoding(), pcg(1, 1)); !errors.As(err, &unknown) {
		t.Errorf("error %v for an unknown character", err)
	}
}

func TestValidateNamesTheField(t *testing.T) {
	for key, spoil := range map[string]func(*Config){
		"heads": func(c *Config) { c.Heads = 3 }, "block": func(c *Config) { c.Block = 99 }, "unmasking": func(c *Config) { c.Unmasking = 17 },
		"temperature": func(c *Config) { c.Temperature = math.NaN() }, "order": func(c *Config) { c.Order = "any" }, "whole": func(c *Config) { c.Whole = 2 },
	} {
		c := DefaultConfig()
		if spoil(&c); c.Validate() == nil || !strings.Contains(c.Validate().Error(), key) {
			t.Errorf("%s: error %v", key, c.Validate())
		}
	}
	for _, c := range []Config{DefaultConfig(), DefaultTextConfig()} {
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
	}
}
