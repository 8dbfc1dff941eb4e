//go:build amd64 && !noasm

package kernel

import "math"

func softmaxSpansSIMD(spans []Span, x []float32, stride int) {
	if vectorLevel() == AVX512 {
		softmaxSpansAVX512(len(spans), stride, &x[0], &spans[0].From)
	} else {
		softmaxSpansAVX2(len(spans), stride, &x[0], &spans[0].From)
	}
}

func softmaxSpansBackwardSIMD(spans []Span, w, d []float32, stride int) {
	if vectorLevel() == AVX512 {
		softmaxSpansBackwardAVX512(len(spans), stride, &w[0], &d[0], &spans[0].From)
	} else {
		softmaxSpansBackwardAVX2(len(spans), stride, &w[0], &d[0], &spans[0].From)
	}
}

// mixPhases is that of tools/kernelgen.
const mixPhases = 4

// attendOneSIMD is AttendOne for heads of whole pairs of vectors; false for others. Narrow heads take
// the narrower vectors.
func attendOneSIMD(heads, width, n, rows int, q, k, v, w, out []float32) bool {
	level, mix := vectorLevel(), mixAVX512
	if level == AVX2 || width%32 != 0 {
		level, mix = AVX2, mixAVX2
	}
	lv := &gemmLevels[level]
	if width%(2*lv.lanes) != 0 {
		return false
	}
	const bytes = 4
	stride := (n + 15) / 16 * 16
	if width == 2*lv.lanes {
		run := attendHeadsAVX512
		if level == AVX2 {
			run = attendHeadsAVX2
		}
		groups := (n + lv.lanes - 1) / lv.lanes
		run(heads, groups, n-(groups-1)*lv.lanes, (n+mixPhases-1)/mixPhases, float32(1/math.Sqrt(float64(width))),
			&q[0], &k[0], &v[0], bytes*rows*width, &w[0], &out[0])
		return true
	}
	Scale(float32(1/math.Sqrt(float64(width))), q)
	for h := range heads {
		k, v := k[h*rows*width:], v[h*rows*width:]
		lv.groups[0](stride/lv.lanes, width, &k[0], bytes*width, &q[h*width], bytes*width, &w[h*stride])
		span := [1]Span{{0, int32(n)}}
		softmaxSpansSIMD(span[:], w[h*stride:], stride)
		for j := 0; j < width; j += 2 * lv.lanes {
			mix((n+mixPhases-1)/mixPhases, &w[h*stride], &v[j], bytes*width, &out[h*width+j])
		}
	}
	return true
}
