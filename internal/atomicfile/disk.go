package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"syscall"
)

// Disk is what a writer needs of a file system, as package os has it. Tests pass one that fails, or
// that forgets what was not synced.
type Disk interface {
	OpenFile(path string, flag int, perm fs.FileMode) (File, error)
	Rename(from, to string) error
	Remove(path string) error
	Mkdir(path string, perm fs.FileMode) error
	// SyncFolder makes the names in a folder survive a power failure; see [SyncFolder].
	SyncFolder(path string) error
}

// File is an open file of a [Disk]. [os.File] is one.
type File interface {
	io.ReadWriteSeeker
	io.Closer
	Sync() error
	Truncate(size int64) error
	Chmod(mode fs.FileMode) error
}

// OS is the disk of the operating system.
var OS Disk = osDisk{}

type osDisk struct{}

func (osDisk) OpenFile(path string, flag int, perm fs.FileMode) (File, error) {
	f, err := os.OpenFile(path, flag, perm)
	if err != nil {
		return nil, err // not a File around a nil *os.File
	}
	return f, nil
}
func (osDisk) Rename(from, to string) error              { return os.Rename(from, to) }
func (osDisk) Remove(path string) error                  { return os.Remove(path) }
func (osDisk) Mkdir(path string, perm fs.FileMode) error { return os.Mkdir(path, perm) }

func (osDisk) SyncFolder(path string) error {
	switch runtime.GOOS {
	case "windows", "plan9", "js", "wasip1":
		return nil
	}
	f, err := os.Open(path)
	if err == nil {
		err = f.Sync()
		f.Close()
	}
	if err == nil || errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil // some network file systems cannot
	}
	return fmt.Errorf("the folder %s cannot be synced: %w", path, Cause(err))
}
