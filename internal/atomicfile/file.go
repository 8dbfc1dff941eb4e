// Package atomicfile replaces a file atomically: after a crash, a kill or a full disk
// the path holds the old content or the new, never a part of either.
//
// The content is written to a temporary file in the same folder and synced, the temporary file
// is renamed, and the folder is synced. Not guaranteed: more than one writer of a path at a
// time, and file systems on which a rename is not atomic or a sync does nothing (some network
// file systems). A folder cannot be synced on Windows.
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// File is a file being written.
type File interface {
	io.WriteCloser
	Sync() error
}

// Create makes a file that must not exist yet.
func Create(path string) (File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

// Temporary returns the name under which the file of that name is written before it is renamed.
// It is fixed, since a path has one writer, so what killed writers leave behind never adds up.
func Temporary(name string) string { return "." + name + ".tmp" }

// Write replaces the content of path by data. The folder must exist. When it returns nil, data
// is on the disk. On an error the old content is unchanged, except where the error says that
// the folder cannot be synced: then path holds data, which may not survive a power failure.
func Write(path string, data []byte) error { return WriteTo(Create, path, data) }

// WriteTo is Write with another way to make the temporary file: tests pass a disk that fills up.
func WriteTo(create func(path string) (File, error), path string, data []byte) error {
	folder, name := filepath.Split(path)
	temp := filepath.Join(folder, Temporary(name))
	if err := fill(create, temp, data); err != nil {
		os.Remove(temp)
		return fmt.Errorf("%s cannot be written (its old content is unchanged): %w", path, Cause(err))
	}
	if err := os.Rename(temp, path); err != nil {
		os.Remove(temp)
		return fmt.Errorf("%s cannot be replaced: %w", path, errors.Unwrap(err))
	}
	return SyncFolder(filepath.Dir(path))
}

func fill(create func(string) (File, error), path string, data []byte) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	f, err := create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// SyncFolder makes renames and removals in a folder survive a power failure, where the file
// system can. It fails where the folder cannot be opened and on a disk error.
func SyncFolder(path string) error {
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

// Cause returns err without the operation and the path that package os puts before it, for
// messages that name the path themselves.
func Cause(err error) error {
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
