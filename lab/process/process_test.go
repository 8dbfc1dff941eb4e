package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestMain is also the child: it reports steps and ends as its argument says.
func TestMain(m *testing.M) {
	if len(os.Args) < 3 || os.Args[1] != "child" {
		os.Exit(m.Run())
	}
	fmt.Println("step 10 of 20  loss 1\nsomething else\nstep 20 of 20  loss 0.5")
	switch os.Args[2] {
	case "diverge":
		fmt.Fprint(os.Stderr, "warning: of no matter\n  in two lines\ngenlab: training diverged at step 3\nmore\n")
		os.Exit(3)
	case "silent":
		os.Exit(1)
	case "wait": // for a signal, as a training does
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt)
		fmt.Println("step 1 of 20")
		<-c
		os.Exit(75)
	case "parent": // of a child that waits, whose process it tells
		Run(context.Background(), func(step int) {}, "child", "orphan", os.Args[3])
		os.Exit(9)
	case "orphan": // until its parent ends
		ctx := WithParent(context.Background())
		if os.Getenv(parentVariable) != "" || os.WriteFile(os.Args[3], []byte("running"), 0o600) != nil {
			os.Exit(9)
		}
		<-ctx.Done()
		os.WriteFile(os.Args[3], []byte("saved"), 0o600)
		os.Exit(75)
	}
	if os.Getenv("GOMAXPROCS") != "1" {
		os.Exit(9)
	}
	os.Exit(0)
}

func TestRun(t *testing.T) {
	var steps []int
	spent, err := Run(t.Context(), func(step int) { steps = append(steps, step) }, "child", "finish")
	if err != nil || spent <= 0 || !slices.Equal(steps, []int{10, 20}) {
		t.Errorf("%v of CPU time, steps %v, %v", spent, steps, err)
	}
	for arg, want := range map[string]Error{
		"diverge": {3, "training diverged at step 3"}, "silent": {1, "the process ended with exit status 1"},
	} {
		_, err := Run(t.Context(), func(int) {}, "child", arg)
		if got := new(Error); !errors.As(err, &got) || *got != want {
			t.Errorf("%s: %v, want %v", arg, err, want)
		}
	}
}

// TestInterrupt: a cancelled context interrupts the child, which saves and ends by itself.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, err := Run(ctx, func(step int) {
		if step == 1 {
			cancel()
		}
	}, "child", "wait")
	if got := new(Error); !errors.As(err, &got) || got.Status != 75 {
		t.Errorf("got %v", err)
	}
}

// TestParentIsKilled: a child whose parent is killed comes to know, so that it can save and end.
func TestParentIsKilled(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state")
	parent := exec.Command(os.Args[0], "child", "parent", file)
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	await := func(want string) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if b, _ := os.ReadFile(file); string(b) == want {
				return
			} else if time.Now().After(end) {
				t.Fatalf("the child is %q, want %q", b, want)
			}
		}
	}
	await("running")
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	parent.Wait()
	await("saved")
}
