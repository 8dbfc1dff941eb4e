package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
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
