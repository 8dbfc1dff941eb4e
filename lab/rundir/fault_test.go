package rundir

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"genlab/checkpoint"
	"genlab/internal/atomicfile"
	"genlab/internal/atomicfile/faultdisk"
)

// life is what a run does with its folder: it begins, saves twice, is interrupted with lines that no
// checkpoint covers, is resumed, and ends with a picture. saved learns the step of each checkpoint that
// was reported as saved.
func life(disk atomicfile.Disk, path string, saved func(step int)) error {
	d, err := createOn(disk, path, true)
	if err != nil {
		return err
	}
	save := func(step int) error {
		c := sample()
		c.Step = step
		err := errors.Join(d.Log(step-1, Field{"loss", 1}), d.Log(step, Field{"loss", 0.5}))
		if err == nil {
			err = d.Save(c)
		}
		if err == nil {
			saved(step)
		}
		return err
	}
	for _, act := range []func() error{
		func() error { return d.WriteConfig(&settings{0.001}) },
		func() error { return save(2) },
		func() error { return save(4) },
		func() error { return errors.Join(d.Log(5), d.Close()) },
		func() error { d, err = resumeOn(disk, path); return err },
		func() error {
			c, err := d.Load()
			if err == nil {
				err = d.TrimLog(c.Step)
			}
			return err
		},
		func() error { return save(6) },
		func() error { return d.WriteFile("loss.png", []byte("picture")) },
		func() error { return d.Close() },
	} {
		if err := act(); err != nil {
			d.Close()
			return err
		}
	}
	return nil
}

// whole fails unless the files of a run are consistent: a checkpoint not older than saved, and a log that covers it.
func whole(files map[string][]byte, saved int) error {
	step := 0
	if b, ok := files[CheckpointFile]; ok {
		c, err := checkpoint.Decode(b)
		if err != nil {
			return err
		}
		step = c.Step
	}
	if step < saved {
		return fmt.Errorf("the checkpoint is that of step %d, saved was %d", step, saved)
	}
	last := 0
	for line := range bytes.Lines(files[MetricsFile]) {
		if bytes.HasSuffix(line, []byte("\n")) {
			e, err := parseEntry(line)
			if err != nil {
				return fmt.Errorf("line %q of the log: %w", line, err)
			}
			last = e.Step
		}
	}
	if last < step {
		return fmt.Errorf("the log ends at step %d, the checkpoint is that of step %d", last, step)
	}
	if b, ok := files["loss.png"]; ok && string(b) != "picture" {
		return fmt.Errorf("the picture is %q", b)
	}
	return nil
}

// TestAPowerFailureLosesNothing: after a power failure at any moment, whether names reach the disk early or only
// when they must, what was reported as saved is there, whole, and the log covers it.
func TestAPowerFailureLosesNothing(t *testing.T) {
	disk, path := faultdisk.New(), filepath.Join(t.TempDir(), "r")
	saved, moments := 0, 0
	look := func(op faultdisk.Op) {
		moments++
		for _, names := range []bool{false, true} {
			if err := whole(disk.Survivors(path, names), saved); err != nil {
				t.Errorf("power fails after the %s of %s (names written early: %v): %v", op.Name, filepath.Base(op.Path), names, err)
			}
		}
	}
	disk.After = look
	err := life(disk, path, func(step int) {
		saved = step
		look(faultdisk.Op{Name: "save", Path: path})
	})
	if err != nil {
		t.Fatal(err)
	}
	if saved != 6 || moments < 60 {
		t.Errorf("saved step %d, %d moments", saved, moments)
	}
	if left := disk.Survivors(path, false); len(left[ConfigFile]) == 0 || len(left["loss.png"]) == 0 {
		t.Errorf("after the end power failure leaves %q", slices.Sorted(maps.Keys(left)))
	}
}

// TestAFaultLosesNothing: whichever operation fails, of those that a run's life takes, the error is
// reported and names the file, and what was saved before is there.
func TestAFaultLosesNothing(t *testing.T) {
	total := 0
	count := faultdisk.New()
	count.After = func(faultdisk.Op) { total++ }
	if err := life(count, filepath.Join(t.TempDir(), "r"), func(int) {}); err != nil {
		t.Fatal(err)
	}
	for _, cause := range []error{syscall.ENOSPC, syscall.EIO, syscall.EROFS} {
		for at := range total {
			disk, path := faultdisk.New(), filepath.Join(t.TempDir(), "r")
			done, saved := 0, 0
			var failed faultdisk.Op
			disk.Before = func(op faultdisk.Op) error {
				if done++; done == at+1 {
					failed = op
					return cause
				}
				return nil
			}
			err := life(disk, path, func(step int) { saved = step })
			what := fmt.Sprintf("%v at the %s of %s", cause, failed.Name, filepath.Base(failed.Path))
			if err == nil {
				t.Errorf("%s: not reported", what)
				continue
			}
			if !errors.Is(err, cause) || !strings.Contains(err.Error(), filepath.Dir(path)) {
				t.Errorf("%s: %v", what, err)
			}
			files := map[string][]byte{}
			entries, _ := os.ReadDir(path)
			for _, e := range entries {
				files[e.Name()], _ = os.ReadFile(filepath.Join(path, e.Name()))
			}
			if err := whole(files, saved); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	t.Logf("%d operations", total)
}

// TestNewFoldersAreSynced: of a path of which nothing exists but the first folder, each folder's name is forced to the disk.
func TestNewFoldersAreSynced(t *testing.T) {
	root := t.TempDir()
	disk, synced := faultdisk.New(), map[string]bool{}
	disk.After = func(op faultdisk.Op) {
		if op.Name == "sync-folder" {
			synced[op.Path] = true
		}
	}
	beginOn(t, disk, filepath.Join(root, "a", "b", "c"))
	for _, folder := range []string{root, filepath.Join(root, "a"), filepath.Join(root, "a", "b"), filepath.Join(root, "a", "b", "c")} {
		if !synced[folder] {
			t.Errorf("%s was not synced", folder)
		}
	}
	clear(synced)
	made := filepath.Join(root, "a", "made") // by a process that was killed before it could sync
	if err := os.Mkdir(made, 0o777); err != nil {
		t.Fatal(err)
	}
	beginOn(t, disk, made)
	if !synced[filepath.Dir(made)] {
		t.Errorf("the name of %s was not synced", made)
	}
}
