package run

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"genlab/internal/suggest"
)

// sink is a file being written; tests put a disk in its place that fills up.
type sink interface {
	io.WriteCloser
	Sync() error
}

func createFile(path string) (sink, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

// temporary is the name under which a file is written before it takes its place. One fixed
// name is enough, since there is one writer, and what a killed one leaves never adds up.
func temporary(name string) string { return "." + name + ".tmp" }

// WriteFile writes a file of the run whole or not at all. When it returns nil, the content
// is on the disk; after an error the old file is as it was, but for an error that says the
// folder could not be synced: then the new file stands there and may not survive a power cut.
func (d *Dir) WriteFile(name string, data []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.writeFile(name, data)
}

func (d *Dir) writeFile(name string, data []byte) error {
	if err := d.writable(); err != nil {
		return err
	}
	if err := suggest.Name("file of a run", name, files); err != nil {
		return err // it would stay behind when the run is overwritten
	}
	return replace(d.create, d.Path(name), data)
}

// ReplaceFile writes a file outside of a run whole or not at all, as Dir.WriteFile does, for
// one writer at a time. The folder must exist.
func ReplaceFile(path string, data []byte) error { return replace(createFile, path, data) }

func replace(create func(string) (sink, error), path string, data []byte) error {
	folder, name := filepath.Split(path)
	temp := filepath.Join(folder, temporary(name))
	if err := fill(create, temp, data); err != nil {
		os.Remove(temp)
		return fmt.Errorf("%s cannot be written (the file before it is unchanged): %w", path, cause(err))
	}
	if err := os.Rename(temp, path); err != nil {
		os.Remove(temp)
		return fmt.Errorf("%s cannot be replaced: %w", path, errors.Unwrap(err))
	}
	return syncFolder(filepath.Dir(path))
}

func fill(create func(string) (sink, error), path string, data []byte) error {
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

func (d *Dir) writable() error {
	if d.lock == nil {
		return fmt.Errorf("%s is open for reading only, or closed", d.path)
	}
	return nil
}

func (d *Dir) removeTemporaries() error {
	for _, name := range files {
		if err := os.Remove(d.Path(temporary(name))); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%s cannot be removed: %w", d.Path(temporary(name)), cause(err))
		}
	}
	return nil
}

// syncFolder makes a rename in the folder survive a power cut, where the system can.
func syncFolder(path string) error {
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
	return fmt.Errorf("the folder %s cannot be synced: %w", path, cause(err))
}
