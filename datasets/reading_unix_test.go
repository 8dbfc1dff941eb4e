//go:build unix

package datasets

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"genlab/gentest"
)

// TestReadPipe: a named pipe is read like a file, and stays known.
func TestReadPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	go os.WriteFile(path, []byte("x,y\n1,2\n3,4\n"), 0o600)
	d, err := ByName("file:" + path)
	if err != nil || d.Sampler.Sample(1, gentest.Rand(1)).At(0, 0) < 1 {
		t.Errorf("a pipe: %v", err)
	}
	if again, err := ByName("file:" + path); err != nil || again == d {
		t.Errorf("the second time: %v", err)
	}
}
