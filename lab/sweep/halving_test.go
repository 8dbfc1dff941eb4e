package sweep

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"genlab/lab/models"
)

func TestRungs(t *testing.T) {
	for _, c := range []struct {
		steps, eta, configurations int
		want                       []int
	}{
		{900, 3, 9, []int{100, 300, 900}}, {1000, 3, 27, []int{30, 110, 330, 1000}}, {1000, 2, 1, []int{1000}},
		{1000, 2, 3, []int{500, 1000}}, {50, 4, 64, []int{10, 50}},
	} {
		if got := rungs(c.steps, c.eta, c.configurations); !slices.Equal(got, c.want) {
			t.Errorf("%d steps by %d of %d: %v, want %v", c.steps, c.eta, c.configurations, got, c.want)
		}
	}
}

// toy is a sweep of 9 learning rates with 2 seeds, halved by 3, whose runs are never trained: their reports say that a
// learning rate is the better the nearer it is to the fifth, from the first rung on.
func toy(t *testing.T) *Sweep {
	a, err := ParseAxis("lr", "1,2,3,4,5,6,7,8,9")
	if err != nil {
		t.Fatal(err)
	}
	steps, err := ParseAxis("steps", "900")
	if err != nil {
		t.Fatal(err)
	}
	return opened(t, Request{Models: []string{"flow"}, Seeds: Seeds(2), Axes: []Axis{steps, a}, Halving: 3})
}

func (s *Sweep) put(t *testing.T, index int, file string, energy float64) {
	t.Helper()
	if err := os.MkdirAll(s.dir.Path(Folder(index)), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.dir.Path(Folder(index)+"/"+file), report(energy), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestHalvingFindsTheBestArm: on a toy whose best arm is known it survives both rungs, with the others that it should; a
// single good seed does not save an arm, a diverged run loses, and a missing one is waited for.
func TestHalvingFindsTheBestArm(t *testing.T) {
	s := toy(t)
	distance := func(e Entry) float64 {
		var lr float64
		fmt.Sscan(e.Axes["lr"], &lr)
		if lr < 5 {
			return 5 - lr
		}
		return lr - 5 + 0.1
	}
	for _, e := range s.Entries {
		energy := distance(e)
		switch {
		case e.Index == 3: // lr 2, seed 2
			continue
		case e.Axes["lr"] == "1": // one seed is lucky
			energy = map[uint64]float64{1: -1, 2: 9}[e.Seed]
		}
		s.put(t, e.Index, "eval-step100.json", energy)
	}
	b := s.brackets()[0]
	if _, missing := b.survivors(1); missing == nil || missing.Index != 3 {
		t.Fatalf("missing %v", missing)
	}
	if err := os.MkdirAll(s.dir.Path(Folder(3)), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.dir.Path(Folder(3)+"/"+failureFile), []byte(`{"status":"diverged","reason":"NaN"}`), 0o666); err != nil {
		t.Fatal(err)
	}
	b = s.brackets()[0]
	alive, missing := b.survivors(1)
	if want := []string{`lr="5" `, `lr="4" `, `lr="6" `}; missing != nil || !slices.Equal(alive, want) {
		t.Fatalf("after the first rung %q, want %q", alive, want)
	}
	for _, e := range s.Entries {
		if slices.Contains(alive, e.configuration()) {
			s.put(t, e.Index, "eval-step300.json", distance(e))
			s.put(t, e.Index, "eval.json", distance(e))
		}
	}
	b = s.brackets()[0]
	if alive, _ := b.survivors(2); !slices.Equal(alive, []string{`lr="5" `}) {
		t.Errorf("after the second rung %q", alive)
	}
	study, err := Results(s.path)
	if err != nil {
		t.Fatal(err)
	}
	stopped := 0
	for _, r := range study.Runs {
		if r.Status == "stopped" && r.Reason == "stopped at step 100 of 900" {
			stopped++
		}
	}
	if stopped != 11 { // 6 arms of 2 seeds, less the one that diverged
		t.Errorf("%d runs were stopped at the first rung", stopped)
	}
}

// TestHalvedRun: a survivor of halving is to the last bit the run of a sweep without it, and the stopped run ends at
// its rung.
func TestHalvedRun(t *testing.T) {
	if testing.Short() {
		t.Skip("trains 3 models")
	}
	request := func(halving int) *Sweep {
		q := Request{Models: []string{"diffusion"}, Seeds: Seeds(1), Smoke: true, Halving: halving}
		for _, axis := range [][2]string{{"steps", "60"}, {"hidden", "8"}, {"batch", "16"}, {"lr", "0.003,1e-7"}} {
			a, err := ParseAxis(axis[0], axis[1])
			if err != nil {
				t.Fatal(err)
			}
			q.Axes = append(q.Axes, a)
		}
		return opened(t, q)
	}
	halved, whole := request(2), request(0)
	do := func(s *Sweep, index int, says string) {
		t.Helper()
		var out strings.Builder
		if err := Task(t.Context(), models.All, s.path, index, &out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), says) {
			t.Errorf("run %d says %q, want %q", index, out.String(), says)
		}
	}
	do(halved, 0, "run 0 waits at step 30 for run 1")
	do(halved, 1, "run 1 is stopped at step 30 of 60")
	do(halved, 0, "step 60 of 60")
	do(whole, 0, "step 60 of 60")
	for _, file := range []string{"checkpoint.safetensors"} {
		a, err := os.ReadFile(halved.dir.Path(Folder(0) + "/" + file))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(whole.dir.Path(Folder(0) + "/" + file))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs from that of a sweep without halving", file)
		}
	}
	if o := readOutcome(halved.dir.Path(Folder(1))); o.Status != Begun {
		t.Errorf("the stopped run is %s", o.Status)
	}
	if err := Task(t.Context(), models.All, halved.path, 7, io.Discard); err == nil || !strings.Contains(err.Error(), "--index is 7") {
		t.Error(err)
	}
}
