package vae

import (
	"runtime"
	"sync"
)

// onCores calls part for consecutive parts of [0, n), one on each core. Which there are depends on the
// machine, so that part must give the same result however [0, n) is cut.
func onCores(n int, part func(lo, hi int)) {
	var group sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), n)
	for w := range workers {
		group.Go(func() { part(w*n/workers, (w+1)*n/workers) })
	}
	group.Wait()
}
