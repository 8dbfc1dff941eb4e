package rundir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"genlab/internal/atomicfile"
)

// manifestFile lists the files that genlab wrote to the folder, a name a line. A name is
// recorded before its file is first written: a crash in between leaves a name without a file,
// which does no harm, and never a file that overwriting would leave behind.
const manifestFile = ".genlab.files"

// unlisted are the names of files in folders without a manifest, which earlier versions wrote:
// there these are the files of the run. New files need no entry here.
var unlisted = strings.Fields(ConfigFile + " " + CheckpointFile + " " + MetricsFile + " " + EnvFile + `
	eval.json samples.npy samples.csv samples.png loss.png density.png trajectories.png warp.png layers.png labels.png
	denoise.gif scores.png latent.png posteriors.png grid.png bounds.png critic.png directions.png probes.png training.gif
	digits.png pictures.png films.png film.gif evaluations.png prompts.png text.txt measured.json points.npy truth.npy
	logp.npy logbound.npy rates.json compare.json compare.csv compare.md compare.png quality.png report.html`)

// recorded returns the names of the files that genlab may have written to a folder. A manifest
// with a name that no file of a run can have is a *CorruptError: nothing may be removed by it.
func recorded(folder string) ([]string, error) {
	path := filepath.Join(folder, manifestFile)
	b, err := ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return unlisted, nil
	}
	if corrupt := (*CorruptError)(nil); errors.As(err, &corrupt) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w; choose another --out", path, atomicfile.Cause(err))
	}
	names := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	for _, name := range names {
		if !plain(name) {
			return nil, &CorruptError{Path: path, Reason: fmt.Sprintf("it lists %.100q, which is not the name of a file of a run; repair it, or choose another --out", name)}
		}
	}
	return names, nil
}

// plain reports whether name is a file of the folder itself on every system, and not hidden:
// hidden names are those of the manifest, the lock and temporary files.
func plain(name string) bool {
	return filepath.IsLocal(name) && name[0] != '.' && !strings.ContainsAny(name, "/\\:\x00\r\n")
}

// temporaries returns the names of the temporary files that a killed writer may have left.
func temporaries(names []string) []string {
	var list []string
	for _, name := range append([]string{manifestFile, ConfigFile, CheckpointFile, MetricsFile, EnvFile}, names...) {
		list = append(list, atomicfile.Temporary(name))
	}
	return list
}

// claim reads the manifest of a folder that was locked and removes temporary files.
func (d *Dir) claim() error {
	names, err := recorded(d.path)
	if err != nil {
		return err
	}
	if err := d.remove(temporaries(names)); err != nil {
		return err
	}
	d.files = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, err := os.Lstat(d.Path(name))
		return errors.Is(err, os.ErrNotExist)
	})
	return nil
}

// empty removes the files of the run, the config last: as long as it is there, the folder is
// known as a run. The manifest stays until the new run records its first file.
func (d *Dir) empty() error {
	others := slices.DeleteFunc(d.files, func(name string) bool { return name == ConfigFile })
	d.files = nil
	return d.remove(append(others, ConfigFile))
}

func (d *Dir) remove(names []string) error {
	for _, name := range names {
		if err := d.disk.Remove(d.Path(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%s cannot be removed: %w", d.Path(name), atomicfile.Cause(err))
		}
	}
	return nil
}

// Record notes that the caller is about to write the file of that name itself, so that
// overwriting the run removes it, and returns its path. WriteFile does without. It fails where
// the name is not that of a plain file, where the manifest cannot be written, and where the
// run was opened for reading.
func (d *Dir) Record(name string) (path string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.Path(name), d.record(name)
}

// record adds a name to the manifest, unless it is there.
func (d *Dir) record(name string) error {
	switch {
	case d.lock == nil:
		return fmt.Errorf("%s cannot be written: it was opened for reading or is closed", d.path)
	case !plain(name):
		return fmt.Errorf("invalid name %q of a file of a run: it must be a plain file name that does not begin with a dot", name)
	case slices.Contains(d.files, name):
		return nil
	}
	files := append(slices.Clone(d.files), name)
	err := atomicfile.WriteTo(d.disk, d.Path(manifestFile), []byte(strings.Join(files, "\n")+"\n"))
	if err == nil {
		d.files = files
	}
	return err
}
