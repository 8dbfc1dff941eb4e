package rundir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"genlab/checkpoint"
	"genlab/internal/atomicfile"
)

type settings struct {
	LR float64 `yaml:"lr" help:"learning rate"`
}

// begin makes a run with a config.
func begin(t *testing.T, path string) *Dir {
	t.Helper()
	return beginOn(t, atomicfile.OS, path)
}

func beginOn(t *testing.T, disk atomicfile.Disk, path string) *Dir {
	t.Helper()
	d, err := createOn(disk, path, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.WriteConfig(&settings{0.001}); err != nil {
		t.Fatal(err)
	}
	return d
}

func sample() *Checkpoint {
	return &Checkpoint{
		Model:   "vae",
		Step:    120,
		Config:  []byte("lr: 0.001\n"),
		Tensors: []checkpoint.Tensor{{Name: "w", Shape: []int{2, 3}, Data: []float32{0, -1, 1.5, 3e38, 1e-45, 7}}},
		State:   map[string][]byte{"data": {0, 255, 1}},
		Meta:    map[string]string{"dataset": "moons"},
	}
}

func encode(t testing.TB, c *Checkpoint) []byte {
	t.Helper()
	b, err := checkpoint.Encode(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func names(t *testing.T, path string) []string {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, err, kind error, says ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got %v, want %q", err, kind)
		return
	}
	for _, want := range says {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestARunIsWrittenAndRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs", "vae-moons-s1")
	d := begin(t, path)
	env := NewEnv("avx2", time.Now())
	if err := d.WriteEnv(env); err != nil {
		t.Fatal(err)
	}
	if err := d.Log(1, Field{"loss", 0.5}); err != nil {
		t.Fatal(err)
	}
	if err := d.Save(sample()); err != nil {
		t.Fatal(err)
	}
	want := []string{manifestFile, lockFile, CheckpointFile, ConfigFile, EnvFile, MetricsFile}
	if d := cmp.Diff(want, names(t, path)); d != "" {
		t.Error(d)
	}

	r, err := Open(path) // while it is being written
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if b, err := r.ReadConfig(); err != nil || string(b) != "# learning rate\nlr: 0.001\n" {
		t.Errorf("config: %q, %v", b, err)
	}
	if got, err := r.ReadEnv(); err != nil || got != env {
		t.Errorf("env: %+v, %v; want %+v", got, err, env)
	}
	if env.Go != runtime.Version() || env.CPU != "avx2" || env.GOMAXPROCS < 1 {
		t.Errorf("env: %+v", env)
	}
	if c, err := r.Load(); err != nil || !cmp.Equal(encode(t, c), encode(t, sample())) {
		t.Errorf("checkpoint: %v, %v", c, err)
	}
	if log, err := r.ReadLog(); err != nil || len(log) != 1 {
		t.Errorf("log: %v, %v", log, err)
	}
	if err := r.WriteFile("loss.png", nil); err == nil {
		t.Error("a folder opened for reading was written")
	}
}

func TestCreateRefusesWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	d := begin(t, path)
	_, err := Create(path, true)
	refused(t, err, ErrLocked, path, fmt.Sprint(os.Getpid()), "--out")
	d.Close()
	_, err = Create(path, false)
	refused(t, err, ErrExists, path, "--overwrite", "--resume", "--out")
	d, err = Resume(path)
	if err != nil {
		t.Fatalf("after Close: %v", err)
	}
	_, err = Resume(path)
	refused(t, err, ErrLocked, path)
	d.Close()
	if err := d.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	if err := d.WriteFile("loss.png", nil); err == nil {
		t.Error("a closed folder was written")
	}
}

func TestOverwriteRemovesTheRunAndNothingElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	d := begin(t, path)
	for _, name := range append([]string{"a picture of tomorrow.webp"}, unlisted...) {
		if err := d.WriteFile(name, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	d.Close()
	write(t, filepath.Join(path, "notes.txt"), "mine")
	write(t, filepath.Join(path, atomicfile.Temporary(CheckpointFile)), "torn")
	d, err := Create(path, true)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d := cmp.Diff([]string{manifestFile, lockFile, "notes.txt"}, names(t, path)); d != "" {
		t.Error(d)
	}
}

// An overwriting that stops half way leaves a folder that is known as a run, to be
// overwritten again.
func TestAHalfOverwrittenRunIsARun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	d := begin(t, path)
	if _, err := d.Record("denoise.gif"); err != nil {
		t.Fatal(err)
	}
	d.Close()
	stuck := filepath.Join(d.Path("denoise.gif"), "stuck") // a folder that cannot be removed as a file
	if err := os.MkdirAll(stuck, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(path, true); err == nil || !strings.Contains(err.Error(), d.Path("denoise.gif")) {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(stuck); err != nil {
		t.Fatal(err)
	}
	again, err := Create(path, true)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

// Folders and files that are no runs stay exactly as they are, with --overwrite too.
func TestWhatIsNoRunIsNotTouched(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string][]string{
		"home":    {"thesis.tex", "loss.png"},
		"project": {"config.yaml", "samples.png"}, // a config.yaml of another program
		"shadow":  {lockFile, "thesis.tex"},
	} {
		path := filepath.Join(dir, name)
		if err := os.Mkdir(path, 0o777); err != nil {
			t.Fatal(err)
		}
		for _, f := range content {
			write(t, filepath.Join(path, f), "mine")
		}
		for _, overwrite := range []bool{false, true} {
			_, err := Create(path, overwrite)
			refused(t, err, ErrExists, path, "--out")
		}
		slices.Sort(content)
		if d := cmp.Diff(content, names(t, path)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}

	file := filepath.Join(dir, "file")
	write(t, file, "mine")
	_, err := Create(file, true)
	refused(t, err, ErrExists, "is a file")
	if _, err := Create(filepath.Join(file, "r"), true); err == nil {
		t.Error("made a folder in a file")
	}
	empty := t.TempDir()
	for name, open := range map[string]func(string) (*Dir, error){"Open": Open, "Resume": Resume} {
		_, err := open(file)
		refused(t, err, ErrNotRun, "file")
		_, err = open(empty)
		refused(t, err, ErrNotRun, empty, ConfigFile)
		_, err = open(filepath.Join(empty, "none"))
		refused(t, err, ErrNotRun, "none")
		if got := names(t, empty); len(got) != 0 {
			t.Errorf("%s left %v behind", name, got)
		}
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "mine" {
		t.Errorf("the file is %q, %v", b, err)
	}
}

// An empty folder, or what a process left that was killed before it wrote the config, is free.
func TestCreateTakesAFolderThatHoldsNothing(t *testing.T) {
	path := t.TempDir()
	write(t, filepath.Join(path, lockFile), "")
	write(t, filepath.Join(path, atomicfile.Temporary(ConfigFile)), "lr: 0.")
	d, err := Create(path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d := cmp.Diff([]string{lockFile}, names(t, path)); d != "" {
		t.Error(d)
	}
}

func TestResumeRemovesWhatAKilledWriterLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	begin(t, path).Close()
	write(t, filepath.Join(path, atomicfile.Temporary(CheckpointFile)), "torn")
	d, err := Resume(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d := cmp.Diff([]string{manifestFile, lockFile, ConfigFile}, names(t, path)); d != "" {
		t.Error(d)
	}
}

func TestLoadErrors(t *testing.T) {
	d := begin(t, filepath.Join(t.TempDir(), "r"))
	if _, err := d.Load(); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "--overwrite") {
		t.Errorf("without a checkpoint: %v", err)
	}
	if err := d.WriteFile(CheckpointFile, []byte("PK\x03\x04 something else")); err != nil {
		t.Fatal(err)
	}
	var ce *CorruptError
	_, err := d.Load()
	if !errors.As(err, &ce) || ce.Path != d.Path(CheckpointFile) || !strings.HasPrefix(err.Error(), ce.Path+" is corrupt") {
		t.Errorf("with another file: %v", err)
	}
	if err := d.WriteFile(EnvFile, []byte("{")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ReadEnv(); !errors.As(err, &ce) || ce.Path != d.Path(EnvFile) {
		t.Errorf("with a torn env.json: %v", err)
	}
}

func TestTheLockHoldsAgainstAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	begin(t, path)
	for _, open := range []string{"create", "resume"} {
		out, err := exec.Command(os.Args[0], child(t, open, path)...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), fmt.Sprintf("locked: %s is in use by process %d", path, os.Getpid())) {
			t.Errorf("%s: the other process says %q, %v", open, out, err)
		}
	}
}

func TestDefaultPath(t *testing.T) {
	if got, want := DefaultPath("vae", "8gaussians", 3), filepath.Join("runs", "vae-8gaussians-s3"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := filepath.Base(DefaultPath("vae", "file:/a/B c.csv", 3)); !strings.HasPrefix(got, "vae-b-c-csv-") {
		t.Errorf("%s does not show the name of the file", got)
	}
	seen := map[string]string{}
	for _, data := range []string{"moons", "file:/a/b c.csv", "file:/b/b c.csv", "file:b-c.csv", "../..", "", ".", "Moons",
		`C:\x.csv`, "a:b|?*<>\"", strings.Repeat("x", 300), "é", "-", "moons\n", "con.", "/"} {
		got := DefaultPath("vae", data, 1)
		dir, base := filepath.Split(got)
		if dir != "runs"+string(filepath.Separator) || len(base) > 64 || strings.Trim(base, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
			t.Errorf("%q: %q is not a safe name", data, got)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("%q and %q have the same folder %s", data, other, got)
		}
		seen[got] = data
	}
}
