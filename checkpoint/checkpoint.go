// Package checkpoint saves named tensors to a file and restores them bit for bit.
//
// [Save] writes a [Checkpoint], [Load] reads one, and [Copy] puts its tensors back into those
// of a live model:
//
//	c := &checkpoint.Checkpoint{Model: "vae", Step: 1000, Tensors: model.Tensors()}
//	err := checkpoint.Save("vae.safetensors", c)
//	...
//	c, err := checkpoint.Load("vae.safetensors")
//	...
//	err = checkpoint.Copy(model.Tensors(), c.Tensors)
//
// The file is a valid safetensors file, which other tools can read: tensors of dtype F32, and the
// other fields in the metadata of the header. Equal checkpoints give equal bytes. A flipped
// bit, a truncated file and added bytes are detected on reading and reported as a [*CorruptError],
// as is any file whose meaning is ambiguous. Reading takes memory in proportion to the file's size.
//
// The metadata has the version of the contents, a number; files from before there was one have version 1. Reading a newer
// version fails with an error that wraps [ErrNewer]. docs/checkpoint.md describes the contents.
//
// Not guaranteed: the SHA-256 in the file detects accidents, not attacks, since whoever can
// write the file can also write a matching sum.
package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"genlab/internal/atomicfile"
)

// Checkpoint is the state of a training run: enough to continue as if it had not stopped.
type Checkpoint struct {
	Model   string            // name of the model, UTF-8
	Step    int               // optimisation steps taken, at least 0
	Config  []byte            // settings of the run as UTF-8 text
	Tensors []Tensor          // parameters, EMA weights, moments; sorted by name after reading
	State   map[string][]byte // states of random generators and the like; part of the header, so at most a few MB
	Meta    map[string]string // further text, UTF-8
}

// CorruptError reports a file that is damaged or is not what its name promises.
type CorruptError struct {
	Path   string // "" where the bytes did not come from a named file
	Reason string
	Err    error // the cause, or nil
}

func (e *CorruptError) Error() string {
	what := "corrupt"
	if errors.Is(e.Err, ErrNewer) {
		what = "too new"
	}
	if e.Path == "" {
		return what + ": " + e.Reason
	}
	return e.Path + " is " + what + ": " + e.Reason
}

func (e *CorruptError) Unwrap() error { return e.Err }

// maxReason bounds a reason, which may quote the file, in bytes.
const maxReason = 300

// corrupt returns a *CorruptError without a path; %w in the format names its cause.
func corrupt(format string, args ...any) *CorruptError {
	err := fmt.Errorf(format, args...)
	reason := err.Error()
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "") + "..."
	}
	return &CorruptError{Reason: reason, Err: errors.Unwrap(err)}
}

// Save replaces the file at path by the checkpoint atomically: it writes a temporary
// file in the same folder, syncs it, renames it and syncs the folder. The folder must exist,
// and a path may have one writer at a time. Save fails where [Encode] does and where the file
// cannot be written; the old file then stays, except after an error that says that the folder
// cannot be synced: then the new file is in place but may not survive a power failure.
func Save(path string, c *Checkpoint) error {
	b, err := Encode(c)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, b)
}

// Load reads the checkpoint at path. It fails with an error that wraps fs.ErrNotExist where
// there is no file, with a *CorruptError that names the path where the file is not a valid
// checkpoint, and with another error where it cannot be read.
func Load(path string) (*Checkpoint, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, atomicfile.Cause(err))
	}
	defer f.Close()
	c, err := Read(f)
	if ce := (*CorruptError)(nil); errors.As(err, &ce) {
		ce.Path = path
	} else if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, atomicfile.Cause(err))
	}
	return c, err
}

// Write writes the checkpoint to w as the bytes that [Encode] returns. It fails, having
// written nothing, where Encode does; an error of w is returned as it is.
func Write(w io.Writer, c *Checkpoint) error {
	b, err := Encode(c)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// Read reads a checkpoint from r up to its end. It fails with a *CorruptError where the bytes
// are not a valid checkpoint, without reading more than 1 GB; an error of r is returned as it is.
func Read(r io.Reader) (*Checkpoint, error) {
	// One byte over the limit is enough for Decode to report that it was exceeded.
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	return Decode(b)
}
