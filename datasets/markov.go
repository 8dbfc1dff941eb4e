package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// Markov is a second-order Markov chain of characters, a [Source]:
//
//	p(c | a b) = P[a b][c],
//
// with random transition probabilities P. A text starts in the state after two spaces.
type Markov struct {
	letters []rune      // the first is the space
	rows    [][]float64 // by a·len(letters) + b
}

// NewMarkov returns the chain of a seed over letters, at least two, of which the first separates
// words. The transition probabilities of a state are proportional to exp(spread·e), e ~ N(0, 1).
func NewMarkov(letters string, spread float64, seed uint64) *Markov {
	m := &Markov{letters: []rune(letters)}
	k := len(m.letters)
	rng := rand.New(rand.NewPCG(seed, 0x6d61726b6f76))
	for range k * k {
		row, sum := make([]float64, k), 0.0
		for j := range row {
			row[j] = math.Exp(spread * rng.NormFloat64())
			sum += row[j]
		}
		for j := range row {
			row[j] /= sum
		}
		m.rows = append(m.rows, row)
	}
	return m
}

// Sample implements [Source].
func (m *Markov) Sample(n int, rng *rand.Rand) string {
	var text strings.Builder
	state := 0
	for range n {
		c := pick(m.rows[state], rng)
		text.WriteRune(m.letters[c])
		state = m.next(state, c)
	}
	return text.String()
}

func (m *Markov) next(state, c int) int {
	k := len(m.letters)
	return state%k*k + c
}

// LogProb implements [Source].
func (m *Markov) LogProb(text string) []float64 {
	number := map[rune]int{}
	for i, c := range m.letters {
		number[c] = i
	}
	var out []float64
	state := 0
	for _, char := range text {
		c, ok := number[char]
		if !ok || state < 0 {
			state = -1
			out = append(out, math.Inf(-1))
			continue
		}
		out = append(out, math.Log(m.rows[state][c]))
		state = m.next(state, c)
	}
	return out
}

// EntropyRate returns Σ π(state) H(next | state) in nats a character, π the stationary distribution.
func (m *Markov) EntropyRate() float64 {
	n := len(m.rows)
	p := mat.NewDense(n, n, nil)
	h := make([]float64, n)
	for s, row := range m.rows {
		h[s] = entropyOf(row)
		for c, v := range row {
			p.Set(s, m.next(s, c), v)
		}
	}
	return mat.Dot(stationary(p), mat.NewVecDense(n, h))
}

// stationary returns the stationary distribution π = πP of an irreducible chain, the solution of
// (I - Pᵀ + 1 1ᵀ) π = 1.
func stationary(p *mat.Dense) *mat.VecDense {
	n, _ := p.Dims()
	a := mat.NewDense(n, n, nil)
	ones := mat.NewVecDense(n, nil)
	for i := range n {
		ones.SetVec(i, 1)
		for j := range n {
			a.Set(i, j, 1-p.At(j, i))
		}
		a.Set(i, i, a.At(i, i)+1)
	}
	pi := new(mat.VecDense)
	if err := pi.SolveVec(a, ones); err != nil {
		panic(fmt.Sprintf("datasets: a chain without a stationary distribution: %v", err))
	}
	return pi
}

func markovText() *Text {
	m := NewMarkov(" aeioumnlrst", 1.5, 1)
	return synthetic("markov", "second-order Markov chain over 12 characters with random transition probabilities", m, m.EntropyRate())
}
