package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestExperimentInterrupted: SIGINT in the midst of a training ends with status 75, and leaves the
// training to go on from, and no result.
func TestExperimentInterrupted(t *testing.T) {
	dir := t.TempDir()
	runs, out := filepath.Join(dir, "runs"), filepath.Join(dir, "out")
	cmd := command(t, "experiment", "bounds", "--seeds", "1", "--runs", runs, "--out", out)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && !strings.Contains(lines.Text(), "training vae") {
	}
	time.Sleep(200 * time.Millisecond)
	cmd.Process.Signal(os.Interrupt)
	for lines.Scan() {
	}
	err = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 75 || !strings.Contains(stderr.String(), "0 of 1 experiments done") {
		t.Fatalf("exit status %d (%v): %s", got, err, stderr.String())
	}
	kept, err := filepath.Glob(filepath.Join(runs, "vae-8gaussians-s1-*", "checkpoint.safetensors"))
	if err != nil || len(kept) != 1 {
		t.Errorf("kept %v, %v", kept, err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("an interrupted experiment left a result")
	}
}
