//go:build !amd64 || noasm

package kernel

func softmaxSpansSIMD(spans []Span, x []float32, stride int)            { panic(unreachable) }
func softmaxSpansBackwardSIMD(spans []Span, w, d []float32, stride int) { panic(unreachable) }
func attendOneSIMD(heads, width, n, rows int, q, k, v, w, out []float32) bool {
	panic(unreachable)
}
