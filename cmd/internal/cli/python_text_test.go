package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"genlab/datasets"
	"genlab/lab/models"
)

// TestPythonText: tools/python samples the texts of genlab sample, character by character, and its log probabilities and bounds are
// those of genlab score to 1e-5; the text has characters that the models do not know, and is longer than their windows.
func TestPythonText(t *testing.T) {
	python := pythonWith(t, "numpy, safetensors")
	dir := t.TempDir()
	source, err := datasets.TextByName("grammar")
	if err != nil {
		t.Fatal(err)
	}
	text := filepath.Join(dir, "text.txt")
	if err := os.WriteFile(text, []byte(source.Valid[:300]+"\u00e9X"+source.Valid[300:420]), 0o666); err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(dir, "short.txt")
	if err := os.WriteFile(short, []byte(source.Valid[:9]), 0o666); err != nil {
		t.Fatal(err)
	}
	var names []string
	var cases []pyCase
	for i, c := range []struct{ run, text, flags, score string }{
		{"runs/text", text, "", ""},
		{"version2/text", text, "", ""},
		{"runs/masked-diffusion", text, "", "--draws 3"},
		{"version2/masked-diffusion", text, "", "--draws 40"},
		{"version2/masked-diffusion", short, "--nfe 3", "--draws 1"},
		{"version2/masked-diffusion", text, "--nfe 5 --order confident --prompt the", "--draws 2"},
		{"version2/masked-diffusion", text, "--order left-to-right --temperature 0.7", "--draws 2"},
		{"runs/masked-diffusion", short, "--temperature 0", "--draws 2"},
	} {
		run := filepath.Join(filepath.Dir(pythonRuns), c.run)
		p := pyCase{Run: run, N: 300, Seed: 3, Text: c.text, Samples: filepath.Join(dir, strconv.Itoa(i)+".txt"), Scores: filepath.Join(dir, strconv.Itoa(i)+".npy"), Options: map[string]any{}}
		words := strings.Fields(c.flags)
		for w := 0; w < len(words); w += 2 {
			p.Options[words[w][2:]] = words[w+1]
			if v, err := strconv.ParseFloat(words[w+1], 64); err == nil {
				p.Options[words[w][2:]] = v
			}
			if v, err := strconv.Atoi(words[w+1]); err == nil {
				p.Options[words[w][2:]] = v
			}
		}
		if c.score != "" {
			p.Bound, _ = strconv.Atoi(strings.Fields(c.score)[1])
		}
		mustRun(t, append([]string{"sample", run, "-n", "300", "--seed", "3", "-o", p.Samples}, words...)...)
		mustRun(t, append([]string{"score", run, "--text", c.text, "-o", p.Scores}, strings.Fields(c.score)...)...)
		names, cases = append(names, c.run+" "+c.flags), append(cases, p)
	}
	for i, r := range checkPython(t, python, cases) {
		t.Logf("%-30s same %v scores %+v torch %.1e", names[i], r.Same, r.Scores, r.Torch)
		if !r.Same || r.Scores == nil || !(r.Scores.Most < 1e-5) || !(r.Torch < 1e-4) {
			t.Errorf("%s: the same text %v, scores differ by %+v, torch by %g", names[i], r.Same, r.Scores, r.Torch)
		}
	}
}

// TestPythonConstants: where a file has no constants, tools/python takes those that the code has.
func TestPythonConstants(t *testing.T) {
	python := pythonWith(t, "numpy, safetensors")
	cmd := exec.Command(python, "-c", "import json; from genlab.checkpoint import CONSTANTS; print(json.dumps(CONSTANTS))")
	cmd.Env = append(os.Environ(), "PYTHONPATH="+pythonPackage)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]float64
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	for _, m := range models.All {
		for name, want := range m.About().Constants {
			if v, ok := got[name]; !ok || v != want {
				t.Errorf("%s of %s is %v in tools/python, and %v in the code", name, m.About().Name, v, want)
			}
		}
	}
}
