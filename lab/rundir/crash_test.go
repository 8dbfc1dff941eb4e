package rundir

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"genlab/checkpoint"
	"genlab/internal/atomicfile"
)

// childVar makes the test binary be the other process of a test.
const childVar = "GENLAB_RUN_TEST_CHILD"

// child returns the arguments under which this binary does task on path.
func child(t *testing.T, task, path string) []string {
	t.Setenv(childVar, task)
	return []string{path}
}

func TestMain(m *testing.M) {
	switch task := os.Getenv(childVar); task {
	case "":
		os.Exit(m.Run())
	case "save":
		fmt.Println(saveForever(os.Args[1]))
		os.Exit(1)
	default:
		open := Resume
		if task == "create" {
			open = func(path string) (*Dir, error) { return Create(path, true) }
		}
		if _, err := open(os.Args[1]); errors.Is(err, ErrLocked) {
			fmt.Println("locked:", err)
		} else {
			fmt.Println("not locked:", err)
		}
	}
}

func saveForever(path string) error {
	d, err := Resume(path)
	if err != nil {
		return err
	}
	c, err := d.Load()
	if err != nil {
		return err
	}
	if err := d.TrimLog(c.Step); err != nil {
		return err
	}
	for {
		c.Step++
		if err := errors.Join(d.Log(c.Step), d.Save(c)); err != nil {
			return err
		}
		fmt.Println(c.Step)
	}
}

// A process that saves without end is killed at moments nobody chose. Whatever it had
// reported as saved is there, whole, with the log up to it; and the next one goes on.
func TestAKillLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	d := begin(t, path)
	c := &Checkpoint{Model: "m", Tensors: []checkpoint.Tensor{{Name: "w", Shape: []int{1 << 16}, Data: make([]float32, 1<<16)}}}
	if err := d.Save(c); err != nil {
		t.Fatal(err)
	}
	d.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	last, torn := 0, 0
	for range 20 {
		cmd := exec.Command(os.Args[0], child(t, "save", path)...)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		fmt.Fscanln(out, new(int)) // its first save: from here on it does nothing else
		time.Sleep(time.Duration(rng.IntN(int(8 * time.Millisecond))))
		cmd.Process.Kill()
		rest, _ := io.ReadAll(out)
		cmd.Wait()
		reported := strings.Fields(string(rest))

		if slices.Contains(names(t, path), atomicfile.Temporary(CheckpointFile)) {
			torn++
		}
		d, err := Resume(path)
		if err != nil {
			t.Fatal(err)
		}
		c, err := d.Load()
		if err != nil {
			t.Fatalf("after a kill: %v", err)
		}
		if c.Step <= last {
			t.Errorf("step %d after step %d", c.Step, last)
		}
		if n := len(reported); n > 0 {
			if saved, err := strconv.Atoi(reported[n-1]); err != nil || c.Step < saved {
				t.Errorf("step %d, and step %s was reported as saved (%v)", c.Step, reported[n-1], err)
			}
		}
		if err := d.TrimLog(c.Step); err != nil {
			t.Fatal(err)
		}
		if got := logged(t, d); len(got) != c.Step || got[c.Step-1].Step != c.Step {
			t.Errorf("%d lines of log at step %d", len(got), c.Step)
		}
		if slices.Contains(names(t, path), atomicfile.Temporary(CheckpointFile)) {
			t.Error("Resume left a temporary file")
		}
		d.Close()
		last = c.Step
	}
	t.Logf("%d steps; %d of 20 kills came in the middle of a write", last, torn)
}

func TestAFileThatCannotBeReplaced(t *testing.T) {
	d := begin(t, filepath.Join(t.TempDir(), "r"))
	if err := os.Mkdir(d.Path("loss.png"), 0o777); err != nil {
		t.Fatal(err)
	}
	before := names(t, d.Path(""))
	if err := d.WriteFile("loss.png", []byte("x")); err == nil || !strings.Contains(err.Error(), d.Path("loss.png")) {
		t.Errorf("got %v", err)
	}
	if d := cmp.Diff(before, names(t, d.Path(""))); d != "" {
		t.Error(d)
	}
}

func TestAFolderThatCannotBeWritten(t *testing.T) {
	if os.Geteuid() <= 0 {
		t.Skip("root, and Windows, write read-only folders: see TestARealDisk")
	}
	parent := t.TempDir()
	if err := os.Chmod(parent, 0o555); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(filepath.Join(parent, "r"), false); !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "--out") {
		t.Errorf("got %v", err)
	}
}
