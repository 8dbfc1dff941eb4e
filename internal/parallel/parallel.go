// Package parallel distributes independent work over the processors.
package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Blocks calls f(lo, hi) for consecutive blocks that cover [0, n), each of the given size except
// the last, on up to GOMAXPROCS goroutines, and returns when all calls have. The blocks do not
// depend on GOMAXPROCS; the order of the calls does. A panic in f may end the program.
func Blocks(n, size int, f func(lo, hi int)) {
	var next atomic.Int64
	work := func() {
		for lo := int(next.Add(int64(size))) - size; lo < n; lo = int(next.Add(int64(size))) - size {
			f(lo, min(lo+size, n))
		}
	}
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (n-1)/size) { // the caller works too
		wait.Go(work)
	}
	work()
	wait.Wait()
}
