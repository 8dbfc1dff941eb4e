package rundir

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"genlab/internal/atomicfile"
)

// lockFile is never removed: a process that waits on a removed file would hold a lock that
// nobody else can see. It also marks the folder as one that genlab made.
const lockFile = ".genlab.lock"

// patience is how long a locked folder is waited for: a training whose comparison was killed saves its checkpoint and ends
// in less.
const patience = time.Second

func lock(disk atomicfile.Disk, path string) (*Dir, error) {
	name := filepath.Join(path, lockFile)
	l := flock.New(name, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o666))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ok, err := l.TryLockContext(ctx, patience/20)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return nil, fmt.Errorf("%s cannot be locked: this system has no file locks", path)
	case err != nil:
		return nil, fmt.Errorf("%s cannot be written: %w; choose another --out", path, atomicfile.Cause(err))
	case !ok:
		return nil, fmt.Errorf("%s %w by %s: wait for it to end, or choose another --out", path, ErrLocked, owner(name))
	}
	sign(name)
	return &Dir{path: path, lock: l, disk: disk}, nil
}

// sign writes which process holds the lock, for the error that others get. The lock holds
// without it, so errors are ignored. The first byte is skipped: Windows locks it.
func sign(name string) {
	if f, err := os.OpenFile(name, os.O_WRONLY, 0); err == nil {
		f.WriteAt(fmt.Appendf(nil, "process %-20d\n", os.Getpid()), 1)
		f.Close()
	}
}

func owner(name string) string {
	f, err := os.Open(name)
	if err != nil {
		return "another process"
	}
	defer f.Close()
	b := make([]byte, 64)
	n, _ := f.ReadAt(b, 1)
	if s := strings.TrimSpace(string(b[:n])); s != "" {
		return s
	}
	return "another process"
}
