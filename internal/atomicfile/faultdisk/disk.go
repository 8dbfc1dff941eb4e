// Package faultdisk has the disks of tests of what is written: one whose operations fail, and one that
// knows what a power failure would leave.
package faultdisk

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"

	"genlab/internal/atomicfile"
)

// Disk passes operations on to the operating system's disk. It asks Before for permission and
// reports to After, and keeps what was synced. A Disk is for tests of one process.
type Disk struct {
	// Before, if set, is asked before each operation; an error is returned instead of the operation.
	Before func(Op) error
	// After, if set, is called after each operation that was done.
	After func(Op)

	mu      sync.Mutex
	files   map[string]*inode // by path, as they are
	durable map[string]*inode // by path, as the folder on the disk lists them
}

// Op is an operation: open, write, truncate, sync, chmod, close, rename, remove, mkdir or sync-folder, on a path.
type Op struct{ Name, Path string }

// inode is a file. Of what was written only what was synced is sure.
type inode struct{ synced []byte }

// New returns a disk on which nothing was written yet: files that exist are taken to be durable.
func New() *Disk { return &Disk{files: map[string]*inode{}, durable: map[string]*inode{}} }

// Survivors returns what the files of a folder hold after a power failure now, by name. With names
// set, all creations, renames and removals had reached the disk, though the content of files had
// not unless it was synced; without, only those that a sync of the folder had forced. A real file
// system is allowed anything between the two.
func (d *Disk) Survivors(folder string, names bool) map[string][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	listed := d.durable
	if names {
		listed = d.files
	}
	left := map[string][]byte{}
	for path, i := range listed {
		if filepath.Dir(path) == filepath.Clean(folder) {
			left[filepath.Base(path)] = i.synced
		}
	}
	return left
}

func (d *Disk) do(name, path string, f func() error) error {
	op := Op{name, filepath.Clean(path)}
	if d.Before != nil {
		if err := d.Before(op); err != nil {
			return &fs.PathError{Op: name, Path: path, Err: err}
		}
	}
	if err := f(); err != nil {
		return err
	}
	if d.After != nil {
		d.After(op)
	}
	return nil
}

// known returns the file at a path; one that is met for the first time was there before.
func (d *Disk) known(path string) *inode {
	i := d.files[path]
	if i == nil {
		if b, err := os.ReadFile(path); err == nil {
			i = &inode{b}
			d.files[path], d.durable[path] = i, i
		}
	}
	return i
}

// OpenFile implements [atomicfile.Disk].
func (d *Disk) OpenFile(path string, flag int, perm fs.FileMode) (f atomicfile.File, err error) {
	err = d.do("open", path, func() error {
		d.mu.Lock()
		defer d.mu.Unlock()
		path := filepath.Clean(path)
		i := d.known(path)
		opened, err := atomicfile.OS.OpenFile(path, flag, perm)
		if err != nil {
			return err
		}
		if i == nil {
			i = new(inode)
			d.files[path] = i
		}
		f = &file{opened, d, path, i}
		return nil
	})
	return f, err
}

// Rename implements [atomicfile.Disk].
func (d *Disk) Rename(from, to string) error {
	return d.do("rename", to, func() error {
		d.mu.Lock()
		defer d.mu.Unlock()
		from, to := filepath.Clean(from), filepath.Clean(to)
		i := d.known(from)
		d.known(to)
		err := atomicfile.OS.Rename(from, to)
		if err == nil {
			delete(d.files, from)
			d.files[to] = i
		}
		return err
	})
}

// Remove implements [atomicfile.Disk].
func (d *Disk) Remove(path string) error {
	return d.do("remove", path, func() error {
		d.mu.Lock()
		defer d.mu.Unlock()
		path := filepath.Clean(path)
		d.known(path)
		err := atomicfile.OS.Remove(path)
		if err == nil {
			delete(d.files, path)
		}
		return err
	})
}

// Mkdir implements [atomicfile.Disk].
func (d *Disk) Mkdir(path string, perm fs.FileMode) error {
	return d.do("mkdir", path, func() error { return atomicfile.OS.Mkdir(path, perm) })
}

// SyncFolder implements [atomicfile.Disk].
func (d *Disk) SyncFolder(path string) error {
	return d.do("sync-folder", path, func() error {
		d.mu.Lock()
		defer d.mu.Unlock()
		in := func(name string) bool { return filepath.Dir(name) == filepath.Clean(path) }
		maps.DeleteFunc(d.durable, func(name string, _ *inode) bool { return in(name) })
		for name, i := range d.files {
			if in(name) {
				d.durable[name] = i
			}
		}
		return atomicfile.OS.SyncFolder(path)
	})
}

// file is an open file of a Disk.
type file struct {
	atomicfile.File
	disk *Disk
	path string
	node *inode
}

func (f *file) Write(b []byte) (n int, err error) {
	err = f.disk.do("write", f.path, func() (err error) {
		n, err = f.File.Write(b)
		return err
	})
	return n, err
}

func (f *file) Truncate(size int64) error {
	return f.disk.do("truncate", f.path, func() error { return f.File.Truncate(size) })
}

func (f *file) Chmod(mode fs.FileMode) error {
	return f.disk.do("chmod", f.path, func() error { return f.File.Chmod(mode) })
}

func (f *file) Close() error {
	err := f.disk.do("close", f.path, func() error { return nil })
	if cerr := f.File.Close(); err == nil {
		err = cerr
	}
	return err
}

func (f *file) Sync() error {
	return f.disk.do("sync", f.path, func() error {
		f.disk.mu.Lock()
		defer f.disk.mu.Unlock()
		content, err := os.ReadFile(f.path)
		if err == nil {
			f.node.synced = content
			err = f.File.Sync()
		}
		return err
	})
}
