package sweep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"genlab/lab/models"
)

// fakeSlurm is a cluster that records what is submitted.
type fakeSlurm struct {
	config, queue string
	submitted     [][]string
	script        string
}

func (f *fakeSlurm) call(_ context.Context, input, program string, args ...string) (string, error) {
	switch program {
	case "scontrol":
		return f.config, nil
	case "squeue":
		return f.queue, nil
	case "sbatch":
		f.submitted, f.script = append(f.submitted, args), input
		return fmt.Sprintf("%d;cluster\n", 40+len(f.submitted)), nil
	}
	return "", errors.New("no program " + program)
}

// array returns the indices of a submission, and its offset.
func array(args []string) string {
	var spec, name string
	for _, a := range args {
		if v, ok := strings.CutPrefix(a, "--array="); ok {
			spec = v
		}
		if v, ok := strings.CutPrefix(a, "--job-name="); ok {
			_, name, _ = strings.Cut(v, "+")
		}
	}
	return name + ":" + spec
}

func opened(t *testing.T, q Request) *Sweep {
	t.Helper()
	p, err := New(models.All, q)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Open(filepath.Join(t.TempDir(), "it's"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// done writes a report for runs.
func done(t *testing.T, s *Sweep, energy float64, indices ...int) {
	t.Helper()
	for _, i := range indices {
		if err := os.MkdirAll(s.dir.Path(Folder(i)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.dir.Path(Folder(i)+"/eval.json"), report(energy), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSubmit: arrays of at most MaxArraySize, without what is finished or queued; the flags of the user come last.
func TestSubmit(t *testing.T) {
	s := opened(t, Request{Models: []string{"flow"}, Seeds: Seeds(25)})
	done(t, s, 1, 0, 3, 4, 12)
	f := &fakeSlurm{config: "MaxArraySize            = 10\nMaxJobCount = 9\n"}
	var out strings.Builder
	if err := s.submit(t.Context(), cluster{f.call}, []string{"--mem=1G"}, &out); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, args := range f.submitted {
		got = append(got, array(args))
		if args[len(args)-1] != "--mem=1G" || !slices.Contains(args, "--requeue") {
			t.Errorf("flags %q", args)
		}
	}
	if want := []string{"0:1-2,5-9", "10:0-1,3-9", "20:0-4"}; !slices.Equal(got, want) {
		t.Errorf("arrays %q, want %q", got, want)
	}
	if !strings.Contains(out.String(), "21 runs submitted") || !strings.Contains(f.script, `it'\''s' --index $((SLURM_ARRAY_TASK_ID + offset))`) {
		t.Errorf("%s\n%s", out.String(), f.script)
	}
	name := strings.TrimPrefix(strings.Split(f.submitted[0][1], "+")[0], "--job-name=")
	g := &fakeSlurm{queue: name + "+10 3\n" + name + "+0 1\nother+0 2\ngenlab-1 7\n"}
	if err := s.submit(t.Context(), cluster{g.call}, nil, &out); err != nil {
		t.Fatal(err)
	}
	if got := array(g.submitted[0]); len(g.submitted) != 1 || got != "0:2,5-11,14-24" {
		t.Errorf("the second time %q", got)
	}
}

// TestSubmitRungs: with halving, the tasks of a rung begin after those of the one before.
func TestSubmitRungs(t *testing.T) {
	a, err := ParseAxis("lr", "1,2,3,4")
	if err != nil {
		t.Fatal(err)
	}
	s := opened(t, Request{Models: []string{"flow"}, Seeds: Seeds(1), Axes: []Axis{a}, Halving: 2})
	f := &fakeSlurm{}
	var out strings.Builder
	if err := s.submit(t.Context(), cluster{f.call}, nil, &out); err != nil {
		t.Fatal(err)
	}
	if len(f.submitted) != 3 || slices.Contains(f.submitted[0], "--dependency=afterany:41") || !slices.Contains(f.submitted[1], "--dependency=afterany:41") || !slices.Contains(f.submitted[2], "--dependency=afterany:42") {
		t.Errorf("%q", f.submitted)
	}
}

// TestNoSlurm: without its programs the error says so.
func TestNoSlurm(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	s := opened(t, Request{Models: []string{"flow"}, Seeds: Seeds(1)})
	if err := s.Submit(t.Context(), nil, new(strings.Builder)); err == nil || !strings.Contains(err.Error(), "scontrol is not here") {
		t.Error(err)
	}
}
