package kernel

import (
	"fmt"
	"math"
)

// Span holds the columns [From, To) of a row that count, at least one. The others are masked.
type Span struct{ From, To int32 }

// SpanBlock is the number of columns up to a multiple of which a row with a Span is computed.
const SpanBlock = 32

// columns returns the number of columns of a row that are computed, at most stride.
func (s Span) columns(stride int) int {
	return min(stride, (int(s.To)+SpanBlock-1)/SpanBlock*SpanBlock)
}

// SoftmaxSpans replaces each row of x, stride values apart, by the softmax over its span. The other
// columns up to a multiple of [SpanBlock] become 0, whatever they held. A row of -Inf alone, or with
// +Inf or NaN in its span, gives NaN. stride is a multiple of 16.
func SoftmaxSpans[T Float](spans []Span, x []T, stride int) {
	checkSpans("SoftmaxSpans", spans, len(x), stride)
	if len(spans) == 0 {
		return
	}
	if simd[T]() {
		softmaxSpansSIMD(spans, f32(x), stride)
		return
	}
	for i, s := range spans {
		row := x[i*stride:]
		clear(row[:s.From])
		clear(row[s.To:s.columns(stride)])
		Softmax(1, int(s.To-s.From), row[s.From:s.To], row[s.From:s.To])
	}
}

// SoftmaxSpansBackward replaces d, the gradient of the values w that SoftmaxSpans has computed, by
// that of the values it was given: w·(d - Σ w·d) along each row, with 0 outside the span.
func SoftmaxSpansBackward[T Float](spans []Span, w, d []T, stride int) {
	checkSpans("SoftmaxSpansBackward", spans, len(w), stride)
	checkSpans("SoftmaxSpansBackward", spans, len(d), stride)
	if len(spans) == 0 {
		return
	}
	if simd[T]() {
		softmaxSpansBackwardSIMD(spans, f32(w), f32(d), stride)
		return
	}
	for i, s := range spans {
		w, d := w[i*stride:], d[i*stride:]
		var dot T
		for j := s.From; j < s.To; j++ {
			dot += T(w[j] * d[j])
		}
		for j := s.From; j < s.To; j++ {
			d[j] = w[j] * (d[j] - dot)
		}
		clear(d[:s.From])
		clear(d[s.To:s.columns(stride)])
	}
}

func checkSpans(fn string, spans []Span, have, stride int) {
	if stride < 1 || stride%16 != 0 {
		panic(fmt.Sprintf("kernel: %s: stride %d, want a multiple of 16", fn, stride))
	}
	checkLen(fn, "x", have, len(spans)*stride)
	for i, s := range spans {
		if s.From < 0 || s.From >= s.To || int(s.To) > stride {
			panic(fmt.Sprintf("kernel: %s: span %d to %d of row %d, a row has %d columns", fn, s.From, s.To, i, stride))
		}
	}
}

// Attention is the shape of the attention of one head: as many queries as spans, each of which attends
// to the keys of its span. From one query to the next, neither end of the span moves back.
//
// A query's products with keys after its span are left out by blocks of SpanBlock, so that causal
// attention costs about half of what attention to all keys costs.
type Attention struct {
	Spans []Span
	Keys  int
	Width int // of a query, a key and a value
}

// Stride returns the stride of the rows of the weights.
func (a *Attention) Stride() int { return (a.Keys + 15) / 16 * 16 }

// first returns the first query that attends to key j or one after it.
func (a *Attention) first(j int) int {
	i := 0
	for i < len(a.Spans)-1 && int(a.Spans[i].To) <= j {
		i++
	}
	return i
}

// Rows is a matrix whose rows begin Stride elements apart.
type Rows[T Float] struct {
	Data   []T
	Stride int
}

func (r Rows[T]) from(i int) []T { return r.Data[i*r.Stride:] }

// Attend computes the weights w = softmax(Q·Kᵀ/√width), each row over its span, and out = w·V. w has
// a row of a.Stride() values for each query.
func Attend[T Float](a *Attention, q, k, v Rows[T], w []T, out Rows[T]) {
	weights := Rows[T]{w, a.Stride()}
	scores(a, a.scale(), q, k, weights)
	SoftmaxSpans(a.Spans, w, weights.Stride)
	pad(a, weights)
	weighted(a, 1, weights, v, out)
}

// AttendBackward computes the gradients of Attend at q, k and v from that at out, dout, and the weights
// that Attend has computed. It overwrites d, which is as long as w.
func AttendBackward[T Float](a *Attention, q, k, v Rows[T], w []T, dout Rows[T], d []T, dq, dk, dv Rows[T]) {
	weights, slopes := Rows[T]{w, a.Stride()}, Rows[T]{d, a.Stride()}
	gathered(a, 1, weights, dout, dv)
	scores(a, 1, dout, v, slopes)
	SoftmaxSpansBackward(a.Spans, w, d, slopes.Stride)
	pad(a, slopes)
	weighted(a, a.scale(), slopes, k, dq)
	gathered(a, a.scale(), slopes, q, dk)
}

func (a *Attention) scale() float64 { return 1 / math.Sqrt(float64(a.Width)) }

// scores computes w = alpha·X·Yᵀ, by blocks of keys and for the queries that attend to them.
func scores[T Float](a *Attention, alpha float64, x, y, w Rows[T]) {
	for j := 0; j < a.Keys; j += SpanBlock {
		i, n := a.first(j), min(SpanBlock, a.Keys-j)
		Gemm(false, true, len(a.Spans)-i, n, a.Width, T(alpha), x.from(i), x.Stride, y.from(j), y.Stride, 0, w.from(i)[j:], w.Stride)
	}
}

// reach returns the number of keys that the block of query i attends to.
func (a *Attention) reach(i int) int {
	last := min(i/SpanBlock*SpanBlock+SpanBlock, len(a.Spans)) - 1
	return a.Spans[last].columns(a.Keys)
}

// pad clears the weights of keys that only later queries of a block attend to.
func pad[T Float](a *Attention, w Rows[T]) {
	for i, s := range a.Spans {
		if n, reach := s.columns(w.Stride), a.reach(i); n < reach {
			clear(w.from(i)[n:reach])
		}
	}
}

// weighted computes a row for each query, Y = alpha·w·X, by blocks of queries and from the keys that
// they attend to.
func weighted[T Float](a *Attention, alpha float64, w, x, y Rows[T]) {
	for i := 0; i < len(a.Spans); i += SpanBlock {
		m := min(SpanBlock, len(a.Spans)-i)
		Gemm(false, false, m, a.Width, a.reach(i), T(alpha), w.from(i), w.Stride, x.Data, x.Stride, 0, y.from(i), y.Stride)
	}
}

// gathered computes a row for each key, Y = alpha·wᵀ·X, by blocks of keys and from the queries that
// attend to them.
func gathered[T Float](a *Attention, alpha float64, w, x, y Rows[T]) {
	for j := 0; j < a.Keys; j += SpanBlock {
		i, m := a.first(j), min(SpanBlock, a.Keys-j)
		Gemm(true, false, m, a.Width, len(a.Spans)-i, T(alpha), w.from(i)[j:], w.Stride, x.from(i), x.Stride, 0, y.from(j), y.Stride)
	}
}

// AttendOne computes the attention of one query in each of several heads to n keys, for decoding. q and
// out have heads·width values, and w is scratch memory for heads times [Attention.Stride] of n keys. k
// and v have for each head rows·width values, a key after the other. rows is a multiple of 16; the rows
// after the n-th are of finite values, which have no effect. q is overwritten.
func AttendOne[T Float](heads, width, n, rows int, q, k, v, w, out []T) {
	d := heads * width
	shape := Attention{Keys: n, Width: width}
	stride := shape.Stride()
	if n < 1 || d < 1 || rows < n || rows%16 != 0 {
		panic(fmt.Sprintf("kernel: AttendOne: %d keys in %d rows for %d heads of width %d", n, rows, heads, width))
	}
	checkLen("AttendOne", "q", len(q), d)
	checkLen("AttendOne", "out", len(out), d)
	checkLen("AttendOne", "w", len(w), heads*stride)
	checkLen("AttendOne", "k", len(k), rows*d)
	checkLen("AttendOne", "v", len(v), rows*d)
	if simd[T]() && attendOneSIMD(heads, width, n, rows, f32(q[:d]), f32(k), f32(v), f32(w), f32(out)) {
		return
	}
	var span [1]Span
	span[0].To = int32(n)
	shape.Spans = span[:]
	for h := range heads {
		keys, values := Rows[T]{k[h*rows*width:], width}, Rows[T]{v[h*rows*width:], width}
		Attend(&shape, Rows[T]{q[h*width:], width}, keys, values, w[:stride], Rows[T]{out[h*width:], width})
	}
}
