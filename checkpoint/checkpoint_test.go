package checkpoint

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestSaveAndLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.safetensors")
	if _, err := Load(path); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("without a file: %v", err)
	}
	next := sample()
	next.Step++
	for _, c := range []*Checkpoint{sample(), next} {
		if err := Save(path, c); err != nil {
			t.Fatal(err)
		}
		if got, err := Load(path); err != nil || !cmp.Equal(canonical(got), canonical(c)) {
			t.Errorf("got %v, %v", got, err)
		}
	}
	if err := Save(path, &Checkpoint{Step: -1}); err == nil {
		t.Error("saved a negative step")
	}
	b, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(b, encode(t, next)) {
		t.Errorf("a failed Save changed the file, %v", err)
	}
	if err := os.WriteFile(path, b[:len(b)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	var ce *CorruptError
	if c, err := Load(path); c != nil || !errors.As(err, &ce) || ce.Path != path {
		t.Errorf("a truncated file: %v", err)
	}
	if _, err := Load(t.TempDir()); err == nil || errors.As(err, &ce) {
		t.Errorf("a folder: %v", err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("Save left %v", entries)
	}
}

func TestReadAndWrite(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, sample()); err != nil || !bytes.Equal(b.Bytes(), encode(t, sample())) {
		t.Fatalf("not the bytes of Encode, %v", err)
	}
	if c, err := Read(iotest.OneByteReader(&b)); err != nil || !cmp.Equal(canonical(c), canonical(sample())) {
		t.Errorf("got %v, %v", c, err)
	}
	if err := Write(&b, &Checkpoint{Step: -1}); err == nil || b.Len() != 0 {
		t.Errorf("wrote %d bytes of a negative step, %v", b.Len(), err)
	}
	fault := errors.New("no signal")
	if _, err := Read(iotest.ErrReader(fault)); !errors.Is(err, fault) {
		t.Errorf("got %v", err)
	}
}

// TestTheLargestCheckpoint: a file of 1 GB is written and one of more is not. Nothing touches the memory of the numbers here.
func TestTheLargestCheckpoint(t *testing.T) {
	if strconv.IntSize < 64 {
		t.Skip("a tensor of 1 GB")
	}
	data := make([]float32, maxFile/4+1)
	for n, ok := range map[int]bool{maxFile/4 - 1<<10: true, maxFile / 4: false, maxFile/4 + 1: false} {
		c := &Checkpoint{Tensors: []Tensor{{Name: "w", Shape: []int{n}, Data: data[:n]}}}
		_, size, err := encodeHeader(c, c.Tensors)
		if (err == nil) != ok || ok && size != 4*n {
			t.Errorf("%d numbers: a size of %d, %v", n, size, err)
		}
	}
}

// TestLoadClosesTheFile, also a damaged one.
func TestLoadClosesTheFile(t *testing.T) {
	const list = "/proc/self/fd"
	if _, err := os.ReadDir(list); err != nil {
		t.Skip("no list of open files")
	}
	path := filepath.Join(t.TempDir(), "c.safetensors")
	if err := Save(path, &Checkpoint{Model: "m"}); err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "d.safetensors")
	if err := os.WriteFile(damaged, []byte("no checkpoint"), 0o666); err != nil {
		t.Fatal(err)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which closes files that nothing refers to
	open := func() int {
		entries, err := os.ReadDir(list)
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	before := open()
	for range 20 {
		if _, err := Load(path); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(damaged); err == nil {
			t.Fatal("loaded")
		}
	}
	if after := open(); after > before {
		t.Errorf("%d files are open, before %d", after, before)
	}
}
