package run

import (
	"errors"
	"fmt"
	"io"
	"os"

	"genlab/checkpoint"
)

// Tensor is a named array, as models and optimisers have them.
type Tensor = checkpoint.Tensor

// Checkpoint is all that training needs to go on as if it had not stopped.
type Checkpoint struct {
	Model   string
	Step    int
	Config  []byte            // the resolved configuration, YAML
	Tensors []Tensor          // parameters, averages, moments: sorted by name when read
	State   map[string][]byte // random states and the like: small, since it stands in the header
	Meta    map[string]string
}

// Save writes the checkpoint, and before it the log. When it returns nil both are on the
// disk; when it fails the checkpoint before it is still there.
func (d *Dir) Save(c *Checkpoint) error {
	b, err := Encode(c)
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

// Load reads the checkpoint. Without one the error is an fs.ErrNotExist; a damaged one is a
// *CorruptError.
func (d *Dir) Load() (*Checkpoint, error) {
	path := d.Path(CheckpointFile)
	b, err := readCheckpoint(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s has no checkpoint: %w; the run ended before its first, start it again with --overwrite", d.path, cause(err))
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, cause(err))
	}
	c, err := Decode(b)
	if ce := (*CorruptError)(nil); errors.As(err, &ce) {
		ce.Path = path
	}
	return c, err
}

func readCheckpoint(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// What is no checkpoint may be endless; one byte too many is enough for Decode to say so.
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}
