//go:build amd64 && !noasm

package kernel

// nearRows is the number of rows of A up to which a panel passes by so quickly that its own rows are prefetched, and not
// those of the next panel.
const nearRows = 16

// nearby is the distance of that prefetch in elements.
const nearby = 1024

// cutsPanels reports whether Gemm takes B of n columns by panels.
func cutsPanels(n int) bool { return n > thin }

// panel returns the tiles for the panel at column j, and their width.
func (lv *gemmKernels) panel(n, j int) (tiles []tile, width int) {
	if n-j <= lv.lanes {
		return lv.single, lv.lanes
	}
	return lv.double, 2 * lv.lanes
}

func (f *Panels) pack(b []float32, ldb int) {
	lv := &gemmLevels[vectorLevel()]
	f.data = make([]float32, (f.n+lv.lanes-1)/lv.lanes*lv.lanes*f.k)
	at := 0
	for j := 0; j < f.n; j += 2 * lv.lanes {
		_, width := lv.panel(f.n, j)
		packRows(f.data[at:at+f.k*width], width, b[j:], ldb, min(width, f.n-j), f.k)
		at += f.k * width
	}
}

// multiply is gemmKernels.panels with the panels at hand.
func (f *Panels) multiply(m int, a []float32, lda int, accumulate bool, c []float32, ldc int) {
	lv := &gemmLevels[vectorLevel()]
	for k0 := 0; k0 < f.k; k0 += blockK {
		kb, at := min(blockK, f.k-k0), 0
		for j := 0; j < f.n; j += 2 * lv.lanes {
			tiles, width := lv.panel(f.n, j)
			ahead := nearby
			if m > nearRows {
				ahead = f.k * width
			}
			runTiles(tiles, m, kb, view(false, a, lda).from(k0), f.data[at+k0*width:], width, ahead, c[j:], ldc, min(width, f.n-j), 1, accumulate || k0 > 0)
			at += f.k * width
		}
	}
}
