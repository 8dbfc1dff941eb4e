package experiment

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"genlab/flow"
	"genlab/internal/run"
	"genlab/lab/models"
	"genlab/train"
)

// setup is a smoke run whose log is kept.
func setup(t *testing.T, lines *[]string) Setup {
	return Setup{Seeds: []uint64{1, 2}, Smoke: true, Store: t.TempDir(), Log: func(format string, args ...any) {
		*lines = append(*lines, fmt.Sprintf(format, args...))
	}}
}

func samples(t *testing.T, ctx context.Context, s Setup) (*mat.Dense, error) {
	t.Helper()
	m, _, err := Train[*flow.Model](ctx, s, &models.Flow, Config(s, &models.Flow), "moons", 3)
	if err != nil {
		return nil, err
	}
	return m.Sample(50, train.NewStream(1, "sample").Rand), nil
}

// TestTrainKeeps: a training is done once, also when it was interrupted in between, and gives the
// same model each time; another build's is done again.
func TestTrainKeeps(t *testing.T) {
	var lines []string
	s := setup(t, &lines)
	whole, err := samples(t, t.Context(), s)
	if err != nil || len(lines) != 1 {
		t.Fatalf("%v, said %q", err, lines)
	}
	again, err := samples(t, t.Context(), s)
	if err != nil || len(lines) != 1 {
		t.Fatalf("%v, said %q", err, lines)
	}
	if !mat.Equal(whole, again) {
		t.Error("the kept model draws other points")
	}

	lines = nil
	s.Store = t.TempDir()
	if _, err := samples(t, &countdown{t.Context(), 15}, s); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	resumed, err := samples(t, t.Context(), s)
	if err != nil || len(lines) != 2 || !strings.Contains(lines[1], "from step 14 of 200") {
		t.Fatalf("%v, said %q", err, lines)
	}
	if !mat.Equal(whole, resumed) {
		t.Error("the resumed model draws other points")
	}

	found, err := filepath.Glob(filepath.Join(s.Store, "flow-moons-s3-*", run.CheckpointFile))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	foreign(t, filepath.Dir(found[0]))
	s.AnyBuild = true
	if _, err := samples(t, t.Context(), s); err != nil || len(lines) != 2 {
		t.Errorf("any build: %v, said %q", err, lines)
	}
	s.AnyBuild = false
	if _, err := samples(t, t.Context(), s); err != nil || len(lines) != 3 {
		t.Errorf("another build: %v, said %q", err, lines)
	}

	if err := os.Truncate(found[0], 100); err != nil {
		t.Fatal(err)
	}
	corrupt := new(run.CorruptError)
	if _, err := samples(t, t.Context(), s); !errors.As(err, &corrupt) || !strings.Contains(err.Error(), "remove") {
		t.Errorf("cut short: %v", err)
	}
}

// countdown is cancelled when it has been asked a number of times, once a step.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// foreign makes a kept training one of another build.
func foreign(t *testing.T, path string) {
	t.Helper()
	dir, err := run.Resume(path)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	c, err := dir.Load()
	if err == nil {
		c.State["build"] = []byte("another")
		err = dir.Save(c)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestResultIsKept: what is written is read again, also what is not finite, and a smoke run does
// not take its place.
func TestResultIsKept(t *testing.T) {
	e := Experiment{Name: "n", Claim: "c", Test: "t", Criterion: "k", Run: func(context.Context, Setup) (*Result, error) {
		r := &Result{Shown: true, Answer: "yes"}
		for _, v := range []float64{1, 2, 3} {
			r.Put("good", "moons", "nats", v)
		}
		r.Put("lost", "", "", 1)
		r.Put("lost", "", "", math.Inf(1))
		cfg := models.Flow.Defaults()
		return r, r.Use("flow", &cfg)
	}}
	dir := filepath.Join(t.TempDir(), "n")
	for _, smoke := range []bool{true, false} { // a full run takes the place of a smoke run
		r, err := e.Do(t.Context(), Setup{Seeds: []uint64{1, 2, 3}, Smoke: smoke})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	r, err := ReadResult(dir)
	if err != nil {
		t.Fatal(err)
	}
	good := r.Of("good", "moons")
	if good.Mean != 2 || len(good.Values) != 3 || good.String() != "2.0 ± 2.5 nats" {
		t.Errorf("%+v %v", good, good)
	}
	if good.Least() != 1 || good.Greatest() != 3 {
		t.Errorf("from %v to %v", good.Least(), good.Greatest())
	}
	if lost := r.Of("lost", ""); len(lost.Values) != 2 || !math.IsNaN(float64(lost.Mean)) || lost.String() != "-" {
		t.Errorf("%+v", lost)
	}
	if !strings.Contains(r.Configs["flow"], "lr: 0.003\n") || r.Machine.Go == "" || r.Date == "" {
		t.Errorf("%+v", r)
	}
	smoke, err := e.Do(t.Context(), Setup{Smoke: true})
	if err != nil || smoke.Shown {
		t.Fatalf("%v; shown by a smoke run: %v", err, smoke.Shown)
	}
	if err := smoke.Write(dir); !errors.Is(err, ErrFull) {
		t.Errorf("a smoke run over a full one: %v", err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil || !strings.Contains(string(page), "## Answer: shown") {
		t.Errorf("%v: %s", err, page)
	}
}

func TestOverlap(t *testing.T) {
	figure := func(values ...float64) Figure {
		var r Result
		for _, v := range values {
			r.Put("f", "", "", v)
		}
		return r.Of("f", "")
	}
	a := figure(1, 2, 3) // 2 ± 2.48
	if !Overlap(a, figure(5, 6, 7)) || Overlap(a, figure(7.5, 8, 8.5)) {
		t.Error("intervals")
	}
	if Apart(a, figure(5, 6, 7)) || !Apart(a, figure(7.5, 8, 8.5)) {
		t.Error("intervals apart")
	}
	if Overlap(figure(1), figure(1)) || Overlap(a, figure()) || Apart(figure(1), figure(5)) || Apart(a, figure()) {
		t.Error("without two seeds there is no interval")
	}
}
