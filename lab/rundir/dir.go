package rundir

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/gofrs/flock"

	"genlab/internal/atomicfile"
	"genlab/internal/config"
)

// Names in the folder.
const (
	ConfigFile     = "config.yaml"
	EnvFile        = "env.json"
	MetricsFile    = "metrics.jsonl"
	CheckpointFile = "checkpoint.safetensors"
)

// Errors of Create, Resume and Open, for errors.Is. The errors returned name the path and what
// to do.
var (
	ErrExists = errors.New("already exists")
	ErrLocked = errors.New("is in use")
	ErrNotRun = errors.New("is not a run")
)

// Dir is the folder of a run. Its methods may be called from several goroutines.
type Dir struct {
	path string
	lock *flock.Flock // nil: opened for reading
	disk atomicfile.Disk

	mu    sync.Mutex
	files []string // what overwriting removes: names recorded so far
	log   *logFile // nil until the first line
}

// Create makes the folder of a new run and locks it. The caller writes the config before all
// else. Create fails with ErrExists where the folder holds a run, unless overwrite is set, which
// removes the files that were written to that run and nothing else; with ErrExists, whatever
// overwrite is, where path is a file or the folder holds anything but a run; with ErrLocked
// where another process has the lock; with a *CorruptError where the list of the run's files is
// damaged; and where the folder cannot be made or written.
func Create(path string, overwrite bool) (*Dir, error) {
	return createOn(atomicfile.OS, path, overwrite)
}

func createOn(disk atomicfile.Disk, path string, overwrite bool) (*Dir, error) {
	if _, err := inspect(path); err != nil {
		return nil, err
	}
	if err := atomicfile.MkdirAll(disk, path); err != nil {
		return nil, fmt.Errorf("%s cannot be created: %w; choose another --out", path, atomicfile.Cause(err))
	}
	d, err := lock(disk, path)
	if err != nil {
		return nil, err
	}
	if err := d.begin(overwrite); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// begin empties a folder that is locked. It inspects the folder again, since another process
// may have begun a run before the lock was taken.
func (d *Dir) begin(overwrite bool) error {
	isRun, err := inspect(d.path)
	if err != nil {
		return err
	}
	if isRun && !overwrite {
		return fmt.Errorf("%s %w: continue it with --resume, replace it with --overwrite, or choose another --out", d.path, ErrExists)
	}
	if err := d.claim(); err != nil {
		return err
	}
	if err := d.empty(); err != nil {
		return err
	}
	return d.disk.SyncFolder(filepath.Dir(filepath.Clean(d.path))) // the folder's own names are synced with the config
}

// Resume locks the folder of a run that exists, to continue it, and removes the temporary files
// of a writer that was killed. It fails with ErrNotRun where there is no run, with ErrLocked
// where another process has the lock, with a *CorruptError where the list of the run's files is
// damaged, and where the folder cannot be written.
func Resume(path string) (*Dir, error) { return resumeOn(atomicfile.OS, path) }

func resumeOn(disk atomicfile.Disk, path string) (*Dir, error) {
	if err := mustBeRun(path); err != nil {
		return nil, err
	}
	d, err := lock(disk, path)
	if err != nil {
		return nil, err
	}
	if err := d.claim(); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Open opens the folder of a run for reading. It takes no lock: a run in progress can be read,
// and gives its last checkpoint and the lines of its log so far. Open fails with ErrNotRun where
// path is not a folder with a config, and where it cannot be read.
func Open(path string) (*Dir, error) {
	if err := mustBeRun(path); err != nil {
		return nil, err
	}
	return &Dir{path: path}, nil
}

// inspect reports whether path holds a run, which may be overwritten. It fails unless path holds
// a run or nothing: a home folder typed by mistake and a project that has a config.yaml of its
// own are errors.
func inspect(path string) (isRun bool, err error) {
	entries, err := os.ReadDir(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if info, serr := os.Stat(path); serr == nil && !info.IsDir() {
		return false, fmt.Errorf("%s %w and is a file: choose another --out", path, ErrExists)
	}
	if err != nil {
		return false, fmt.Errorf("%s cannot be read: %w; choose another --out", path, atomicfile.Cause(err))
	}
	written, err := recorded(path)
	if err != nil {
		return false, err
	}
	own := append(temporaries(written), manifestFile)
	var hasConfig, locked, other bool
	for _, e := range entries {
		switch name := e.Name(); {
		case name == ConfigFile:
			hasConfig = true
		case name == lockFile:
			locked = true
		case !slices.Contains(own, name):
			other = true
		}
	}
	if isRun = hasConfig && locked; !isRun && (hasConfig || other) {
		return false, fmt.Errorf("%s %w and holds files that do not belong to a run: choose another --out", path, ErrExists)
	}
	return isRun, nil
}

func mustBeRun(path string) error {
	_, err := os.Stat(filepath.Join(path, ConfigFile))
	if err == nil {
		return nil
	}
	info, serr := os.Stat(path)
	switch {
	case serr != nil:
		return fmt.Errorf("%s %w: %w; name a folder that genlab train has written", path, ErrNotRun, atomicfile.Cause(serr))
	case !info.IsDir():
		return fmt.Errorf("%s %w but a file: name the folder of the run, %s", path, ErrNotRun, filepath.Dir(path))
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s %w: it has no %s; name a folder that genlab train has written", path, ErrNotRun, ConfigFile)
	}
	return fmt.Errorf("%s cannot be read: %w", path, atomicfile.Cause(err))
}

// Path returns the path of the file of that name in the folder, and of the folder itself for
// "". It does not look whether there is one.
func (d *Dir) Path(name string) string { return filepath.Join(d.path, name) }

// Close writes the buffered lines of the log and releases the lock. It fails where they cannot
// be written. Closing twice is harmless.
func (d *Dir) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.closeLog()
	if d.lock != nil {
		err = errors.Join(err, d.lock.Unlock())
		d.lock = nil
	}
	return err
}

// WriteConfig writes config.yaml from a pointer to a struct with the tags of package config. It
// fails where the struct cannot be marshalled, and where WriteFile does.
func (d *Dir) WriteConfig(cfg any) error {
	b, err := config.Marshal(cfg)
	if err != nil {
		return err
	}
	return d.WriteFile(ConfigFile, b)
}

// WriteFile replaces a file of the run whole or not at all, and records its name first, so that
// overwriting the run removes it. When it returns nil, data is on the disk. It fails where name
// is not a plain file name or begins with a dot, where the run was opened for reading, and where
// the file cannot be written; the old file then stays, except after an error that says that the
// folder cannot be synced: then the new file is in place but may not survive a power failure.
func (d *Dir) WriteFile(name string, data []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.writeFile(name, data)
}

func (d *Dir) writeFile(name string, data []byte) error {
	if err := d.record(name); err != nil {
		return err
	}
	return atomicfile.WriteTo(d.disk, d.Path(name), data)
}

// ReplaceFile replaces a file outside of a run whole or not at all, as Dir.WriteFile does. The
// folder must exist, and a path may have one writer at a time.
func ReplaceFile(path string, data []byte) error { return atomicfile.Write(path, data) }

// ReadConfig returns the text of config.yaml, of which no more is read than package config accepts and
// a byte. It fails where the file cannot be read.
func (d *Dir) ReadConfig() ([]byte, error) {
	f, err := os.Open(d.Path(ConfigFile))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, config.MaxFile+1))
}
