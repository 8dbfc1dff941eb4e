package kernel

import "time"

// FMAPeak measures the GFLOP/s of one core at the current level, with a loop of independent
// multiply-adds that touches no memory. It takes a few milliseconds and returns the best
// of many short runs, so that other work on the machine hardly shows.
func FMAPeak() float64 {
	const rounds = 20000
	shortest := time.Duration(1<<63 - 1)
	var flops float64
	for range 100 {
		start := time.Now()
		flops = fmaLoop(rounds)
		shortest = min(shortest, time.Since(start))
	}
	return flops / float64(shortest.Nanoseconds())
}

var peakSink float32

// fmaPortable makes rounds of multiply-adds on independent sums and returns their number of
// floating-point operations.
func fmaPortable(rounds int) float64 {
	var a, b, c, d, e, f, g, h float32
	x, y := peakSink+1, peakSink+0.5
	for range rounds {
		a = float32(a*y) + x
		b = float32(b*y) + x
		c = float32(c*y) + x
		d = float32(d*y) + x
		e = float32(e*y) + x
		f = float32(f*y) + x
		g = float32(g*y) + x
		h = float32(h*y) + x
	}
	peakSink = 0 * (a + b + c + d + e + f + g + h)
	return 16 * float64(rounds)
}
