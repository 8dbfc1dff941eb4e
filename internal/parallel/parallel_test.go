package parallel

import (
	"sync/atomic"
	"testing"
)

// TestBlocksCoverOnce: every index is visited once, whatever n and size are.
func TestBlocksCoverOnce(t *testing.T) {
	for _, n := range []int{0, 1, 7, 64, 65, 1000} {
		for _, size := range []int{1, 7, 64} {
			visits := make([]atomic.Int32, n)
			Blocks(n, size, func(lo, hi int) {
				if lo%size != 0 || hi-lo > size || hi <= lo {
					t.Errorf("n = %d, size %d: block [%d, %d)", n, size, lo, hi)
				}
				for i := lo; i < hi; i++ {
					visits[i].Add(1)
				}
			})
			for i := range visits {
				if v := visits[i].Load(); v != 1 {
					t.Errorf("n = %d, size %d: index %d visited %d times", n, size, i, v)
				}
			}
		}
	}
}
