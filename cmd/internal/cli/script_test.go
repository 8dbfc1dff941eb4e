package cli

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"genlab": Main}) }

// TestScripts runs testdata/script: what a person types, and what must come of it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "flip": flip, "truncate": truncate,
		},
	})
}

// exits STATUS COMMAND... runs a command that must end with that status.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		got = -1
		if e, ok := err.(*exec.ExitError); ok {
			got = e.ExitCode()
		}
	}
	if want, _ := strconv.Atoi(args[0]); got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// flip FILE OFFSET inverts one bit.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	name := ts.MkAbs(args[0])
	b, err := os.ReadFile(name)
	ts.Check(err)
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	b[at] ^= 4
	ts.Check(os.WriteFile(name, b, 0o666))
}

// truncate FILE SIZE cuts a file.
func truncate(ts *testscript.TestScript, _ bool, args []string) {
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}

// command is this test's binary as the command, which TestMain put in the PATH of a script; a
// test that kills it needs the process itself.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("genlab")
	if err != nil {
		t.Fatal(err)
	}
	return exec.Command(path, args...)
}

func trained(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	cmd := command(t, append([]string{"train", "diffusion", "--smoke", "--out", dir}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, "checkpoint.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestKilledAndResumed kills a training with SIGKILL at random moments, many of them inside a
// save, and resumes it: the final checkpoint is that of a run left alone.
func TestKilledAndResumed(t *testing.T) {
	want := trained(t, filepath.Join(t.TempDir(), "whole"))
	dir := filepath.Join(t.TempDir(), "killed")
	rng := rand.New(rand.NewPCG(1, 2))
	args := []string{"train", "diffusion", "--smoke", "--out", dir, "--save-every", "0s"}
	started := false
	for range 8 {
		cmd := command(t, args...)
		if started {
			cmd.Args = append(cmd.Args, "--resume")
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(50+rng.IntN(250)) * time.Millisecond)
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
		// Killed before its first checkpoint, a run is started anew, as its message says.
		_, err := os.Stat(filepath.Join(dir, "checkpoint.safetensors"))
		if started = err == nil; !started {
			args = append(args[:7:7], "--overwrite")
		} else {
			args = args[:7]
		}
	}
	if !started {
		t.Fatal("no attempt reached a checkpoint")
	}
	if got := trained(t, dir, "--resume"); !bytes.Equal(got, want) {
		t.Error("the checkpoint differs from that of an uninterrupted run")
	}
}

// TestSameBytesOnAnyNumberOfCores: one seed is one result.
func TestSameBytesOnAnyNumberOfCores(t *testing.T) {
	var checkpoints, samples [][]byte
	for _, procs := range []string{"1", "2", "3"} {
		t.Setenv("GOMAXPROCS", procs)
		dir := filepath.Join(t.TempDir(), "run")
		checkpoints = append(checkpoints, trained(t, dir))
		out, err := command(t, "sample", dir, "-n", "300").Output()
		if err != nil {
			t.Fatal(err)
		}
		samples = append(samples, out)
	}
	for i := range checkpoints[1:] {
		if !bytes.Equal(checkpoints[0], checkpoints[i+1]) {
			t.Errorf("the checkpoint of GOMAXPROCS %d differs", i+2)
		}
		if !bytes.Equal(samples[0], samples[i+1]) {
			t.Errorf("the samples of GOMAXPROCS %d differ", i+2)
		}
	}
}

// TestInterrupted: SIGINT gives a checkpoint and status 75 within two seconds, and the run can
// go on.
func TestInterrupted(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command(t).Path, "train", "diffusion", "--steps", "100000", "--hidden", "32", "--out", dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if _, err := os.Stat(filepath.Join(dir, "checkpoint.safetensors")); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(300 * time.Millisecond)
	sent := time.Now()
	cmd.Process.Signal(os.Interrupt)
	err := cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 75 {
		t.Fatalf("exit status %d (%v): %s", got, err, stderr.String())
	}
	if spent := time.Since(sent); spent > 2*time.Second {
		t.Errorf("it took %v", spent)
	}
	var step int
	if i := bytes.Index(stderr.Bytes(), []byte("at step ")); i < 0 {
		t.Errorf("no step in %q", stderr.String())
	} else if fmt.Sscanf(stderr.String()[i:], "at step %d", &step); step < 1 {
		t.Errorf("interrupted at step %d", step)
	}
}
