package rundir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFilesThatAreTooLarge: a folder from elsewhere, each of whose files is a hole of a terabyte in turn, is refused before it is
// read, as damaged, and other readers refuse nothing else.
func TestFilesThatAreTooLarge(t *testing.T) {
	for name, read := range map[string]func(d *Dir) error{
		EnvFile:      func(d *Dir) error { _, err := d.ReadEnv(); return err },
		MetricsFile:  func(d *Dir) error { _, err := d.ReadLog(); return err },
		"the log":    func(d *Dir) error { return d.TrimLog(1) },
		"to go on":   func(d *Dir) error { return d.Log(1) },
		manifestFile: func(d *Dir) error { _, err := recorded(d.path); return err },
		"other":      func(d *Dir) error { _, err := ReadFile(d.Path("other")); return err },
	} {
		d := begin(t, filepath.Join(t.TempDir(), "r"))
		file := name
		if name == "the log" || name == "to go on" {
			file = MetricsFile
		}
		write(t, d.Path(file), "")
		if err := os.Truncate(d.Path(file), 1<<40); err != nil {
			t.Skip(err)
		}
		var corrupt *CorruptError
		if err := read(d); !errors.As(err, &corrupt) || corrupt.Path != d.Path(file) || !strings.Contains(corrupt.Reason, "larger than 256 MB") {
			t.Errorf("%s: %v", name, err)
		}
	}
	dir := t.TempDir()
	if _, err := ReadFile(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := ReadFile(dir); err == nil {
		t.Error("a folder was read")
	}
	if _, err := ReadFile(os.DevNull); err == nil {
		t.Error("a device was read")
	}
	write(t, filepath.Join(dir, "a"), "text")
	if b, err := ReadFile(filepath.Join(dir, "a")); string(b) != "text" || err != nil {
		t.Errorf("got %q, %v", b, err)
	}
}
