package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// Grammar is a probabilistic right-linear grammar, a [Source]: a rule emits a word and names the next
// rule,
//
//	noun -> "cat " verb (1/4) | "dog " verb (1/4) | ...
//
// No word of a rule is a prefix of another of the same rule, so a text has one derivation and its
// probability is exact.
type Grammar struct {
	rules  [][]choice
	number map[string]int // of a rule
}

// choice is one right-hand side: with probability p, the word, then the rule.
type choice struct {
	p    float64
	word string
	next int
}

// NewGrammar parses rules, one a line: NAME = WEIGHT WORD NEXT | WEIGHT WORD NEXT | ... In a word "_"
// is a space and "/" a newline. A text starts with the first rule. It panics if a line does not have
// that form, a rule does not exist, or a word is a prefix of another.
func NewGrammar(lines string) *Grammar {
	g := &Grammar{number: map[string]int{}}
	var bodies []string
	for _, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		name, body, ok := strings.Cut(line, "=")
		if !ok {
			panic(fmt.Sprintf("datasets: grammar: no rule in %q", line))
		}
		g.number[strings.TrimSpace(name)] = len(bodies)
		bodies = append(bodies, body)
	}
	for _, body := range bodies {
		var rule []choice
		sum := 0.0
		for _, part := range strings.Split(body, "|") {
			var c choice
			var next string
			if _, err := fmt.Sscan(part, &c.p, &c.word, &next); err != nil || !(c.p > 0) {
				panic(fmt.Sprintf("datasets: grammar: %q is not a weight, a word and a rule", part))
			}
			c.word = strings.NewReplacer("_", " ", "/", "\n").Replace(c.word)
			to, ok := g.number[next]
			if !ok {
				panic(fmt.Sprintf("datasets: grammar: there is no rule %q", next))
			}
			c.next = to
			for _, other := range rule {
				if strings.HasPrefix(c.word, other.word) || strings.HasPrefix(other.word, c.word) {
					panic(fmt.Sprintf("datasets: grammar: %q and %q of one rule begin alike", c.word, other.word))
				}
			}
			rule = append(rule, c)
			sum += c.p
		}
		for i := range rule {
			rule[i].p /= sum
		}
		g.rules = append(g.rules, rule)
	}
	return g
}

// Sample implements [Source].
func (g *Grammar) Sample(n int, rng *rand.Rand) string {
	var text strings.Builder
	rule := 0
	for text.Len() < n {
		c := g.rules[rule][g.pick(rule, rng)]
		text.WriteString(c.word)
		rule = c.next
	}
	return text.String()[:n]
}

func (g *Grammar) pick(rule int, rng *rand.Rand) int {
	u := rng.Float64()
	last := len(g.rules[rule]) - 1
	for i, c := range g.rules[rule][:last] {
		if u -= c.p; u < 0 {
			return i
		}
	}
	return last
}

// LogProb implements [Source]: the probability of a character is that of the words that continue with
// it among those that match the current prefix of a word.
func (g *Grammar) LogProb(text string) []float64 {
	var out []float64
	rule, written, before := 0, "", 1.0
	for _, c := range text {
		written += string(c)
		now := 0.0
		if rule >= 0 {
			for _, choice := range g.rules[rule] {
				if strings.HasPrefix(choice.word, written) {
					now += choice.p
				}
			}
		}
		out = append(out, math.Log(now/before))
		before = now
		if now == 0 {
			rule, before = -1, 1
			continue
		}
		for _, choice := range g.rules[rule] {
			if choice.word == written {
				rule, written, before = choice.next, "", 1
				break
			}
		}
	}
	return out
}

// EntropyRate returns the expected entropy of a choice over the expected length of its word, in nats a
// character, both under the stationary distribution of the rules.
func (g *Grammar) EntropyRate() float64 {
	n := len(g.rules)
	chain := mat.NewDense(n, n, nil)
	entropy, length := mat.NewVecDense(n, nil), mat.NewVecDense(n, nil)
	for r, rule := range g.rules {
		p := make([]float64, len(rule))
		for i, c := range rule {
			p[i] = c.p
			chain.Set(r, c.next, chain.At(r, c.next)+c.p)
			length.SetVec(r, length.AtVec(r)+c.p*float64(len(c.word)))
		}
		entropy.SetVec(r, entropyOf(p))
	}
	pi := stationary(chain)
	return mat.Dot(pi, entropy) / mat.Dot(pi, length)
}

// sentences is the grammar of --data grammar: a verb agrees in number with its noun, from which a
// relative clause may separate it, and a noun may have several adjectives.
const sentences = `
start    = 6 the_ one | 3 a_ one | 3 all_ many | 3 two_ many
one      = 2 old_ one | 2 small_ one | 1 wise_ one | 3 cat_ one-that | 3 dog_ one-that | 3 girl_ one-that | 2 robot_ one-that
many     = 2 old_ many | 2 small_ many | 1 wise_ many | 3 cats_ many-that | 3 dogs_ many-that | 3 girls_ many-that | 2 robots_ many-that
one-that = 3 that_ one-clause | 4 sees_ object | 4 likes_ object | 3 sleeps end | 2 dreams end
many-that = 3 that_ many-clause | 4 see_ object | 4 like_ object | 3 sleep end | 2 dream end
one-clause = 2 sings_ one-verb | 1 waits_ one-verb | 1 never_waits_ one-verb
many-clause = 2 sing_ many-verb | 1 wait_ many-verb | 1 never_wait_ many-verb
one-verb = 4 sees_ object | 4 likes_ object | 3 sleeps end | 2 dreams end
many-verb = 4 see_ object | 4 like_ object | 3 sleep end | 2 dream end
object   = 3 the_ thing | 2 a_ thing | 1 every_ thing
thing    = 1 red_ thing | 1 blue_ thing | 3 bird end | 3 moon end | 2 fish end | 1 song end
end      = 5 ._ start | 3 ,_and_ start | 2 ./ start
`

func grammarText() *Text {
	g := NewGrammar(sentences)
	return synthetic("grammar", "sentences of a probabilistic right-linear grammar with agreement across clauses", g, g.EntropyRate())
}
