package parallel

import (
	"runtime"
	"sync/atomic"
	"testing"
)

// TestRowsCoversEachRowOnce in blocks of the given size, with any number of processors.
func TestRowsCoversEachRowOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for procs := 1; procs <= 4; procs++ {
		runtime.GOMAXPROCS(procs)
		for _, n := range []int{0, 1, 63, 64, 65, 1000} {
			calls := make([]int, n)
			var blocks atomic.Int64
			Rows(n, 64, func(lo, hi int) {
				blocks.Add(1)
				if lo%64 != 0 || hi != min(lo+64, n) {
					t.Errorf("rows %d to %d of %d", lo, hi, n)
				}
				for i := lo; i < hi; i++ {
					calls[i]++
				}
			})
			if int(blocks.Load()) != (n+63)/64 {
				t.Errorf("%d blocks of %d rows", blocks.Load(), n)
			}
			for i, c := range calls {
				if c != 1 {
					t.Fatalf("row %d of %d is in %d blocks", i, n, c)
				}
			}
		}
	}
}

func TestRowsPanicsOnEmptyBlocks(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("blocks of 0 rows are accepted")
		}
	}()
	Rows(3, 0, func(int, int) {})
}
