package datasets

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"genlab/internal/suggest"
)

// characterRate returns the entropy rate of a source by other means than Rate's: as a chain of single
// characters that is found by asking LogProb. The states are the ends of texts, as key tells
// them apart.
func characterRate(t *testing.T, s Source, letters string, key func(text string) string) float64 {
	t.Helper()
	type state struct {
		next []int
		p    []float64
	}
	var states []state
	number := map[string]int{}
	var texts []string
	visit := func(text string) int {
		k := key(text)
		if i, ok := number[k]; ok {
			return i
		}
		number[k] = len(texts)
		texts = append(texts, text)
		return number[k]
	}
	visit("")
	for i := 0; i < len(texts); i++ {
		var st state
		for _, c := range letters {
			text := texts[i] + string(c)
			l := s.LogProb(text)
			if p := math.Exp(l[len(l)-1]); p > 0 {
				st.next, st.p = append(st.next, visit(text)), append(st.p, p)
			}
		}
		if sum := floats.Sum(st.p); !(math.Abs(sum-1) <= 1e-12) {
			t.Fatalf("after %q the next characters' probabilities sum to %v", texts[i], sum)
		}
		states = append(states, st)
	}
	// The stationary distribution by running the chain, lazily so that it has no period.
	pi := make([]float64, len(states))
	pi[0] = 1
	for range 4000 {
		next := make([]float64, len(states))
		for i, st := range states {
			next[i] += pi[i] / 2
			for k, j := range st.next {
				next[j] += pi[i] / 2 * st.p[k]
			}
		}
		pi = next
	}
	h := 0.0
	for i, st := range states {
		h += pi[i] * stat.Entropy(st.p)
	}
	return h
}

// TestRates: the entropy rates, against those of the chains of characters.
func TestRates(t *testing.T) {
	for _, name := range TextNames() {
		text, err := TextByName(name)
		if err != nil {
			t.Fatal(err)
		}
		letters := " aeioumnlrst"
		key := func(text string) string { return ("  " + text)[len(text):] } // the last two characters
		if name == "grammar" {
			letters = " ,.\nabcdefghijklmnopqrstuvwxyz"
			g := text.Source.(*Grammar)
			key = func(text string) string { return g.place(text) }
		}
		if h := characterRate(t, text.Source, letters, key); !(math.Abs(h-text.EntropyRate) <= 1e-6) {
			t.Errorf("%s: the rate is stated as %v, that of the chain of its characters is %v", name, text.EntropyRate, h)
		}
	}
}

// place returns the rule and the part of the word that a text ends in.
func (g *Grammar) place(text string) string {
	rule, written := 0, ""
	for _, c := range text {
		written += string(c)
		for _, choice := range g.rules[rule] {
			if choice.word == written {
				rule, written = choice.next, ""
				break
			}
		}
	}
	return string(rune('A'+rule)) + written
}

// TestTextsFollowTheirLaw: the mean of -log p over a text is the rate; blocks of 1000 characters
// hardly depend on each other, 5 standard errors.
func TestTextsFollowTheirLaw(t *testing.T) {
	for _, name := range TextNames() {
		text, err := TextByName(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(text.Train)+len(text.Valid) != textCharacters || len(text.Valid)*10 != textCharacters {
			t.Errorf("%s: %d and %d characters", name, len(text.Train), len(text.Valid))
		}
		logp := text.Source.LogProb(text.Train)
		var blocks []float64
		for lo := 0; lo+1000 <= len(logp); lo += 1000 {
			blocks = append(blocks, -floats.Sum(logp[lo:lo+1000])/1000)
		}
		mean, sd := stat.MeanStdDev(blocks, nil)
		if se := sd / math.Sqrt(float64(len(blocks))); !(math.Abs(mean-text.EntropyRate) < 5*se) {
			t.Errorf("%s: %v ± %v nats a character, the rate is %v", name, mean, se, text.EntropyRate)
		}
		a, b := text.Source.Sample(100, rand.New(rand.NewPCG(1, 1))), text.Source.Sample(100, rand.New(rand.NewPCG(1, 1)))
		if c := text.Source.Sample(100, rand.New(rand.NewPCG(2, 1))); a != b || a == c {
			t.Errorf("%s: the samples do not follow the generator", name)
		}
		if l := text.Source.LogProb("a#a"); !math.IsInf(l[1], -1) || !math.IsInf(l[2], -1) {
			t.Errorf("%s: what it never writes has log p %v", name, l)
		}
	}
}

// TestMarkovOfOneBit: two letters, where the rate has a closed form.
func TestMarkovOfOneBit(t *testing.T) {
	m := NewMarkov("ab", 1, 7)
	for s := range m.rows {
		m.rows[s] = []float64{0.3, 0.7} // no memory
	}
	if want := -0.3*math.Log(0.3) - 0.7*math.Log(0.7); !(math.Abs(m.EntropyRate()-want) <= 1e-12) {
		t.Errorf("rate %v, want %v", m.EntropyRate(), want)
	}
}

func TestBrokenGrammars(t *testing.T) {
	for _, lines := range []string{"start", "start = 1 a", "start = 1 a b", "start = 0 a start", "start = 1 a start | 1 ab start"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q is a grammar", lines)
				}
			}()
			NewGrammar(lines)
		}()
	}
}

func TestTextFiles(t *testing.T) {
	write := func(content string) string {
		path := filepath.Join(t.TempDir(), "t.txt")
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		return FilePrefix + path
	}
	text, err := TextByName(write(strings.Repeat("äb", 20)))
	if err != nil || text.Train != strings.Repeat("äb", 18) || text.Valid != "äbäb" || !math.IsNaN(text.EntropyRate) {
		t.Errorf("%+v, %v", text, err)
	}
	for content, want := range map[string]string{
		"":                             "empty",
		"short":                        "5 characters",
		"good\nx\xffy" + rhymeLength:   "line 2, column 2: the byte 0xff at offset 6 is not valid UTF-8",
		"\xc3" + rhymeLength:           "line 1, column 1",
		"é\xed\xa0\x80" + rhymeLength:  "line 1, column 2", // a surrogate
		rhymeLength + "\nthe end \xe2": "line 2, column 9",
	} {
		if _, err := TextByName(write(content)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", content, err, want)
		}
	}
	if _, err := TextByName(FilePrefix + t.TempDir()); err == nil || strings.Contains(err.Error(), "empty") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := TextByName("file:nowhere.txt"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	missing := new(suggest.Error)
	if _, err := TextByName("markow"); !errors.As(err, &missing) || !strings.Contains(err.Error(), `"markov"`) {
		t.Errorf("no such source: %v", err)
	}
	for name, want := range map[string]bool{"markov": true, "grammar": true, "file:a.txt": true, "file:a": true, "file:a.CSV": false, "file:a.npy": false, "moons": false} {
		if IsText(name) != want {
			t.Errorf("IsText(%q) is %v", name, !want)
		}
	}
}

const rhymeLength = "it is long enough to be a text"
