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
	"genlab/lab/models"
	"genlab/lab/rundir"
	"genlab/train"
)

// setup is a smoke run whose log is kept.
func setup(t *testing.T, lines *[]string) Setup {
	return Setup{Seeds: []uint64{1, 2}, Smoke: true, Store: t.TempDir(), Log: func(format string, args ...any) {
		*lines = append(*lines, fmt.Sprintf(format, args...))
	}}
}

func samples(ctx context.Context, s Setup) (x *mat.Dense, err error) {
	s.Seeds = []uint64{3}
	e := Experiment{Data: []string{"moons"}, Answer: func(*Result) (bool, string) { return true, "" }, Run: func(t *Trial) error {
		m, _, err := Train[*flow.Model](t, "flow", &models.Flow, Config(s, &models.Flow, ""))
		if err == nil {
			x = m.Sample(50, train.NewStream(1, "sample").Rand)
		}
		return err
	}}
	_, err = e.Do(ctx, s)
	return x, err
}

// TestTrainKeeps: a training is done once, also if it was interrupted in between, and gives the
// same model each time; that of another build is repeated.
func TestTrainKeeps(t *testing.T) {
	var lines []string
	s := setup(t, &lines)
	whole, err := samples(t.Context(), s)
	if err != nil || len(lines) != 1 {
		t.Fatalf("%v, said %q", err, lines)
	}
	again, err := samples(t.Context(), s)
	if err != nil || len(lines) != 1 {
		t.Fatalf("%v, said %q", err, lines)
	}
	if !mat.Equal(whole, again) {
		t.Error("the kept model draws other points")
	}

	lines = nil
	s.Store = t.TempDir()
	if _, err := samples(&countdown{t.Context(), 16}, s); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	resumed, err := samples(t.Context(), s)
	if err != nil || len(lines) != 2 || !strings.Contains(lines[1], "from step 14 of 200") {
		t.Fatalf("%v, said %q", err, lines)
	}
	if !mat.Equal(whole, resumed) {
		t.Error("the resumed model draws other points")
	}

	found, err := filepath.Glob(filepath.Join(s.Store, "flow-moons-s3-*", rundir.CheckpointFile))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	foreign(t, filepath.Dir(found[0]))
	s.AnyBuild = true
	if _, err := samples(t.Context(), s); err != nil || len(lines) != 2 {
		t.Errorf("any build: %v, said %q", err, lines)
	}
	s.AnyBuild = false
	if _, err := samples(t.Context(), s); err != nil || len(lines) != 3 {
		t.Errorf("another build: %v, said %q", err, lines)
	}

	if err := os.Truncate(found[0], 100); err != nil {
		t.Fatal(err)
	}
	corrupt := new(rundir.CorruptError)
	if _, err := samples(t.Context(), s); !errors.As(err, &corrupt) || !strings.Contains(err.Error(), "remove") {
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
	dir, err := rundir.Resume(path)
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

// TestResultIsKept: what is written is read again, also values that are not finite, and a smoke run does
// not replace it.
func TestResultIsKept(t *testing.T) {
	e := Experiment{Name: "n", Claim: "c", Test: "t", Criterion: "k", Data: []string{"moons", ""}, Run: func(t *Trial) error {
		if t.Dataset != nil {
			t.Put("good", "nats", float64(t.Seed))
			cfg := models.Flow.Defaults()
			return t.Result.Use("flow", &cfg)
		}
		t.Put("lost", "", map[uint64]float64{1: 1, 2: math.Inf(1), 3: 1}[t.Seed])
		return nil
	}, Answer: func(r *Result) (bool, string) { return len(r.Measurements) == 2, "yes" }}
	dir := filepath.Join(t.TempDir(), "n")
	for _, smoke := range []bool{true, false} { // a full run takes the place of a smoke run
		r, err := e.Do(t.Context(), Setup{Seeds: []uint64{1, 2, 3}, Smoke: smoke, Log: t.Logf})
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
	if good.Min() != 1 || good.Max() != 3 {
		t.Errorf("from %v to %v", good.Min(), good.Max())
	}
	if lost := r.Of("lost", ""); len(lost.Values) != 3 || !math.IsNaN(float64(lost.Mean)) || lost.String() != "–" {
		t.Errorf("%+v", lost)
	}
	if !strings.Contains(r.Configs["flow"], "lr: 0.003\n") || r.Machine.Go == "" || r.Date == "" {
		t.Errorf("%+v", r)
	}
	smoke, err := e.Do(t.Context(), Setup{Seeds: []uint64{1}, Smoke: true, Log: t.Logf})
	if err != nil || smoke.Supported {
		t.Fatalf("%v; supported by a smoke run: %v", err, smoke.Supported)
	}
	if err := smoke.Write(dir); !errors.Is(err, ErrFull) {
		t.Errorf("a smoke run over a full one: %v", err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil || !strings.Contains(string(page), "## Result: supported") {
		t.Errorf("%v: %s", err, page)
	}
}

func TestDisjoint(t *testing.T) {
	measured := func(values ...float64) Measurement {
		var r Result
		for _, v := range values {
			r.Put("f", "", "", v)
		}
		return r.Of("f", "")
	}
	a := measured(1, 2, 3) // 2 ± 2.48
	if Disjoint(a, measured(5, 6, 7)) || !Disjoint(a, measured(7.5, 8, 8.5)) {
		t.Error("disjoint intervals")
	}
	if Disjoint(measured(1), measured(5)) || Disjoint(a, measured()) {
		t.Error("without two seeds there is no interval")
	}
}

// TestEvery: a condition must hold for every seed, and for at least one.
func TestEvery(t *testing.T) {
	var r Result
	for seed := range 2 {
		r.Put("a", "", "", float64(seed))
		r.Put("b", "", "", 1.5)
		r.Put("c", "", "", 2)
	}
	r.Put("d", "", "", 9)
	of := func(name string) Measurement { return r.Of(name, "") }
	if !Increasing(of("a"), of("b"), of("c")) || Increasing(of("a"), of("c"), of("b")) {
		t.Error("increasing")
	}
	if Increasing(of("a"), of("d")) || Increasing(of("none"), of("a")) || Increasing(of("a"), of("none")) {
		t.Error("seeds are missing")
	}
}
