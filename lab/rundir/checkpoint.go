package rundir

import (
	"errors"
	"fmt"
	"io/fs"

	"genlab/checkpoint"
)

// Checkpoint is the state from which a run continues; see package checkpoint.
type Checkpoint = checkpoint.Checkpoint

// CorruptError reports a damaged file of a run: the checkpoint, the log, env.json.
type CorruptError = checkpoint.CorruptError

// Save writes first the log and then the checkpoint, and returns nil once both are on the
// disk. It fails where the checkpoint cannot be encoded, where a file cannot be written, and
// where the run was opened for reading; the previous checkpoint then stays.
func (d *Dir) Save(c *Checkpoint) error {
	b, err := checkpoint.Encode(c)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.syncLog(); err != nil {
		return err
	}
	return d.writeFile(CheckpointFile, b)
}

// Load reads the checkpoint. Where there is none the error wraps fs.ErrNotExist; where the
// file is damaged it is a *CorruptError.
func (d *Dir) Load() (*Checkpoint, error) {
	c, err := checkpoint.Load(d.Path(CheckpointFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has no checkpoint: %w; the run ended before it saved one, start it again with --overwrite", d.path, errors.Unwrap(err))
	}
	return c, err
}
