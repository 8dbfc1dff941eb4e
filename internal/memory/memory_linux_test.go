package memory

import (
	"os"
	"path/filepath"
	"testing"
)

// TestGroupLeft: the tightest of a group and those around it counts; none and "max" leave everything.
func TestGroupLeft(t *testing.T) {
	root := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("self", "0::/job/task\n")
	left := func() int64 { return groupLeft(filepath.Join(root, "self"), root) }
	if got := left(); got != Unknown {
		t.Errorf("without files: %d", got)
	}
	write("job/memory.max", "max\n")
	write("job/memory.current", "5000\n")
	if got := left(); got != Unknown {
		t.Errorf("without a limit: %d", got)
	}
	write("job/task/memory.max", "4000\n")
	write("job/task/memory.current", "1000\n")
	write("job/memory.max", "5500\n")
	if got := left(); got != 500 {
		t.Errorf("%d left, want 500", got)
	}
	write("job/memory.max", "4500\n")
	if got := left(); got != 0 {
		t.Errorf("%d left of a group beyond its limit", got)
	}
}

// TestAvailable: what this machine has left is a sensible number.
func TestAvailable(t *testing.T) {
	if got := Available(); got < 1<<20 || got > 1<<50 && got != Unknown {
		t.Errorf("%d bytes", got)
	}
}
