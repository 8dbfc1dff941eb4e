package autoregressive

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"gonum.org/v1/gonum/floats"

	"genlab/gentest"
)

// rhyme is in the public domain.
const rhyme = `Twinkle, twinkle, little star,
How I wonder what you are!
Up above the world so high,
Like a diamond in the sky.
`

func shakenText(t *testing.T, context int) *Text {
	t.Helper()
	c := small()
	c.Context = context
	text, err := NewText(c, Alphabet("abc"), pcg(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	shake(text.Model)
	return text
}

// TestTrainingLearns: from a loss near log of the number of classes to a rhyme by heart.
func TestTrainingLearns(t *testing.T) {
	c := small()
	c.Steps, c.Hidden, c.Heads, c.LR = 500, 32, 2, 5e-3
	tr, data := trainText(t, c)
	first := learn(t, tr, data, 1, pcg(1, 1))
	if want := math.Log(float64(tr.Model().network().classes)); !(math.Abs(first-want) <= 0.2) {
		t.Errorf("first loss %v, want about %v", first, want)
	}
	learn(t, tr, data, c.Steps-1, pcg(2, 2))
	m := tr.Average().(*Text)
	if nats := -floats.Sum(m.LogProb(rhyme)) / float64(len(rhyme)); nats > 0.25 {
		t.Errorf("%v nats a character of the training text", nats)
	}
	got, err := m.ContinueAll([]string{"Up above"}, 40, Sampling{}, pcg(1, 1))
	if want := " the world so high,\nLike a diamond in the"; err != nil || !strings.HasPrefix(want, got[0][:20]) {
		t.Errorf("it writes %q (%v)", got, err)
	}
}

// TestProbabilitiesOfTextsSumToOne: over all texts of four characters of an alphabet and one
// that is not in it, which stands for all such; the window moves twice.
func TestProbabilitiesOfTextsSumToOne(t *testing.T) {
	for _, context := range []int{1, 2, 12} {
		m := shakenText(t, context)
		others := float64(utf8.MaxRune + 1 - 2048 - 3)
		sum := 0.0
		letters := []rune("abc?")
		for i := range 256 {
			text, weight := make([]rune, 4), 1.0
			for k := range text {
				text[k] = letters[i>>(2*k)&3]
				if text[k] == '?' {
					weight *= others
				}
			}
			sum += weight * math.Exp(floats.Sum(m.LogProb(string(text))))
		}
		if !(math.Abs(sum-1) <= 1e-6) {
			t.Errorf("context %d: probabilities sum to %v", context, sum)
		}
	}
}

// TestLogProbIsTheDecoders: the likelihood of a text far beyond the context is that of what the
// decoder would draw, character by character.
func TestLogProbIsTheDecoders(t *testing.T) {
	const text = "abcabccbaabcbcbabcbabcabcbabcbabcbcabcba"
	for _, context := range []int{1, 5, 12, 64} {
		m := shakenText(t, context)
		d := m.newDecoder(nil)
		logp := make([]float64, m.classes)
		for i, l := range m.LogProb(text) {
			logSoftmax(logp, d.step())
			id := int(text[i] - 'a')
			if !(math.Abs(logp[id]-l) <= 1e-5) {
				t.Fatalf("context %d, character %d: %v, the decoder says %v", context, i, l, logp[id])
			}
			d.append(0, id)
		}
		blocks := m.BlockLogProb(text)
		if want := len(text) / (context + 1) * context; len(blocks) != want {
			t.Errorf("context %d: %d values in blocks, want %d", context, len(blocks), want)
		}
		if context < len(text) && !floats.EqualApprox(blocks[:context], m.LogProb(text)[1:context+1], 1e-6) {
			t.Errorf("context %d: the first block differs", context)
		}
	}
}

// TestDrawsFollowLogProb: characters drawn without a prompt have the model's probabilities, but for
// the class of unseen ones. n = 20,000 texts; 5 standard errors.
func TestDrawsFollowLogProb(t *testing.T) {
	const n = 20000
	m := shakenText(t, 2)
	gentest.Sampler(t, m, 3)
	x := m.Sample(n, pcg(4, 4))
	count := map[string]float64{}
	for i := range n {
		row := x.RawRowView(i)
		count[m.alphabet.Decode([]int{int(row[0]), int(row[1])})]++
	}
	seen := 0.0 // probability that both characters are of the alphabet, for each first one
	p := map[string]float64{}
	for _, a := range "abc" {
		rest := 0.0
		for _, b := range "abc" {
			rest += math.Exp(m.LogProb(string([]rune{a, b}))[1])
		}
		pa := math.Exp(m.LogProb(string(a))[0])
		seen += pa
		for _, b := range "abc" {
			p[string([]rune{a, b})] = pa * math.Exp(m.LogProb(string([]rune{a, b}))[1]) / rest
		}
	}
	for pair, v := range p {
		v /= seen
		if d := math.Abs(count[pair] - n*v); d > 5*math.Sqrt(n*v*(1-v)) {
			t.Errorf("%q was drawn %v times, expected %.0f", pair, count[pair], n*v)
		}
	}
}

// TestUnseenCharacters: a clear error at a prompt, a finite loss in evaluation.
func TestUnseenCharacters(t *testing.T) {
	m := shakenText(t, 12)
	_, err := m.Continue("abæc", Sampling{Temperature: 1}, pcg(1, 1))
	unseen := new(UnknownCharacterError)
	if !errors.As(err, &unseen) || unseen.Char != 'æ' || unseen.At != 3 || !strings.Contains(err.Error(), `'æ' (U+00E6)`) {
		t.Errorf("got %v", err)
	}
	if _, err := m.ContinueAll([]string{"a", "x"}, 3, Sampling{}, pcg(1, 1)); err == nil || !strings.Contains(err.Error(), "prompt 2") {
		t.Errorf("got %v", err)
	}
	for i, l := range m.LogProb("ab漢c") {
		if math.IsInf(l, 0) || math.IsNaN(l) || l >= 0 || i == 2 && l > -math.Log(1e6) {
			t.Errorf("character %d: log p is %v", i, l)
		}
	}
}

func TestTextsThatCannotBeLearnt(t *testing.T) {
	if _, err := AlphabetOf(""); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("no text: %v", err)
	}
	if _, err := AlphabetOf("zzzz"); err == nil || !strings.Contains(err.Error(), "'z'") {
		t.Errorf("one character: %v", err)
	}
	a, err := AlphabetOf("bab")
	if err != nil || !slices.Equal(a, Alphabet("ab")) {
		t.Errorf("alphabet %q, %v", string(a), err)
	}
	if _, err := a.Windows("abab", 4); err == nil || !strings.Contains(err.Error(), "4") {
		t.Errorf("a short text: %v", err)
	}
	if w, err := a.Windows("abab", 3); err != nil || w.Sample(1, pcg(1, 1)).At(0, 3) != 1 {
		t.Errorf("a text of one window: %v", err)
	}
}
