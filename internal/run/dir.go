package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/gofrs/flock"

	"genlab/internal/config"
)

// Names in the folder.
const (
	ConfigFile     = "config.yaml"
	EnvFile        = "env.json"
	MetricsFile    = "metrics.jsonl"
	CheckpointFile = "checkpoint.safetensors"
)

// files are all that a run writes, and all that overwriting removes, in this order: as long
// as the config is there, the folder is known as a run.
var files = []string{
	CheckpointFile, MetricsFile, EnvFile, "eval.json", "samples.npy", "samples.csv",
	"samples.png", "loss.png", "density.png", "trajectories.png", "warp.png", "layers.png", "labels.png", "denoise.gif", "scores.png", "latent.png", "posteriors.png", "grid.png", "bounds.png", "critic.png", "directions.png", "probes.png", "training.gif", "digits.png", "pictures.png", "films.png", "film.gif", "evaluations.png", "prompts.png", "text.txt",
	"measured.json", "points.npy", "truth.npy", "logp.npy", "logbound.npy",
	"rates.json", "compare.json", "compare.csv", "compare.md", "compare.png", "quality.png", "report.html", ConfigFile,
}

// Dir is the folder of a run. Its methods may be called from several goroutines.
type Dir struct {
	path   string
	lock   *flock.Flock // nil: opened for reading
	create func(path string) (sink, error)

	mu  sync.Mutex
	log *logFile // nil until the first line
}

// Create makes the folder of a new run and locks it. A folder that holds a run is refused
// with ErrExists unless overwrite is set, which removes the files of that run and nothing
// else; one that holds anything but a run is refused always, with ErrExists, and one in use
// with ErrLocked. The caller writes the config before all else.
func Create(path string, overwrite bool) (*Dir, error) {
	if _, err := inspect(path); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, fmt.Errorf("%s cannot be made: %w; choose another --out", path, cause(err))
	}
	d, err := lock(path)
	if err != nil {
		return nil, err
	}
	if err := d.begin(overwrite); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// begin empties a folder that is locked. It looks again, since another process may have
// begun a run before the lock was taken.
func (d *Dir) begin(overwrite bool) error {
	isRun, err := inspect(d.path)
	switch {
	case err != nil:
		return err
	case isRun && !overwrite:
		return fmt.Errorf("%s %w: continue it with --resume, replace it with --overwrite, or choose another --out", d.path, ErrExists)
	case isRun:
		for _, name := range files {
			if err := os.Remove(d.Path(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("%s cannot be overwritten: %w", d.Path(name), cause(err))
			}
		}
	}
	if err := d.removeTemporaries(); err != nil {
		return err
	}
	return errors.Join(syncFolder(d.path), syncFolder(filepath.Dir(filepath.Clean(d.path))))
}

// Resume locks the folder of a run that exists.
func Resume(path string) (*Dir, error) {
	if err := mustBeRun(path); err != nil {
		return nil, err
	}
	d, err := lock(path)
	if err != nil {
		return nil, err
	}
	if err := d.removeTemporaries(); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Open opens the folder of a run for reading. It takes no lock: a run in progress can be
// read, and gives its last checkpoint and the lines of its log so far.
func Open(path string) (*Dir, error) {
	if err := mustBeRun(path); err != nil {
		return nil, err
	}
	return &Dir{path: path}, nil
}

// inspect says whether path holds a run that may be overwritten. Whatever holds neither a run
// nor nothing is an error: a home folder typed by mistake, or a project that has a
// config.yaml of its own.
func inspect(path string) (isRun bool, err error) {
	entries, err := os.ReadDir(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if info, serr := os.Stat(path); serr == nil && !info.IsDir() {
		return false, fmt.Errorf("%s %w and is a file: choose another --out", path, ErrExists)
	}
	if err != nil {
		return false, fmt.Errorf("%s cannot be read: %w; choose another --out", path, cause(err))
	}
	var hasConfig, locked, other bool
	for _, e := range entries {
		switch {
		case e.Name() == ConfigFile:
			hasConfig = true
		case e.Name() == lockFile:
			locked = true
		case !slices.ContainsFunc(files, func(name string) bool { return e.Name() == temporary(name) }):
			other = true
		}
	}
	if isRun = hasConfig && locked; !isRun && (hasConfig || other) {
		return false, fmt.Errorf("%s %w and holds files that are not those of a run: choose another --out", path, ErrExists)
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
		return fmt.Errorf("%s %w: %w; name a folder that genlab train has written", path, ErrNotRun, cause(serr))
	case !info.IsDir():
		return fmt.Errorf("%s %w but a file: name the folder of the run, %s", path, ErrNotRun, filepath.Dir(path))
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s %w: it has no %s; name a folder that genlab train has written", path, ErrNotRun, ConfigFile)
	}
	return fmt.Errorf("%s cannot be read: %w", path, cause(err))
}

// Path returns the path of a file in the folder; of the folder itself for "".
func (d *Dir) Path(name string) string { return filepath.Join(d.path, name) }

// Close flushes the log and gives up the lock. Closing twice is harmless.
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

// WriteConfig writes the configuration, a pointer to a struct as package config has them.
func (d *Dir) WriteConfig(cfg any) error {
	b, err := config.Marshal(cfg)
	if err != nil {
		return err
	}
	return d.WriteFile(ConfigFile, b)
}

// ReadConfig returns the text of the configuration.
func (d *Dir) ReadConfig() ([]byte, error) { return os.ReadFile(d.Path(ConfigFile)) }
