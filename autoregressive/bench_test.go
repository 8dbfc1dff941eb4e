package autoregressive

import (
	"fmt"
	"strings"
	"testing"

	"genlab/nn"
)

// letters are as many as English has with its capitals and punctuation.
var letters = func() Alphabet {
	a := make(Alphabet, 65)
	for i := range a {
		a[i] = rune('0' + i)
	}
	return a
}()

func benchText(b *testing.B, context int) *Text {
	b.Helper()
	c := DefaultTextConfig()
	c.Context = context
	t, err := NewText(c, letters, pcg(1, 1))
	if err != nil {
		b.Fatal(err)
	}
	return t
}

// BenchmarkStep is a training step with the defaults.
func BenchmarkStep(b *testing.B) {
	for _, p := range []nn.Precision{nn.Float32, nn.BFloat16} {
		b.Run("text/"+p.String(), func(b *testing.B) { benchStep(b, p) })
	}
	b.Run("points", func(b *testing.B) {
		p, err := NewPoints(DefaultConfig(), blobBox, pcg(1, 1))
		if err != nil {
			b.Fatal(err)
		}
		tr, err := NewTrainer(p)
		if err != nil {
			b.Fatal(err)
		}
		x := blob{}.Sample(p.cfg.Batch, pcg(1, 1))
		for b.Loop() {
			if _, err := tr.Learn(x, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func benchStep(b *testing.B, p nn.Precision) {
	t := benchText(b, 64)
	t.cfg.Precision = p
	tr, err := NewTrainer(t)
	if err != nil {
		b.Fatal(err)
	}
	w, err := letters.Windows(strings.Repeat(string(letters), 20), 64)
	if err != nil {
		b.Fatal(err)
	}
	x := w.Sample(t.cfg.Batch, pcg(1, 1))
	for b.Loop() {
		if _, err := tr.Learn(x, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkToken is one more symbol after a prefix: a + b·prefix.
func BenchmarkToken(b *testing.B) {
	t := benchText(b, 1024)
	for _, n := range []int{16, 128, 256, 512, 768, 1023} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := t.NewCache(1)
			ids, logits := make([]int, n), make([]float32, t.classes)
			c.Extend([]int{0}, ids, logits)
			for b.Loop() {
				c.lengths[0] = n
				c.Extend([]int{0}, ids[:1], logits)
			}
		})
	}
}

// BenchmarkGenerate is a text of 1000 characters, with the cache and by a pass over all
// characters so far for each.
func BenchmarkGenerate(b *testing.B) {
	const n = 1000
	t := benchText(b, 1024)
	b.Run("cached", func(b *testing.B) {
		for b.Loop() {
			t.generate(make([][]int, 1), n, Sampling{}, pcg(1, 1))
		}
	})
	b.Run("uncached", func(b *testing.B) {
		c := t.NewCache(1)
		ids, logits := make([]int, n), make([]float32, t.classes)
		for b.Loop() {
			for k := 1; k <= n; k++ {
				c.Reset(0)
				c.Extend([]int{0}, ids[:k], logits)
			}
		}
	})
}

// BenchmarkDecode is 200 characters after the start for each of so many texts, by batches.
func BenchmarkDecode(b *testing.B) {
	const length = 200
	t := benchText(b, 64)
	for _, p := range []nn.Precision{nn.Float32, nn.BFloat16} {
		m := t.WithPrecision(p)
		for _, n := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("%d/%v", n, p), func(b *testing.B) {
				for b.Loop() {
					m.generate(make([][]int, n), length, Sampling{Temperature: 1}, pcg(1, 1))
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n*length), "ns/character")
			})
		}
	}
}
