// Package parallel splits loops over rows among the processors:
//
//	parallel.Rows(n, 64, func(lo, hi int) {
//		for i := lo; i < hi; i++ {
//			out[i] = f(in[i])
//		}
//	})
//
// Package nn splits its training steps, which take a few hundred microseconds, among its own goroutines,
// which stay awake between calls.
package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Rows calls f for consecutive blocks [lo, hi) of the rows [0, n), on up to GOMAXPROCS goroutines
// including the caller's, and returns when all calls have ended. A block has the given number of
// rows, the last one what remains; with at most one block everything runs on the caller's goroutine.
// Which goroutine takes which block varies: f must write only to its own rows, and the result then
// does not depend on the number of processors. A panic in f may end the process. Rows panics if
// block < 1.
func Rows(n, block int, f func(lo, hi int)) {
	if block < 1 {
		panic("parallel: blocks of less than one row")
	}
	var next atomic.Int64
	work := func() {
		for {
			hi := int(next.Add(int64(block)))
			if hi-block >= n {
				return
			}
			f(hi-block, min(hi, n))
		}
	}
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (n+block-1)/block) - 1 {
		group.Go(work)
	}
	work()
	group.Wait()
}
