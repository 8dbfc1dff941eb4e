package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"genlab/internal/atomicfile"
	"genlab/internal/atomicfile/faultdisk"
)

// TestAPowerFailureLeavesOldOrNew: at any moment of a write a power failure leaves the old content or the new, whether names
// reach the disk early or late, and after the write the new one.
func TestAPowerFailureLeavesOldOrNew(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	disk, moments := faultdisk.New(), 0
	disk.After = func(op faultdisk.Op) {
		moments++
		for _, names := range []bool{false, true} {
			got := disk.Survivors(dir, names)["a"]
			if s := string(got); got != nil && s != "old" && s != "new" { // nil: nothing was done to it yet
				t.Errorf("after the %s of %s it holds %q", op.Name, filepath.Base(op.Path), s)
			}
		}
	}
	if err := atomicfile.WriteTo(disk, path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got := string(disk.Survivors(dir, false)["a"]); got != "new" || moments < 6 {
		t.Errorf("after the write it holds %q (%d moments)", got, moments)
	}
}

// TestAFailedWriteIsReported: whichever operation of a write fails, the error wraps its cause, the old content or the new is
// there and no temporary file is. The folder's sync alone comes after the new content.
func TestAFailedWriteIsReported(t *testing.T) {
	var ops []string
	for at := 0; ; at++ {
		dir := t.TempDir()
		path := filepath.Join(dir, "a")
		if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
			t.Fatal(err)
		}
		disk, done, failed := faultdisk.New(), 0, ""
		disk.Before = func(op faultdisk.Op) error {
			if done++; done == at+1 {
				failed = op.Name
				return syscall.EIO
			}
			return nil
		}
		err := atomicfile.WriteTo(disk, path, []byte("new"))
		if failed == "" {
			break
		}
		ops = append(ops, failed)
		want := "old"
		if failed == "sync-folder" {
			want = "new"
		}
		if b, rerr := os.ReadFile(path); !errors.Is(err, syscall.EIO) || rerr != nil || string(b) != want {
			t.Errorf("%s fails: %v; it holds %q, %v", failed, err, b, rerr)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("%s fails: the folder holds %v", failed, entries)
		}
	}
	if want := []string{"remove", "open", "chmod", "write", "sync", "close", "rename", "sync-folder"}; !slices.Equal(ops, want) {
		t.Errorf("a write is %v, want %v", ops, want)
	}
}

func TestMkdirAll(t *testing.T) {
	root := t.TempDir()
	sep := string(filepath.Separator)
	made := func(path string, before func(faultdisk.Op) error) (synced []string, err error) {
		disk := faultdisk.New()
		disk.Before = before
		disk.After = func(op faultdisk.Op) {
			if op.Name == "sync-folder" {
				name, _ := filepath.Rel(root, op.Path)
				synced = append(synced, filepath.ToSlash(name))
			}
		}
		return synced, atomicfile.MkdirAll(disk, path)
	}
	synced, err := made(filepath.Join(root, "a", "b", "c"), nil)
	if err != nil || !slices.Equal(synced, []string{".", "a", "a/b"}) {
		t.Errorf("synced %v, %v", synced, err)
	}
	if synced, err = made(filepath.Join(root, "a", "b"), nil); err != nil || synced != nil {
		t.Errorf("a folder that exists: synced %v, %v", synced, err)
	}
	if _, err = made(root+sep+"none"+sep+".."+sep+"d", nil); err != nil || exists(filepath.Join(root, "none")) || !exists(filepath.Join(root, "d")) {
		t.Errorf("a path that goes back: %v", err)
	}
	another := func(op faultdisk.Op) error { // makes it first
		if op.Name == "mkdir" {
			return errors.Join(os.Mkdir(op.Path, 0o777), fs.ErrExist)
		}
		return nil
	}
	if _, err = made(filepath.Join(root, "e"), another); err != nil {
		t.Errorf("another process is faster: %v", err)
	}
	for _, failing := range []string{"f", "g", "mkdir", "sync-folder"} {
		_, err = made(filepath.Join(root, "f", "g"), func(op faultdisk.Op) error {
			if op.Name == failing || op.Name == "mkdir" && filepath.Base(op.Path) == failing {
				return syscall.EROFS
			}
			return nil
		})
		if !errors.Is(err, syscall.EROFS) {
			t.Errorf("%s fails: %v", failing, err)
		}
		os.RemoveAll(filepath.Join(root, "f"))
	}
	if err := os.WriteFile(filepath.Join(root, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err = made(filepath.Join(root, "file"), nil); err == nil {
		t.Error("a file is taken for a folder")
	}
}

func exists(path string) bool { _, err := os.Lstat(path); return err == nil }

// TestCause: the operation and the path are left out, whatever wraps the error.
func TestCause(t *testing.T) {
	for _, err := range []error{
		syscall.EIO, &fs.PathError{Op: "open", Path: "a", Err: syscall.EIO}, &os.LinkError{Op: "rename", Old: "a", New: "b", Err: syscall.EIO},
		errors.Join(&fs.PathError{Op: "open", Path: "a", Err: syscall.EIO}),
	} {
		if got := atomicfile.Cause(err); got != error(syscall.EIO) {
			t.Errorf("%v: got %v", err, got)
		}
	}
}
