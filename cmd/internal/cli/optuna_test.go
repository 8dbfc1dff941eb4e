package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// python returns the command of a Python that has Optuna, or skips the test. PYTHON names another one.
func python(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	name := os.Getenv("PYTHON")
	if name == "" {
		name = "python3"
	}
	if err := exec.Command(name, "-c", "import optuna").Run(); err != nil {
		t.Skipf("%s has no Optuna here (pip install optuna; PYTHON names another): docs/optuna.py was not run", name)
	}
	return exec.Command(name, args...)
}

// TestOptuna runs docs/optuna.py: a search in which most trainings diverge ends with failed trials and no crash, and one
// that is killed goes on with the same journal.
func TestOptuna(t *testing.T) {
	if testing.Short() {
		t.Skip("trains some models")
	}
	script, err := filepath.Abs("../../../docs/optuna.py")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	search := func(journal, trials string) *exec.Cmd {
		return python(t, script, "--genlab", command(t).Path, "--model", "diffusion", "--journal", filepath.Join(dir, journal), "--runs", filepath.Join(dir, journal+"-runs"),
			"--trials", trials, "--max-lr", "1e30", "--flags", "smoke=true steps=20 batch=16 data=moons")
	}
	result := func(cmd *exec.Cmd) (r struct{ Done, Failed int }) {
		t.Helper()
		var errs strings.Builder
		cmd.Stderr = &errs
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, errs.String())
		}
		if err := json.Unmarshal(out, &r); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		if r.Failed > 0 && !strings.Contains(errs.String(), "diverged") {
			t.Errorf("no reason of a failed trial in %s", errs.String())
		}
		return r
	}
	if r := result(search("a", "4")); r.Done+r.Failed != 4 || r.Failed == 0 {
		t.Errorf("%+v", r)
	}
	killed := search("b", "3")
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	for range 200 { // until the first trial is under way
		if text, _ := os.ReadFile(filepath.Join(dir, "b")); strings.Contains(string(text), "hidden") {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	killed.Process.Signal(syscall.SIGKILL)
	killed.Wait()
	if r := result(search("b", "3")); r.Done+r.Failed < 3 {
		t.Errorf("after a kill %+v", r)
	}
}
