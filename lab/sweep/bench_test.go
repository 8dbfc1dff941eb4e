package sweep

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"genlab/lab/models"
	"genlab/lab/trainer"
)

// BenchmarkPlan plans 10,000 runs of 2,000 configurations and writes them to a folder.
func BenchmarkPlan(b *testing.B) {
	for b.Loop() {
		q := Request{Models: []string{"flow"}, Seeds: Seeds(5), Search: Sobol, Trials: 2000, SearchSeed: 1}
		for key, text := range map[string]string{"lr": "1e-4..1e-2:log", "hidden": "16..256:log", "batch": "32..512"} {
			a, err := ParseAxis(key, text)
			if err != nil {
				b.Fatal(err)
			}
			q.Axes = append(q.Axes, a)
		}
		p, err := New(models.All, q)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := p.Describe(2); err != nil {
			b.Fatal(err)
		}
		if _, err := p.Open(filepath.Join(b.TempDir(), "s")); err != nil {
			b.Fatal(err)
		}
		if len(p.Entries) != 10000 {
			b.Fatal(len(p.Entries))
		}
	}
}

// BenchmarkShow reads 10,000 runs with their reports and writes the answer in every format.
func BenchmarkShow(b *testing.B) {
	q := Request{Models: []string{"flow"}, Seeds: Seeds(5), Search: Sobol, Trials: 2000, SearchSeed: 1}
	for _, axis := range []struct{ key, text string }{{"lr", "1e-4..1e-2:log"}, {"hidden", "16..256:log"}, {"batch", "32,64,128"}} {
		a, err := ParseAxis(axis.key, axis.text)
		if err != nil {
			b.Fatal(err)
		}
		q.Axes = append(q.Axes, a)
	}
	p, err := New(models.All, q)
	if err != nil {
		b.Fatal(err)
	}
	dir := filepath.Join(b.TempDir(), "s")
	if _, err := p.Open(dir); err != nil {
		b.Fatal(err)
	}
	for i, e := range p.Entries {
		if err := os.Mkdir(filepath.Join(dir, Folder(i)), 0o777); err != nil {
			b.Fatal(err)
		}
		lr, _ := strconv.ParseFloat(e.Axes["lr"], 64)
		if err := os.WriteFile(filepath.Join(dir, Folder(i), trainer.EvalFile), report(math.Abs(math.Log10(lr)+3)+0.01*float64(i%7)), 0o666); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		study, err := Results(dir)
		if err != nil {
			b.Fatal(err)
		}
		a, err := study.Answer("", nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := a.Files(study); err != nil {
			b.Fatal(err)
		}
		if a.Counts.Done != 10000 {
			b.Fatal(a.Counts)
		}
	}
}

// report returns the text of an eval.json with as many metrics as that of a flow.
func report(energy float64) []byte {
	type metric struct {
		Value  float64 `json:"value"`
		SE     float64 `json:"se"`
		Oracle float64 `json:"oracle"`
		N      int     `json:"n"`
		Better string  `json:"better,omitempty"`
	}
	all := map[string]metric{"energy_distance": {energy, 0.1, 0, 10000, "lower"}}
	for i := range 18 {
		all[fmt.Sprintf("metric_%d", i)] = metric{energy * float64(i), 0.1, 0, 10000, ""}
	}
	b, err := json.MarshalIndent(map[string]any{"model": "flow", "metrics": all}, "", "  ")
	if err != nil {
		panic(err)
	}
	return b
}
