//go:build amd64 && !noasm

package kernel

func softmaxSpansSIMD(spans []Span, x []float32, stride int) {
	switch CPULevel() {
	case AVX512:
		softmaxSpansAVX512(len(spans), stride, &x[0], &spans[0].From)
	default:
		softmaxSpansAVX2(len(spans), stride, &x[0], &spans[0].From)
	}
}

func softmaxSpansBackwardSIMD(spans []Span, w, d []float32, stride int) {
	switch CPULevel() {
	case AVX512:
		softmaxSpansBackwardAVX512(len(spans), stride, &w[0], &d[0], &spans[0].From)
	default:
		softmaxSpansBackwardAVX2(len(spans), stride, &w[0], &d[0], &spans[0].From)
	}
}
