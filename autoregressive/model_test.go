package autoregressive

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	G "gorgonia.org/gorgonia"

	"genlab"
	"genlab/checkpoint"
	"genlab/nn"
)

var (
	_ genlab.Sampler   = (*Points)(nil)
	_ genlab.LogProber = (*Points)(nil)
	_ genlab.Sampler   = (*Text)(nil)
	_ genlab.Learner   = (*Trainer)(nil)
)

func pcg(a, b uint64) *rand.Rand { return rand.New(rand.NewPCG(a, b)) }

// small returns a model with all that a large one has.
func small() Config {
	c := DefaultTextConfig()
	c.Steps, c.Batch, c.Warmup, c.Hidden, c.Layers, c.Heads, c.Context = 60, 12, 5, 16, 2, 2, 12
	return c
}

// shaken returns a model whose parameters, those that begin at zero too, are drawn anew and
// large, so that every part has its say.
func shaken(t *testing.T, c Config, symbols, context int, others bool) *Model {
	t.Helper()
	m, err := New(c, symbols, context, others, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	shake(m)
	return m
}

func shake(m *Model) {
	rng := pcg(2, 2)
	for _, p := range m.params.List() {
		for i := range p.Value {
			p.Value[i] = float32(0.3 * rng.NormFloat64())
		}
	}
}

// sequences returns n whole sequences that begin with the start.
func sequences(m *Model, n int, rng *rand.Rand) []int {
	s := make([]int, n*m.steps())
	for i := range s {
		s[i] = rng.IntN(m.symbols)
		if i%m.steps() == 0 {
			s[i] = m.symbols
		}
	}
	return s
}

func furthest(a, b []float32) float64 {
	d := 0.0
	for i, v := range a {
		d = max(d, math.Abs(float64(v)-float64(b[i])))
	}
	return d
}

// TestGradient: the gradient of the loss at every parameter, against central differences in
// float64, with the head apart and tied.
func TestGradient(t *testing.T) {
	for _, tied := range []bool{false, true} {
		c := small()
		c.Hidden, c.Layers, c.Tied, c.Batch = 8, 1, tied, 2
		m := shaken(t, c, 3, 3, false)
		symbols := sequences(m, c.Batch, pcg(3, 3))
		in, target := make([]float32, len(symbols)), make([]float32, len(symbols))
		for i, s := range symbols {
			in[i], target[i] = float32(s), float32(i*7%3)
		}
		g := nn.NewGraph64(len(symbols))
		loss := nn.CrossEntropy(m.logits(g, g.Table("symbol", len(in), 1, in)), g.Table("target", len(in), 1, target))
		var wrt G.Nodes
		for _, p := range m.params.List() {
			wrt = append(wrt, g.Param(p))
		}
		grads, err := g.Grad(loss, nil, wrt...)
		if err != nil {
			t.Fatal(err)
		}
		machine, err := nn.Compile(g, append(grads, loss)...)
		if err != nil {
			t.Fatal(err)
		}
		at := func() float64 {
			if err := machine.RunAll(); err != nil {
				t.Fatal(err)
			}
			return machine.Value(loss).Data().([]float64)[0]
		}
		at()
		for i, p := range m.params.List() {
			exact := slices.Clone(machine.Value(grads[i]).Data().([]float64))
			for j := range p.Value {
				const h = 1.0 / 1024 // exact in float32
				was := p.Value[j]
				p.Value[j] = was + h
				up, plus := at(), float64(p.Value[j])
				p.Value[j] = was - h
				down, minus := at(), float64(p.Value[j])
				p.Value[j] = was
				if numeric := (up - down) / (plus - minus); !(math.Abs(numeric-exact[j]) <= 1e-5*(1+math.Abs(exact[j]))) {
					t.Fatalf("tied %v, %s[%d]: gradient %v, difference %v", tied, p.Name, j, exact[j], numeric)
				}
				at()
			}
		}
	}
}

// TestCausality: a later symbol has no say in an earlier row, bit for bit, and every symbol has
// one in its own and in all later rows.
func TestCausality(t *testing.T) {
	m := shaken(t, small(), 5, 12, true)
	symbols := sequences(m, 1, pcg(4, 4))
	before := m.Logits(symbols)
	for at := 1; at < len(symbols); at++ {
		changed := slices.Clone(symbols)
		changed[at] = (changed[at] + 1) % m.symbols
		after := m.Logits(changed)
		if !slices.Equal(before[:at*m.classes], after[:at*m.classes]) {
			t.Fatalf("symbol %d changes a row before it", at)
		}
		for row := at; row < len(symbols); row++ {
			if slices.Equal(before[row*m.classes:(row+1)*m.classes], after[row*m.classes:(row+1)*m.classes]) {
				t.Fatalf("symbol %d has no say in row %d", at, row)
			}
		}
	}
}

// TestCacheIsTheModel: symbol by symbol, in pieces of any length, alone and beside others, the
// cache's logits are those of the whole sequence within 1e-5.
func TestCacheIsTheModel(t *testing.T) {
	for _, c := range []struct {
		tied      bool
		heads     int
		others    bool
		precision nn.Precision
		tolerance float64
	}{{false, 2, true, nn.Float32, 1e-5}, {true, 1, true, nn.Float32, 1e-5}, {true, 4, false, nn.Float32, 1e-5}, {true, 2, true, nn.BFloat16, 0.1}} {
		cfg := small()
		cfg.Tied, cfg.Heads, cfg.Context = c.tied, c.heads, 40
		m := shaken(t, cfg, 7, cfg.Context, c.others)
		const n = 3
		symbols := sequences(m, n, pcg(5, 5))
		want := m.Logits(symbols)
		row := func(s, k int) []float32 {
			return want[(s*m.steps()+k)*m.classes : (s*m.steps()+k+1)*m.classes]
		}
		got := make([]float32, n*m.classes)
		together := m.WithPrecision(c.precision).NewCache(n)
		all := []int{2, 0, 1}
		var largest float64
		for k := range m.steps() {
			next := make([]int, n)
			for i, s := range all {
				next[i] = symbols[s*m.steps()+k]
			}
			together.Extend(all, next, got)
			for i, s := range all {
				d := furthest(got[i*m.classes:(i+1)*m.classes], row(s, k))
				if largest = max(largest, d); d > c.tolerance {
					t.Fatalf("%+v: sequence %d, symbol %d: off by %v", c, s, k, d)
				}
			}
		}
		if rounds := largest > 1e-4; rounds != (c.precision == nn.BFloat16) {
			t.Errorf("%+v: off by %v at most", c, largest)
		}
		pieces := m.WithPrecision(c.precision).NewCache(1)
		rng := pcg(6, 6)
		for k := 0; k < m.steps(); {
			size := min(1+rng.IntN(9), m.steps()-k)
			pieces.Extend([]int{0}, symbols[k:k+size], got[:m.classes])
			k += size
			if d := furthest(got[:m.classes], row(0, k-1)); d > c.tolerance {
				t.Fatalf("%+v: %d symbols in pieces: off by %v", c, k, d)
			}
		}
	}
}

// uncached returns the text that Continue writes, by whole sequences.
func uncached(m *Model, prefix []int, n int) []int {
	history := slices.Clone(prefix)
	for range n {
		seen := history[window(len(history), m.context):]
		symbols := make([]int, m.steps())
		symbols[0] = m.symbols
		copy(symbols[1:], seen)
		row := m.Logits(symbols)[len(seen)*m.classes:]
		history = append(history, Sampling{}.pick(row[:m.symbols], 0, nil))
	}
	return history[len(prefix):]
}

// TestGreedyTextIsIdentical: with the cache and without, far beyond the context, from prompts of
// every kind of length, one by one and together.
func TestGreedyTextIsIdentical(t *testing.T) {
	for _, context := range []int{1, 2, 12, 13} {
		c := small()
		c.Context = context
		text, err := NewText(c, Alphabet("abcdefg"), pcg(1, 1))
		if err != nil {
			t.Fatal(err)
		}
		shake(text.Model)
		prompts := []string{"", "a", "gfedcba", strings.Repeat("abcdefg", 8)}
		together, err := text.ContinueAll(prompts, 50, Sampling{}, pcg(1, 2))
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range prompts {
			ids, _ := text.alphabet.Encode(p)
			want := text.alphabet.Decode(uncached(text.Model, ids, 50))
			if together[i] != want {
				t.Errorf("context %d, prompt %q: with others\n%s\nwithout a cache\n%s", context, p, together[i], want)
			}
			letters, err := text.Continue(p, Sampling{}, pcg(1, 3))
			if err != nil {
				t.Fatal(err)
			}
			var alone []rune
			for r := range letters {
				if alone = append(alone, r); len(alone) == 50 {
					break
				}
			}
			if string(alone) != want {
				t.Errorf("context %d, prompt %q: alone\n%s\nwithout a cache\n%s", context, p, string(alone), want)
			}
		}
	}
}

// TestWindow: a context is whole until it is full, and never less than half after.
func TestWindow(t *testing.T) {
	for _, context := range []int{1, 2, 3, 8, 13} {
		for i := range 200 {
			seen := i - window(i, context)
			least := min(i, context-max(1, context/2)+1)
			if seen > context || seen < least {
				t.Errorf("context %d: symbol %d sees %d before it, want %d to %d", context, i, seen, least, context)
			}
			if i > 0 && window(i, context) < window(i-1, context) {
				t.Errorf("context %d: the window moves back at symbol %d", context, i)
			}
		}
	}
}

// TestSamplingFollowsTheLogits: each way to sample, over a grid of quantiles, has the shares that
// its definition says.
func TestSamplingFollowsTheLogits(t *testing.T) {
	logits := []float32{1, 3, 2, 3, -1}
	const n = 100000
	for _, c := range []struct {
		s    Sampling
		want []float64 // weights
	}{
		{Sampling{Temperature: 1}, []float64{math.E, math.Exp(3), math.Exp(2), math.Exp(3), math.Exp(-1)}},
		{Sampling{Temperature: 2}, []float64{math.Exp(.5), math.Exp(1.5), math.E, math.Exp(1.5), math.Exp(-.5)}},
		{Sampling{Temperature: 1, TopK: 3}, []float64{0, math.Exp(3), math.Exp(2), math.Exp(3), 0}},
		{Sampling{Temperature: 1, TopK: 2}, []float64{0, 1, 0, 1, 0}},
		{Sampling{Temperature: 1, TopK: 1}, []float64{0, 1, 0, 0, 0}},
		{Sampling{Temperature: 1, TopK: 99}, []float64{math.E, math.Exp(3), math.Exp(2), math.Exp(3), math.Exp(-1)}},
		{Sampling{}, []float64{0, 1, 0, 0, 0}},
	} {
		count, sum := make([]float64, len(logits)), 0.0
		for i := range n {
			count[c.s.pick(logits, (float64(i)+0.5)/n, make([]float32, len(logits)))]++
		}
		for _, w := range c.want {
			sum += w
		}
		for i, w := range c.want {
			if !(math.Abs(count[i]/n-w/sum) <= 2.0/n) {
				t.Errorf("%v: symbol %d has %v, want %v", c.s, i, count[i]/n, w/sum)
			}
		}
	}
	if got := (Sampling{Temperature: 1}).pick([]float32{0, 0}, math.Nextafter(1, 0), make([]float32, 2)); got != 1 {
		t.Errorf("the last quantile gives symbol %d", got)
	}
}

func trainText(t *testing.T, c Config) (*Trainer, genlab.Sampler) {
	t.Helper()
	a, err := AlphabetOf(rhyme)
	if err != nil {
		t.Fatal(err)
	}
	text, err := NewText(c, a, pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	windows, err := a.Windows(rhyme, c.Context)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewTrainer(text)
	if err != nil {
		t.Fatal(err)
	}
	return tr, windows
}

func learn(t *testing.T, tr *Trainer, data genlab.Sampler, steps int, rng *rand.Rand) (last float64) {
	t.Helper()
	for range steps {
		l, err := tr.Learn(data.Sample(tr.Model().network().cfg.Batch, rng), nil)
		if err != nil {
			t.Fatal(err)
		}
		last = l[0].Value
	}
	return last
}

func same(a, b []checkpoint.Tensor) bool {
	return slices.EqualFunc(a, b, func(x, y checkpoint.Tensor) bool { return x.Name == y.Name && slices.Equal(x.Data, y.Data) })
}

// TestResumeIsBitwise: 30 steps, and 11 steps, a restored state and 19 steps, for text and for
// points.
func TestResumeIsBitwise(t *testing.T) {
	for _, kind := range []string{"text", "points"} {
		begin := func() (*Trainer, genlab.Sampler) {
			c := small()
			c.EMA = 0.9
			if kind == "text" {
				return trainText(t, c)
			}
			return trainPoints(t, c)
		}
		whole, data := begin()
		learn(t, whole, data, 30, pcg(7, 7))
		part, data := begin()
		rng := pcg(7, 7)
		learn(t, part, data, 11, rng)
		var saved []checkpoint.Tensor
		for _, s := range part.State() {
			saved = append(saved, checkpoint.Tensor{Name: s.Name, Shape: s.Shape, Data: slices.Clone(s.Data)})
		}
		resumed, err := Resume(part.Model().network().cfg, saved, part.Steps())
		if err != nil {
			t.Fatal(err)
		}
		learn(t, resumed, data, 19, rng)
		if !same(whole.State(), resumed.State()) {
			t.Errorf("%s: a resumed training differs from an uninterrupted one", kind)
		}
		loaded, err := Load(part.Model().network().cfg, resumed.State())
		if err != nil {
			t.Fatal(err)
		}
		a := resumed.Average().(genlab.Sampler).Sample(9, pcg(1, 9))
		if b := loaded.(genlab.Sampler).Sample(9, pcg(1, 9)); !mat.Equal(a, b) {
			t.Errorf("%s: a loaded model draws other rows", kind)
		}
		for i, s := range saved {
			if strings.HasPrefix(s.Name, "alphabet") || s.Name == "box" {
				damaged := slices.Clone(saved)
				damaged[i] = checkpoint.Tensor{Name: s.Name, Shape: s.Shape, Data: slices.Repeat([]float32{0.5}, len(s.Data))}
				if _, err := Load(part.Model().network().cfg, damaged); err == nil || strings.Contains(err.Error(), "shape") || kind == "text" && !strings.Contains(err.Error(), s.Name) {
					t.Errorf("%s: a damaged %s: %v", kind, s.Name, err)
				}
			}
		}
		saved = slices.DeleteFunc(saved, func(s checkpoint.Tensor) bool { return s.Name == "ema/norm.gain" })
		if _, err := Load(part.Model().network().cfg, saved); err == nil {
			t.Errorf("%s: a state without a tensor is loaded", kind)
		}
	}
}

// TestAnyNumberOfCores: one seed is one result.
func TestAnyNumberOfCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var states [][]checkpoint.Tensor
	var samples []*mat.Dense
	for _, cores := range []int{1, 2} {
		runtime.GOMAXPROCS(cores)
		tr, data := trainText(t, small())
		learn(t, tr, data, 20, pcg(8, 8))
		states = append(states, tr.State())
		samples = append(samples, tr.Average().(*Text).Sample(200, pcg(9, 9)))
	}
	if !same(states[0], states[1]) {
		t.Error("two cores train other weights than one")
	}
	if !mat.Equal(samples[0], samples[1]) {
		t.Error("two cores draw other texts than one")
	}
}

func TestConfigNamesTheField(t *testing.T) {
	for key, change := range map[string]func(*Config){
		"heads":       func(c *Config) { c.Heads = 3 },
		"hidden":      func(c *Config) { c.Hidden = 0 },
		"base":        func(c *Config) { c.Base = 37 },
		"digits":      func(c *Config) { c.Digits = 20 },
		"context":     func(c *Config) { c.Context = 0 },
		"temperature": func(c *Config) { c.Temperature = -1 },
		"top-k":       func(c *Config) { c.TopK = -1 },
		"final-lr":    func(c *Config) { c.FinalLR = 1 },
		"box":         func(c *Config) { c.Box = Box{1, 0, 0, 1} },
	} {
		c := DefaultConfig()
		if change(&c); c.Validate() == nil || !strings.HasPrefix(c.Validate().Error(), key+" is ") {
			t.Errorf("%s: %v", key, c.Validate())
		}
	}
	for _, c := range []Config{DefaultConfig(), DefaultTextConfig()} {
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
	}
}

// TestCacheBytes: the cache keeps a key and a value of every layer, 2·layers·hidden float32, for
// each symbol that a sequence may have.
func TestCacheBytes(t *testing.T) {
	for _, c := range []struct{ hidden, layers, context, sequences int }{{32, 1, 16, 1}, {64, 3, 16, 1}, {32, 1, 40, 5}} {
		cfg := DefaultSyntheticConfig()
		cfg.Hidden, cfg.Layers, cfg.Heads, cfg.Context = c.hidden, c.layers, 2, c.context
		m, err := NewText(cfg, Alphabet("ab"), rand.New(rand.NewPCG(1, 1)))
		if err != nil {
			t.Fatal(err)
		}
		symbol := 2 * c.layers * c.hidden * 4
		if got, want := m.NewCache(c.sequences).Bytes(), c.sequences*(c.context+1)*symbol; got != want {
			t.Errorf("%+v: %d bytes, want %d", c, got, want)
		}
	}
}
