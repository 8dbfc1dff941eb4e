package rundir

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"genlab/internal/atomicfile"
	"genlab/internal/atomicfile/faultdisk"
)

// overwrite replaces the run at path and returns the names that are left.
func overwrite(t *testing.T, path string) []string {
	t.Helper()
	d, err := Create(path, true)
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	return names(t, path)
}

func TestWriteFileTakesOnlyPlainNames(t *testing.T) {
	d := begin(t, filepath.Join(t.TempDir(), "r"))
	for _, name := range []string{"", ".", "..", "../x", "a/b", `a\b`, "/x", "c:x", "x\ny", "x\x00", ".x", lockFile, manifestFile} {
		if err := d.WriteFile(name, []byte("x")); err == nil {
			t.Errorf("wrote %q", name)
		}
		if _, err := d.Record(name); err == nil {
			t.Errorf("recorded %q", name)
		}
	}
	if d := cmp.Diff([]string{manifestFile, lockFile, ConfigFile}, names(t, d.Path(""))); d != "" {
		t.Error(d)
	}
}

func TestAUsersOwnFileSurvivesOverwriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	d := begin(t, path)
	if err := d.WriteFile("loss.png", []byte("ours")); err != nil {
		t.Fatal(err)
	}
	d.Close()
	mine := []string{"loss2.png", "samples.png", ".samples.png.tmp"} // names that other models write
	for _, name := range mine {
		write(t, filepath.Join(path, name), "mine")
	}
	for range 2 {
		d, err := Resume(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(d.WriteFile("loss.png", []byte("ours")), d.Close()); err != nil {
			t.Fatal(err)
		}
		left := overwrite(t, path)
		want := append([]string{manifestFile, lockFile}, mine...)
		slices.Sort(want)
		if d := cmp.Diff(want, left); d != "" {
			t.Error(d)
		}
		write(t, filepath.Join(path, ConfigFile), "lr: 1")
	}
}

func TestANewNameIsRemovedByOverwriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	d := begin(t, path)
	if err := d.WriteFile("spectrum.svg", []byte("x")); err != nil {
		t.Fatal(err)
	}
	d.Close()
	d, err := Resume(path) // the names of an earlier process are kept
	if err != nil {
		t.Fatal(err)
	}
	name, err := d.Record("weights.bin")
	if err != nil {
		t.Fatal(err)
	}
	write(t, name, "x")
	if err := d.Log(1); err != nil {
		t.Fatal(err)
	}
	d.Close()
	write(t, filepath.Join(path, atomicfile.Temporary("spectrum.svg")), "torn")
	if d := cmp.Diff([]string{manifestFile, lockFile}, overwrite(t, path)); d != "" {
		t.Error(d)
	}
}

// Folders of earlier versions have no manifest.
func TestAFolderWithoutAManifest(t *testing.T) {
	earlier := func() (path string) {
		path = t.TempDir()
		for _, name := range append([]string{lockFile, "notes.png", atomicfile.Temporary("probes.png")}, unlisted...) {
			write(t, filepath.Join(path, name), "lr: 1")
		}
		return path
	}
	if d := cmp.Diff([]string{lockFile, "notes.png"}, overwrite(t, earlier())); d != "" {
		t.Error(d)
	}

	path := earlier()
	os.Remove(filepath.Join(path, "probes.png"))
	d, err := Resume(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.WriteFile("spectrum.svg", nil), d.Close()); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(path, "probes.png"), "mine") // after the manifest was made
	if d := cmp.Diff([]string{manifestFile, lockFile, "notes.png", "probes.png"}, overwrite(t, path)); d != "" {
		t.Error(d)
	}
}

// A crash may leave a name without its file and a temporary file of either kind; a file without
// its name, were it left, would be taken for the user's. None of it blocks the next run.
func TestACrashBetweenManifestAndFileDoesNotBlock(t *testing.T) {
	for name, left := range map[string]map[string]string{
		"before the manifest":        {atomicfile.Temporary(manifestFile): "config"},
		"before the config":          {manifestFile: ConfigFile + "\n"},
		"in the config":              {manifestFile: ConfigFile + "\n", atomicfile.Temporary(ConfigFile): "lr"},
		"before a file":              {manifestFile: "config.yaml\nx.svg\n", ConfigFile: "lr: 1"},
		"in a file":                  {manifestFile: "config.yaml\nx.svg\n", ConfigFile: "lr: 1", atomicfile.Temporary("x.svg"): "<s"},
		"in the manifest":            {manifestFile: "config.yaml\n", ConfigFile: "lr: 1", atomicfile.Temporary(manifestFile): "config.yaml\nx.s"},
		"while overwriting":          {manifestFile: "config.yaml\nx.svg\n", ConfigFile: "lr: 1"},
		"at the end of overwriting":  {manifestFile: "config.yaml\nx.svg\n"},
		"after an unrecorded file":   {manifestFile: "config.yaml\n", ConfigFile: "lr: 1", "x.svg": "<svg>"},
		"the config is not recorded": {manifestFile: "x.svg\n", ConfigFile: "lr: 1", "x.svg": ""},
	} {
		path := t.TempDir()
		write(t, filepath.Join(path, lockFile), "")
		for name, text := range left {
			write(t, filepath.Join(path, name), text)
		}
		d, err := Create(path, left[ConfigFile] != "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, n := range names(t, path) {
			if n != lockFile && n != manifestFile && (n != "x.svg" || name != "after an unrecorded file") {
				t.Errorf("%s: %s is left", name, n)
			}
		}
		if err := errors.Join(d.WriteFile(ConfigFile, []byte("lr: 2")), d.WriteFile("x.svg", nil), d.Close()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d := cmp.Diff([]string{manifestFile, lockFile}, overwrite(t, path)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// Where the manifest cannot be written the file is not written either.
func TestAFullDiskLeavesNoUnrecordedFile(t *testing.T) {
	disk := faultdisk.New()
	d := beginOn(t, disk, filepath.Join(t.TempDir(), "r"))
	before := names(t, d.Path(""))
	disk.Before = func(op faultdisk.Op) error {
		if op.Name == "open" {
			return syscall.ENOSPC
		}
		return nil
	}
	if err := d.WriteFile("x.svg", nil); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
	disk.Before = nil
	if d := cmp.Diff(before, names(t, d.Path(""))); d != "" {
		t.Error(d)
	}
	if err := d.WriteFile("x.svg", nil); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

func TestAForgedManifestRemovesNothingOutside(t *testing.T) {
	parent := t.TempDir()
	path, outside, mine := filepath.Join(parent, "r"), filepath.Join(parent, "thesis.tex"), filepath.Join(parent, "r", "sub", "mine")
	begin(t, path).Close()
	write(t, outside, "mine")
	if err := os.Mkdir(filepath.Dir(mine), 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, mine, "mine")
	before := names(t, path)
	for _, name := range []string{"../thesis.tex", outside, "x/../../thesis.tex", `..\thesis.tex`, "..", ".", "", "sub/mine", lockFile, manifestFile, "x\x00"} {
		write(t, filepath.Join(path, manifestFile), ConfigFile+"\n"+name+"\n")
		for task, open := range map[string]func() (*Dir, error){
			"overwrite": func() (*Dir, error) { return Create(path, true) },
			"resume":    func() (*Dir, error) { return Resume(path) },
		} {
			d, err := open()
			if ce := (*CorruptError)(nil); !errors.As(err, &ce) || ce.Path != filepath.Join(path, manifestFile) || !strings.Contains(err.Error(), "--out") {
				t.Errorf("%s with %q: %v", task, name, err)
			}
			if err == nil {
				d.Close()
			}
		}
		if d := cmp.Diff(before, names(t, path)); d != "" {
			t.Errorf("%q: %s", name, d)
		}
		for _, file := range []string{outside, mine} {
			if b, err := os.ReadFile(file); err != nil || string(b) != "mine" {
				t.Fatalf("%q: %s is %q, %v", name, file, b, err)
			}
		}
	}
}

// A link in the folder is removed as a link.
func TestOverwritingDoesNotFollowLinks(t *testing.T) {
	parent := t.TempDir()
	path, outside := filepath.Join(parent, "r"), filepath.Join(parent, "thesis.tex")
	d := begin(t, path)
	write(t, outside, "mine")
	name, err := d.Record("x.svg")
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	if err := os.Symlink(outside, name); err != nil {
		t.Skip(err)
	}
	overwrite(t, path)
	if b, err := os.ReadFile(outside); err != nil || string(b) != "mine" {
		t.Errorf("the file outside is %q, %v", b, err)
	}
}
