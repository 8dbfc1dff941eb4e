package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"genlab/internal/atomicfile"
	"genlab/internal/atomicfile/faultdisk"
)

// TestModesAndLinks: a file that exists keeps its mode, a new one has that of any new file, and a symbolic
// link goes on leading to where it led, even to nothing.
func TestModesAndLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes and links are those of Unix")
	}
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	usual := at("usual")
	if err := errors.Join(os.WriteFile(usual, nil, 0o666), os.WriteFile(at("private"), nil, 0o600), os.Mkdir(at("far"), 0o777),
		os.Symlink("link2", at("link")), os.Symlink(filepath.Join("far", "file"), at("link2")), os.Symlink("loop", at("loop"))); err != nil {
		t.Fatal(err)
	}
	mode := func(name string) fs.FileMode {
		info, err := os.Lstat(at(name))
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode()
	}
	for range 2 { // the second finds the file there
		for _, name := range []string{"new", "private", "link"} {
			if err := atomicfile.Write(at(name), []byte(name)); err != nil {
				t.Error(err)
			}
			if b, err := os.ReadFile(at(name)); err != nil || string(b) != name {
				t.Errorf("%s holds %q, %v", name, b, err)
			}
		}
	}
	if got, want := mode("new"), mode("usual"); got != want {
		t.Errorf("a new file has mode %v, want %v", got, want)
	}
	if got := mode("private").Perm(); got != 0o600 {
		t.Errorf("the private file has mode %v", got)
	}
	if mode("link").Type() != fs.ModeSymlink || mode("link2").Type() != fs.ModeSymlink || !mode("far/file").IsRegular() {
		t.Error("a link was replaced")
	}
	if err := atomicfile.Write(at("loop"), nil); err == nil {
		t.Error("wrote to a link to itself")
	}
	if err := atomicfile.WriteTo(atomicfile.OS, at("link"), []byte("own")); err != nil || !mode("link").IsRegular() {
		t.Errorf("in a folder of a run a link was followed: %v", err)
	}
	if err := atomicfile.Write(os.DevNull, []byte("x")); err != nil || mode0(os.DevNull)&fs.ModeDevice == 0 {
		t.Errorf("a device: %v", err)
	}
}

func mode0(path string) fs.FileMode {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Mode()
}

// TestTheTemporaryIsNew: something that appears under its name just before it is made is not written to.
func TestTheTemporaryIsNew(t *testing.T) {
	dir := t.TempDir()
	victim, path := filepath.Join(dir, "victim"), filepath.Join(dir, "a")
	if err := os.WriteFile(victim, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	disk := faultdisk.New()
	disk.Before = func(op faultdisk.Op) error {
		if op.Name == "open" {
			return os.Symlink(victim, op.Path)
		}
		return nil
	}
	if err := atomicfile.WriteTo(disk, path, []byte("new")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	if b, err := os.ReadFile(victim); err != nil || string(b) != "mine" {
		t.Errorf("another file holds %q, %v", b, err)
	}
}
