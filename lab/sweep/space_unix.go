//go:build linux || darwin

package sweep

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// freeBytes returns the space that is left on the disk of a folder, which need not exist yet.
func freeBytes(path string) (float64, bool) {
	path, err := filepath.Abs(path)
	if err != nil {
		return 0, false
	}
	for {
		if _, err := os.Stat(path); err == nil || filepath.Dir(path) == path {
			break
		}
		path = filepath.Dir(path)
	}
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, false
	}
	return float64(s.Bavail) * float64(s.Bsize), true
}
