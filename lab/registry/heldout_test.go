package registry_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"genlab/datasets"
	"genlab/internal/config"
	"genlab/internal/usage"
	"genlab/lab/models"
	"genlab/lab/registry"
	"genlab/train"
)

// file writes points to a file and returns the name of its dataset.
func file(t *testing.T, name string, n int, seed uint64) string {
	t.Helper()
	moons, err := datasets.ByName("moons")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := datasets.WritePoints(path, moons.Sampler.Sample(n, train.NewStream(seed, "points").Rand)); err != nil {
		t.Fatal(err)
	}
	return datasets.FilePrefix + path
}

func job(t *testing.T, data string, set ...string) registry.Job {
	t.Helper()
	j := models.Flow.Job(data, true)
	for i := 0; i < len(set); i += 2 {
		if err := config.Set(j.Settings(), set[i], set[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return j
}

func rowsOf(d *datasets.Dataset) int {
	x, ok := d.Rows()
	if !ok {
		return 0
	}
	n, _ := x.Dims()
	return n
}

// TestHeldOutRowsOfAJob: a share, none, or the points of another file; for a distribution nothing.
func TestHeldOutRowsOfAJob(t *testing.T) {
	data, test := file(t, "a.csv", 200, 1), file(t, "b.npy", 70, 2)
	for _, c := range []struct {
		data       string
		set        []string
		train, out int
	}{
		{data, nil, 180, 20}, {data, []string{"holdout", "0.25"}, 150, 50}, {data, []string{"holdout", "0"}, 200, -1},
		{data, []string{"test", test}, 200, 70}, {data, []string{"test", test, "holdout", "0"}, 200, 70},
		{"moons", nil, 0, -1}, {"moons", []string{"holdout", "0"}, 0, -1},
	} {
		j := job(t, c.data, c.set...)
		if err := j.Validate(); err != nil {
			t.Fatal(err)
		}
		task, err := j.Task()
		if err != nil {
			t.Fatal(err)
		}
		p := task.(registry.Points)
		out := -1
		if p.HeldOut != nil {
			out = rowsOf(p.HeldOut)
		}
		if got := rowsOf(p.Dataset); got != c.train || out != c.out {
			t.Errorf("%v: %d training and %d held-out rows, want %d and %d", c.set, got, out, c.train, c.out)
		}
		if c.out == 70 && len(task.Files()) != 2 {
			t.Errorf("%d files, want the data and the test points", len(task.Files()))
		}
		truth, oracle := p.Truth(1000, train.NewStream(1, "x").Rand)
		n, _ := truth.Dims()
		m, _ := oracle.Dims()
		if c.data == data && (n != m || c.out > 0 && n != c.out || c.out < 0 && n != 100) {
			t.Errorf("%v: a truth of %d rows and an oracle of %d", c.set, n, m)
		}
	}
	text := filepath.Join(t.TempDir(), "x.txt")
	for want, j := range map[string]registry.Job{
		"holdout is 0.95, but must be in [0, 0.9]":    job(t, data, "holdout", "0.95"),
		"test and holdout exclude each other":         job(t, data, "test", test, "holdout", "0.5"),
		"test applies to points of a file, and moons": job(t, "moons", "test", test),
		"holdout applies to points of a file, and":    job(t, "moons", "holdout", "0.5"),
		"must be file:PATH":                           job(t, data, "test", "moons"),
		"no such file":                                job(t, data, "test", "file:none.csv"),
		"has the points of":                           job(t, data, "test", data),
		"a .csv or .npy file":                         job(t, data, "test", "file:"+text),
		"leave 1 to train on":                         job(t, file(t, "c.csv", 3, 1), "holdout", "0.6"),
	} {
		err := j.Validate()
		if err == nil {
			if _, err = j.Task(); err != nil && !errors.As(err, new(usage.Error)) {
				t.Errorf("%v is no usage error", err)
			}
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestSettingsOfVersionsBefore: without the key holdout a run of a file holds out nothing, and any other run is one
// of today.
func TestSettingsOfVersionsBefore(t *testing.T) {
	for data, want := range map[string]string{"file:a.csv": "0", "moons": "0.1"} {
		old, err := registry.DecodeJob(&models.Flow, "config.yaml", []byte("model: flow\ndata: \""+data+"\"\nseed: 1\n"))
		if err != nil {
			t.Fatal(err)
		}
		now := models.Flow.Job(data, false)
		if err := config.Set(now.Settings(), "holdout", want); err != nil {
			t.Fatal(err)
		}
		if key := registry.Differing(old, now); key != "" {
			t.Errorf("%s: %s differs", data, key)
		}
	}
	kept, err := registry.DecodeJob(&models.Flow, "config.yaml", []byte("data: \"file:a.csv\"\nholdout: 0.3\n"))
	if err != nil || !strings.Contains(string(marshal(t, kept)), "holdout: 0.3\n") {
		t.Errorf("holdout is lost: %v", err)
	}
}

func marshal(t *testing.T, j registry.Job) []byte {
	t.Helper()
	b, err := config.Marshal(j.Settings())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFilesThatChange: a changed and a missing file are errors with both digests and the remedy, for the data and
// for the test points.
func TestFilesThatChange(t *testing.T) {
	data, test := file(t, "a.csv", 50, 1), file(t, "b.csv", 50, 2)
	j := job(t, data, "test", test)
	task, err := j.Task()
	if err != nil {
		t.Fatal(err)
	}
	state := map[string][]byte{}
	for _, f := range task.Files() {
		state[f.Key] = f.Digest
	}
	if _, err := registry.TaskOf(j, "run", state); err != nil {
		t.Error(err)
	}
	for _, name := range []string{test, data} {
		path := strings.TrimPrefix(name, datasets.FilePrefix)
		x, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		check := func(wants ...string) {
			t.Helper()
			_, err := registry.TaskOf(j, "run", state)
			for _, want := range append(wants, "run run", "SHA-256", "restore the file") {
				if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, new(usage.Error)) {
					t.Errorf("got %v, want %s", err, want)
				}
			}
		}
		if err := os.WriteFile(path, append(x, "1,2\n"...), 0o600); err != nil {
			t.Fatal(err)
		}
		check(name + " has changed")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		check("no such file", name+" (SHA-256")
		if err := os.WriteFile(path, x, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := registry.TaskOf(j, "run", nil); err != nil {
		t.Errorf("without digests: %v", err)
	}
}
