package rundir

import (
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"genlab/checkpoint"
)

// A disk of 256 KB that fills up, then one that can only be read.
func TestARealDisk(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("cannot mount a small disk here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	path := filepath.Join(disk, "r")
	d := begin(t, path)
	if err := d.Save(sample()); err != nil {
		t.Fatal(err)
	}
	before := names(t, path)
	big := &Checkpoint{Step: 999, Tensors: []checkpoint.Tensor{{Name: "w", Shape: []int{1 << 17}, Data: make([]float32, 1<<17)}}}
	if err := d.Save(big); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a full disk: %v", err)
	}
	if c, err := d.Load(); err != nil || c.Step != sample().Step {
		t.Errorf("the old checkpoint is %v, %v", c, err)
	}
	if d := cmp.Diff(before, names(t, path)); d != "" {
		t.Error(d)
	}
	d.Close()

	if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("cannot make it read-only: %v", err)
	}
	for _, err := range []error{second(Create(path, true)), second(Resume(path)), second(Create(filepath.Join(disk, "new"), false))} {
		if !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), "--out") {
			t.Errorf("a read-only disk: %v", err)
		}
	}
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := r.Load(); err != nil || c.Step != sample().Step {
		t.Errorf("reading a read-only disk: %v, %v", c, err)
	}
}

func second(_ *Dir, err error) error { return err }
