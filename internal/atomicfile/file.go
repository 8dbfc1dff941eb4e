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
)

// Temporary returns the name under which the file of that name is written before it is renamed.
// It is fixed, since a path has one writer, so what killed writers leave behind never adds up.
func Temporary(name string) string { return "." + name + ".tmp" }

// Write replaces the content of path by data. The folder must exist. When it returns nil, data
// is on the disk. A file that exists keeps its mode, a symbolic link is followed, and a device or
// a pipe is written to. On an error the old content is unchanged, except where the error says that
// the folder cannot be synced: then path holds data, which may not survive a power failure.
func Write(path string, data []byte) error {
	return Stream(path, func(w io.Writer) error { _, err := w.Write(data); return err })
}

// Stream is [Write] of what write writes, which need not fit into memory. An error of write is one of Stream, and the old
// content is unchanged.
func Stream(path string, write func(w io.Writer) error) error {
	target, err := followed(path)
	if err != nil {
		return fmt.Errorf("%s cannot be replaced: %w", path, Cause(err))
	}
	if info, err := os.Stat(target); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return writeThrough(target, write)
	}
	return streamTo(OS, target, write)
}

// WriteTo is Write on a given disk, and replaces a symbolic link: in a folder that may come from
// elsewhere a link may lead anywhere.
func WriteTo(d Disk, path string, data []byte) error {
	return streamTo(d, path, func(w io.Writer) error { _, err := w.Write(data); return err })
}

func streamTo(d Disk, path string, write func(w io.Writer) error) error {
	folder, name := filepath.Split(path)
	temp := filepath.Join(folder, Temporary(name))
	if err := fill(d, temp, path, write); err != nil {
		d.Remove(temp)
		return fmt.Errorf("%s cannot be written (its old content is unchanged): %w", path, Cause(err))
	}
	if err := d.Rename(temp, path); err != nil {
		d.Remove(temp)
		return fmt.Errorf("%s cannot be replaced: %w", path, Cause(err))
	}
	return d.SyncFolder(filepath.Dir(path))
}

// writeThrough writes to a device or a pipe.
func writeThrough(path string, write func(w io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		err = errors.Join(write(f), f.Close())
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, Cause(err))
	}
	return nil
}

// maxLinks bounds a chain of symbolic links, as Linux does.
const maxLinks = 40

// followed returns what the symbolic link at path leads to, also where nothing is there yet; any
// other path is returned as it is.
func followed(path string) (string, error) {
	for range maxLinks {
		info, err := os.Lstat(path)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return path, nil // what is wrong with it shows when it is written
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", errors.New("its symbolic links do not end")
}

// fill writes a new file at temp, with the mode of the file at target if there is one.
func fill(d Disk, temp, target string, write func(w io.Writer) error) error {
	if err := d.Remove(temp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	f, err := d.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	if info, serr := os.Lstat(target); serr == nil && info.Mode().IsRegular() {
		err = f.Chmod(info.Mode().Perm())
	}
	if err == nil {
		err = write(f)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// MkdirAll makes a folder and the parents that are missing, and syncs what it made up to the first
// folder that existed. It fails as [os.MkdirAll] and [Disk.SyncFolder] do.
func MkdirAll(d Disk, path string) error {
	path = filepath.Clean(path)
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(path)
	if parent != path {
		if err := MkdirAll(d, parent); err != nil {
			return err
		}
	}
	if err := d.Mkdir(path, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return fmt.Errorf("%s is not a folder", path)
	}
	return d.SyncFolder(parent)
}

// Cause returns err without the operation and the path that package os puts before it, for
// messages that name the path themselves.
func Cause(err error) error {
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		return pe.Err
	}
	if le := (*os.LinkError)(nil); errors.As(err, &le) {
		return le.Err
	}
	return err
}
