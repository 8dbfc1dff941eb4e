package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// attentions are shapes with tails of every kind: sequences of so many positions in a block, with a
// causal mask or without, and queries that continue a causal sequence after so many keys.
var attentions = []struct {
	steps, sequences, before int
	causal                   bool
}{
	{1, 1, 0, true}, {4, 8, 0, true}, {3, 10, 0, true}, {5, 6, 0, false}, {33, 1, 0, true}, {65, 1, 0, true},
	{64, 1, 0, false}, {7, 1, 40, true}, {1, 1, 300, true}, {40, 1, 25, true},
}

func spansOf(steps, sequences, before int, causal bool) (a Attention) {
	a.Keys = before + steps*sequences
	for i := range steps * sequences {
		from := i / steps * steps
		to := from + steps
		if causal {
			to = before + i + 1
		}
		a.Spans = append(a.Spans, Span{int32(from), int32(to)})
	}
	return a
}

// heads is a test of attention: a matrix with the three parts side by side, and memory.
type attending[T Float] struct {
	shape            Attention
	q, k, v, out     Rows[T]
	dq, dk, dv, dout Rows[T]
	weights, slopes  []T
	queries, keys    int
}

func newAttending[T Float](a Attention, width int, rng *rand.Rand) *attending[T] {
	a.Width = width
	x := &attending[T]{shape: a, queries: len(a.Spans), keys: a.Keys}
	matrix := func(rows int) Rows[T] {
		r := Rows[T]{make([]T, rows*(width+3)), width + 3}
		for i := range r.Data {
			r.Data[i] = T(rng.NormFloat64())
		}
		return r
	}
	x.q, x.k, x.v, x.out = matrix(x.queries), matrix(x.keys), matrix(x.keys), matrix(x.queries)
	x.dq, x.dk, x.dv, x.dout = matrix(x.queries), matrix(x.keys), matrix(x.keys), matrix(x.queries)
	x.weights, x.slopes = make([]T, x.queries*a.Stride()), make([]T, x.queries*a.Stride())
	for i := range x.weights { // what is masked may hold anything
		x.weights[i], x.slopes[i] = T(math.NaN()), T(math.NaN())
	}
	return x
}

func (x *attending[T]) forward() { Attend(&x.shape, x.q, x.k, x.v, x.weights, x.out) }

func (x *attending[T]) backward() {
	AttendBackward(&x.shape, x.q, x.k, x.v, x.weights, x.dout, x.slopes, x.dq, x.dk, x.dv)
}

// naive returns the output of a query by the definition.
func (x *attending[T]) naive(i int) []float64 {
	out := make([]float64, x.shape.Width)
	var sum float64
	for j := x.shape.Spans[i].From; j < x.shape.Spans[i].To; j++ {
		var dot float64
		for c := range x.shape.Width {
			dot += float64(x.q.from(i)[c]) * float64(x.k.from(int(j))[c])
		}
		e := math.Exp(dot / math.Sqrt(float64(x.shape.Width)))
		sum += e
		for c := range out {
			out[c] += e * float64(x.v.from(int(j))[c])
		}
	}
	for c := range out {
		out[c] /= sum
	}
	return out
}

// TestAttend compares each level with the definition.
func TestAttend(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, c := range attentions {
			for _, width := range []int{3, 16, 32} {
				x := newAttending[float32](spansOf(c.steps, c.sequences, c.before, c.causal), width, rand.New(rand.NewPCG(1, 2)))
				x.forward()
				for i := range x.queries {
					for j, want := range x.naive(i) {
						if got := float64(x.out.from(i)[j]); !(math.Abs(got-want) < 5e-6) {
							t.Fatalf("%+v, width %d: out[%d, %d] is %v, want %v", c, width, i, j, got, want)
						}
					}
				}
			}
		}
	})
}

// TestAttendGradient compares the gradient with central differences in float64, and that of each level in
// float32 with it.
func TestAttendGradient(t *testing.T) {
	for _, c := range attentions {
		if c.steps*c.sequences+c.before > 70 {
			continue
		}
		const width = 4
		shape := spansOf(c.steps, c.sequences, c.before, c.causal)
		x := newAttending[float64](shape, width, rand.New(rand.NewPCG(3, 4)))
		loss := func() (sum float64) {
			x.forward()
			for i := range x.queries {
				for j := range width {
					sum += x.out.from(i)[j] * x.dout.from(i)[j]
				}
			}
			return sum
		}
		loss()
		x.backward()
		rng := rand.New(rand.NewPCG(5, 6))
		for name, p := range map[string][2]Rows[float64]{"q": {x.q, x.dq}, "k": {x.k, x.dk}, "v": {x.v, x.dv}} {
			for range 8 {
				at := rng.IntN(len(p[0].Data)/p[0].Stride)*p[0].Stride + rng.IntN(width)
				const h = 1e-5
				old := p[0].Data[at]
				p[0].Data[at] = old + h
				up := loss()
				p[0].Data[at] = old - h
				down := loss()
				p[0].Data[at] = old
				if want, got := (up-down)/(2*h), p[1].Data[at]; !(math.Abs(got-want) < 1e-7) {
					t.Fatalf("%+v: d%s is %v, want %v", c, name, got, want)
				}
			}
		}
		eachLevel(t, func(t *testing.T) {
			y := newAttending[float32](shape, width, rand.New(rand.NewPCG(3, 4)))
			y.forward()
			y.backward()
			for name, p := range map[string]struct {
				got  Rows[float32]
				want Rows[float64]
			}{"q": {y.dq, x.dq}, "k": {y.dk, x.dk}, "v": {y.dv, x.dv}} {
				for i := range len(p.got.Data) / p.got.Stride {
					for j := range width {
						if got, want := float64(p.got.from(i)[j]), p.want.from(i)[j]; !(math.Abs(got-want) < 2e-5) {
							t.Fatalf("%+v: d%s[%d, %d] is %v, want %v", c, name, i, j, got, want)
						}
					}
				}
			}
		})
	}
}

// TestAttendOne compares the attention of a single query with Attend.
func TestAttendOne(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, c := range []struct{ heads, width int }{{1, 32}, {4, 32}, {3, 16}, {2, 8}, {2, 5}, {1, 64}} {
			for _, n := range []int{1, 2, 5, 16, 17, 31, 33, 64, 65, 100} {
				rng := rand.New(rand.NewPCG(7, 8))
				d, rows := c.heads*c.width, (n+31)/16*16
				numbers := func(n int) []float32 {
					x := make([]float32, n)
					for i := range x {
						x[i] = float32(rng.NormFloat64())
					}
					return x
				}
				q, k, v, got, want := numbers(d), numbers(rows*d), numbers(rows*d), numbers(d), numbers(d)
				shape := Attention{Spans: []Span{{0, int32(n)}}, Keys: n, Width: c.width}
				for h := range c.heads {
					head := func(x []float32) Rows[float32] { return Rows[float32]{x[h*rows*c.width:], c.width} }
					Attend(&shape, Rows[float32]{q[h*c.width:], d}, head(k), head(v), make([]float32, shape.Stride()), Rows[float32]{want[h*c.width:], d})
				}
				AttendOne(c.heads, c.width, n, rows, q, k, v, numbers(c.heads*shape.Stride()), got)
				for i := range got {
					if !(math.Abs(float64(got[i]-want[i])) < 2e-6) {
						t.Fatalf("%d heads of width %d, %d keys: out[%d] is %v, want %v", c.heads, c.width, n, i, got[i], want[i])
					}
				}
			}
		}
	})
}

// TestSoftmaxSpans: what is outside the span becomes 0 and has no effect; a NaN in it is seen.
func TestSoftmaxSpans(t *testing.T) {
	nan := float32(math.NaN())
	eachLevel(t, func(t *testing.T) {
		for from := range 20 {
			for to := from + 1; to <= 48; to += 3 {
				x, w := make([]float32, 48), []float32{}
				for i := range x {
					x[i] = float32(i % 7)
					if i < from || i >= to {
						x[i] = nan
					}
				}
				span := []Span{{int32(from), int32(to)}}
				SoftmaxSpans(span, x, 48)
				w = append(w, x[:span[0].columns(48)]...)
				var sum float64
				for i, v := range w {
					if (i < from || i >= to) != (v == 0) {
						t.Fatalf("columns %d to %d: %v", from, to, w)
					}
					sum += float64(v)
				}
				if !(math.Abs(sum-1) < 1e-6) {
					t.Fatalf("columns %d to %d: a sum of %v", from, to, sum)
				}
				x[to-1] = nan
				SoftmaxSpans(span, x, 48)
				if x[from] == x[from] {
					t.Fatalf("columns %d to %d: a NaN is lost", from, to)
				}
			}
		}
	})
}

// TestAttentionMisuse: wrong shapes panic.
func TestAttentionMisuse(t *testing.T) {
	for name, f := range map[string]func(){
		"stride": func() { SoftmaxSpans([]Span{{0, 1}}, make([]float32, 20), 20) },
		"short":  func() { SoftmaxSpans([]Span{{0, 1}, {0, 1}}, make([]float32, 20), 16) },
		"empty":  func() { SoftmaxSpans([]Span{{1, 1}}, make([]float32, 16), 16) },
		"beyond": func() { SoftmaxSpansBackward([]Span{{0, 17}}, make([]float32, 16), make([]float32, 16), 16) },
		"rows":   func() { AttendOne(1, 4, 9, 9, make([]float32, 4), nil, nil, nil, nil) },
	} {
		t.Run(fmt.Sprint(name), func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}
